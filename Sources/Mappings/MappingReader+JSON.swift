import Bytes
import Events

extension MappingReader {
  mutating func stepJSONLine(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool,
    _ messages: inout MappedMessages
  ) -> Int? {
    var stop = max(start, searched)
    while stop < end, bytes[stop] != 10 { stop += 1 }
    let isWhole = stop < end
    guard isWhole || isLast else {
      searched = stop
      return nil
    }
    searched = 0
    guard stop - start <= Limits.recordByteCount else { return nil }
    var cursor = JSONCursor(bytes, from: start, to: stop)
    cursor.skipSpace()
    if cursor.index < stop {
      let isRead = readRecord(bytes, start, stop, &messages)
      messages.isCutOff = messages.isCutOff || (!isRead && !isWhole)
    }
    lineNumber += isWhole ? 1 : 0
    return isWhole ? stop + 1 : stop
  }

  /// Finds the next object of a stream of objects, or of one array of them.
  mutating func stepJSON(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool,
    _ messages: inout MappedMessages
  ) -> Int? {
    let first = bytes[start]
    if first == 10 { lineNumber += 1 }
    if first <= 32 || first == UInt8(ascii: ",") { return start + 1 }
    if first == UInt8(ascii: "["), !isInsideArray {
      isInsideArray = true
      return start + 1
    }
    if first == UInt8(ascii: "]"), isInsideArray {
      isInsideArray = false
      return start + 1
    }
    guard first == UInt8(ascii: "{") else {
      var stop = start
      while stop < end, bytes[stop] != 10, bytes[stop] != UInt8(ascii: "{") { stop += 1 }
      guard stop < end || isLast else { return nil }
      messages.recordCount += 1
      reject(.json, start, stop - start, "expected an object", &messages)
      return stop
    }
    guard let stop = objectEnd(bytes, start, end) else { return nil }
    readRecord(bytes, start, stop, &messages)
    for index in start..<stop where bytes[index] == 10 { lineNumber += 1 }
    return stop
  }

  /// Where the brackets that open at `start` are closed, by brackets and quotes alone.
  private func objectEnd(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var depth = 0
    var inString = false
    var index = start
    while index < end {
      let byte = bytes[index]
      if inString {
        if byte == UInt8(ascii: "\\") { index += 1 }
        if byte == UInt8(ascii: "\"") { inString = false }
      } else {
        switch byte {
        case UInt8(ascii: "\""): inString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          depth -= 1
          if depth == 0 { return index + 1 }
        default: break
        }
      }
      index += 1
    }
    return nil
  }

  /// Reads an object and writes its events; false when it is not JSON.
  @discardableResult
  private mutating func readRecord(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ stop: Int, _ messages: inout MappedMessages
  ) -> Bool {
    guard isUTF8(bytes + start, stop - start) else {
      messages.recordCount += 1
      reject(.encoding, start, stop - start, "the record is not UTF-8", &messages)
      return true
    }
    writer.values.begin(byteCount: stop - start)
    var cursor = JSONCursor(bytes, from: start, to: stop)
    cursor.skipSpace()
    let isObject = cursor.capture(writer.paths.roots[0], writer.paths, &writer.values)
    cursor.skipSpace()
    guard isObject, cursor.index == stop else {
      messages.recordCount += 1
      reject(
        .json, start, stop - start, "not exactly one JSON object (at byte \(cursor.index - start))",
        &messages)
      return false
    }
    applyNulls()
    if form.eachGroup == 0 {
      writer.elementNumber = 0
      writeRecord(start, stop - start, &messages)
    } else {
      readElements(bytes, start, stop, &messages)
    }
    return true
  }

  private mutating func readElements(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ stop: Int, _ messages: inout MappedMessages
  ) {
    let group = writer.groups[form.eachGroup]
    let array = writer.values.slots[Int(group.reference)]
    guard array.count > 0, let base = array.base else {
      messages.recordCount += 1
      messages.skippedCount += 1
      return
    }
    let offset = base - bytes
    var cursor = JSONCursor(bytes, from: offset, to: offset + array.count)
    guard array.kind == .structure, cursor.take("[") else {
      messages.recordCount += 1
      reject(.json, start, stop - start, "'\(group.path)' is not an array", &messages)
      return
    }
    let mark = writer.values.scratchCount
    writer.elementNumber = 0
    cursor.skipSpace()
    if cursor.take("]") { return }
    while true {
      cursor.skipSpace()
      writer.elementNumber += 1
      writer.values.rewind(to: mark)
      writer.clear(group: form.eachGroup)
      let elementStart = cursor.index
      if bytes[elementStart] == UInt8(ascii: "{"),
        cursor.capture(writer.paths.roots[form.eachGroup], writer.paths, &writer.values)
      {
        applyNulls()
        writeRecord(elementStart, cursor.index - elementStart, &messages)
      } else {
        _ = cursor.skipValue()
        messages.recordCount += 1
        reject(
          .json, elementStart, cursor.index - elementStart,
          "element \(writer.elementNumber) of '\(group.path)' is not an object", &messages)
      }
      cursor.skipSpace()
      guard cursor.take(",") else { return }
    }
  }

  private mutating func applyNulls() {
    guard !writer.nulls.isEmpty else { return }
    for index in 0..<mapping.plan.references.count {
      let slot = writer.values.slots[index]
      if slot.count > 0, writer.matches(slot.bytes, anyOf: writer.nulls) {
        writer.values.slots[index] = .absent
      }
    }
  }
}

extension MappingReader {
  /// Whether the mapping reads JSON, and so can be run on messages of a broker.
  package static func readsMessages(_ mapping: Mapping) -> Bool {
    mapping.form.format != .separated
  }

  /// Takes one message of a broker, which is one record whatever is in it.
  ///
  /// - Shape: `position` stands where a file's line number would.
  package mutating func readMessage(
    _ message: UnsafeRawBufferPointer, position: Int64, into messages: inout MappedMessages
  ) {
    lineNumber = position
    hold(message)
    guard message.count <= Limits.recordByteCount else {
      messages.recordCount += 1
      reject(.size, 0, message.count, "more than \(Limits.recordByteCount) bytes", &messages)
      return
    }
    readHeld(&messages)
  }

  private mutating func readHeld(_ messages: inout MappedMessages) {
    readRecord(UnsafePointer(buffer.base), 0, buffer.count, &messages)
    takeOutput(&messages)
  }
}
