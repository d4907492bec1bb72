/// Finds the `type` of a JSON message without decoding it: the subject a message is published on.
package enum TypeField {
  /// The value of the first `"type"` of the outermost object, when it is a plain string.
  ///
  /// - Shape: nil when there is none, when it has escapes, or when the text is not an object; it
  ///   need not be whole JSON.
  package static func find(_ message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var depth = 0
    var place = 0
    var isKey = false
    while place < message.count {
      switch message[place] {
      case UInt8(ascii: "\""):
        let start = place + 1
        guard let end = endOfString(message, start) else { return nil }
        place = end + 1
        guard depth == 1, isKey else { continue }
        isKey = false
        if end - start == 4, message[start] == UInt8(ascii: "t"),
          message[start + 1] == UInt8(ascii: "y"), message[start + 2] == UInt8(ascii: "p"),
          message[start + 3] == UInt8(ascii: "e")
        {
          return value(message, place)
        }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if depth == 0, message[place] != UInt8(ascii: "{") { return nil }
        depth += 1
        if depth == 1 { isKey = true }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth <= 0 { return nil }
      case UInt8(ascii: ","): if depth == 1 { isKey = true }
      default: break
      }
      place += 1
    }
    return nil
  }

  private static func value(
    _ message: UnsafeRawBufferPointer, _ first: Int
  ) -> UnsafeRawBufferPointer? {
    var place = first
    var hasColon = false
    while place < message.count {
      let byte = message[place]
      if byte == UInt8(ascii: ":"), !hasColon {
        hasColon = true
      } else if byte == UInt8(ascii: "\""), hasColon {
        guard let end = endOfString(message, place + 1) else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: message[(place + 1)..<end])
        return text.contains(UInt8(ascii: "\\")) ? nil : text
      } else if byte > 0x20 {
        return nil
      }
      place += 1
    }
    return nil
  }

  private static func endOfString(_ message: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    var place = start
    while place < message.count {
      if message[place] == UInt8(ascii: "\"") { return place }
      place += message[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }
}
