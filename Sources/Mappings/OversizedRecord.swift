/// Looks for the end of a record that is too long to hold, piece by piece: the end of its line, or
/// before that the end of the object that begins it.
struct OversizedRecord {
  /// What the reject of such a record says.
  static let detail = "a record of more than \(Limits.recordByteCount) bytes"

  /// What kind of record it is.
  enum Kind {
    case line, object
    /// What stands between objects: the next one ends it.
    case gap
  }

  private let kind: Kind
  private var depth = 0
  private var isInString = false
  private var isEscaped = false

  init(_ kind: Kind) { self.kind = kind }

  /// Where the record ends, the line feed not included; nil when it goes on behind these bytes.
  ///
  /// - Shape: each call goes on where the one before ended.
  mutating func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    for index in start..<bytes.count {
      let byte = bytes[index]
      if byte == 10 { return index }
      switch kind {
      case .line: continue
      case .gap: if byte == UInt8(ascii: "{") { return index }
      case .object: if closes(byte) { return index + 1 }
      }
    }
    return nil
  }

  private mutating func closes(_ byte: UInt8) -> Bool {
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
      }
      return false
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      return depth == 0
    default: break
    }
    return false
  }
}
