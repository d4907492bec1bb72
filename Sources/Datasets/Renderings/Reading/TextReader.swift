import Bytes
import Files

/// Reads a file of text a record at a time, for checks: it shares nothing with what wrote it.
///
/// - Cost: a chunk of the file and the longest record.
final class TextReader {
  private let file: any InputFile
  private let path: String
  private var buffer: [UInt8] = []
  private var position = 0
  private var offset = 0
  /// The number of the record read last, from 1.
  private(set) var number = 0
  /// How many fields the record before had: as many as the next one.
  private var fieldCount = 0

  init(_ file: any InputFile, _ path: String) {
    self.path = path
    self.file = file
  }

  convenience init(_ written: RenderingInput, _ path: String) throws {
    self.init(try written.open(path), path)
  }

  deinit { file.close() }

  /// Brings more of the file into the buffer; false at its end.
  private func refill() throws -> Bool {
    let count = min(Limits.writeByteCount, file.byteCount - offset)
    guard count > 0 else { return false }
    buffer.removeFirst(position)
    position = 0
    var chunk = [UInt8](repeating: 0, count: count)
    try chunk.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
    offset += count
    buffer.append(contentsOf: chunk)
    return true
  }

  /// Where a byte comes next at or after a place, if it is in the buffer.
  private func find(_ byte: UInt8, _ other: UInt8, from start: Int) -> Int? {
    buffer.withUnsafeBufferPointer { bytes in
      var place = start
      while place < bytes.count {
        if bytes[place] == byte || bytes[place] == other { return place }
        place += 1
      }
      return nil
    }
  }

  /// The next line without its LF; nil at the end.
  func line() throws -> ArraySlice<UInt8>? {
    var scanned = position
    while true {
      if let end = find(0x0a, 0x0a, from: scanned) {
        defer { position = end + 1 }
        number += 1
        return buffer[position..<end]
      }
      let unread = buffer.count - position
      if try !refill() { break }
      scanned = position + unread
    }
    guard position < buffer.count else { return nil }
    throw RenderingError.misread(
      file: path, place: "its end", expected: "a line end",
      found: "\(buffer.count - position) bytes")
  }

  /// The next line, cut at a separator.
  func fields(_ separator: UInt8) throws -> [TextField]? {
    guard let line = try line() else { return nil }
    var fields: [TextField] = []
    fields.reserveCapacity(fieldCount)
    var start = line.startIndex
    while let end = find(separator, 0x0a, from: start), end < line.endIndex {
      fields.append(TextField(bytes: line[start..<end], isQuoted: false))
      start = end + 1
    }
    fields.append(TextField(bytes: line[start...], isQuoted: false))
    fieldCount = fields.count
    return fields
  }

  /// The next record of comma-separated values by RFC 4180; nil at the end.
  func record() throws -> [TextField]? {
    if position == buffer.count, try !refill() { return nil }
    var fields: [TextField] = []
    fields.reserveCapacity(fieldCount)
    while true {
      if position == buffer.count, try !refill() { throw misread("a field", "the end") }
      let isQuoted = buffer[position] == UInt8(ascii: "\"")
      fields.append(try isQuoted ? quotedField() : plainField())
      // Both leave the byte that ends the field.
      let end = buffer[position]
      position += 1
      if end == 0x0a {
        number += 1
        fieldCount = fields.count
        return fields
      }
    }
  }

  private func plainField() throws -> TextField {
    var scanned = position
    while true {
      if let end = find(UInt8(ascii: ","), 0x0a, from: scanned) {
        defer { position = end }
        return TextField(bytes: buffer[position..<end], isQuoted: false)
      }
      let unread = buffer.count - position
      if try !refill() { throw misread("a record", "\(unread) bytes without an end") }
      scanned = position + unread
    }
  }

  private func quotedField() throws -> TextField {
    let quote = UInt8(ascii: "\"")
    var bytes: [UInt8] = []
    position += 1
    while true {
      if position == buffer.count, try !refill() {
        throw misread("a quote", "\(bytes.count) bytes without an end")
      }
      guard let end = find(quote, quote, from: position) else {
        bytes += buffer[position...]
        position = buffer.count
        continue
      }
      bytes += buffer[position..<end]
      position = end + 1
      if position == buffer.count, try !refill() { throw misread("a line end", "the end") }
      if buffer[position] == quote {
        bytes.append(quote)
        position += 1
        continue
      }
      guard buffer[position] == UInt8(ascii: ",") || buffer[position] == 0x0a else {
        throw misread("a comma after a quoted field", "more text")
      }
      return TextField(bytes: bytes[...], isQuoted: true)
    }
  }

  func misread(_ expected: String, _ found: String) -> RenderingError {
    .misread(file: path, place: "record \(number)", expected: expected, found: found)
  }

  /// Fails unless the file ends here.
  func expectEnd() throws {
    if let more = try line() {
      throw misread("the end", String(decoding: more.prefix(80), as: UTF8.self))
    }
  }

  /// Fails unless a record's fields are the values.
  func expect(_ values: [FieldValue], _ fields: [TextField]?) throws {
    guard let fields else { throw misread("\(values.count) fields", "the end") }
    guard fields.count == values.count else {
      throw misread("\(values.count) fields", "\(fields.count)")
    }
    for (place, (value, field)) in zip(values, fields).enumerated() where !field.says(value) {
      throw misread("\(value) in field \(place + 1)", field.text)
    }
  }

  /// Fails unless the next line is this text.
  func expect(line text: String) throws {
    guard let line = try line(), line.elementsEqual(text.utf8) else {
      throw misread(text, "another line or the end")
    }
  }
}

/// A field as it was read.
struct TextField {
  var bytes: ArraySlice<UInt8>
  var isQuoted: Bool

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The number that the field's digits spell.
  var integer: Int64? { readInteger(bytes) }

  /// Whether the field says a value of a kind: times stand as RFC 3339.
  func says(_ value: FieldValue, _ kind: ExampleColumn.Kind) -> Bool {
    guard kind == .timestamp, case .integer(let time) = value else { return says(value) }
    return bytes.withUnsafeBytes { parseRFC3339($0) } == TimeRange.clamped(time)
  }

  /// Whether the field says a value.
  func says(_ value: FieldValue) -> Bool {
    switch value {
    case .integer(let number): integer == number
    case .float(let number):
      // Most are whole and small, which needs no parser.
      bytes.count < 8 ? (integer.map { Float($0) } ?? Float(text)) == number : Float(text) == number
    case .double(let number): Double(text) == number || (!number.isFinite && bytes.isEmpty)
    case .text(let expected): bytes.elementsEqual(expected)
    case .null: bytes.isEmpty && !isQuoted
    }
  }
}
