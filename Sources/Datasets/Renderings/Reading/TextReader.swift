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

  init(_ written: RenderingInput, _ path: String) throws {
    self.path = path
    file = try written.open(path)
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

  /// The next line without its LF; nil at the end.
  func line() throws -> [UInt8]? {
    var scanned = position
    while true {
      if let end = buffer[scanned...].firstIndex(of: 0x0a) {
        let line = Array(buffer[position..<end])
        position = end + 1
        number += 1
        return line
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
    try line()?.split(separator: separator, omittingEmptySubsequences: false).map {
      TextField(bytes: Array($0), isQuoted: false)
    }
  }

  /// The next record of comma-separated values by RFC 4180; nil at the end.
  func record() throws -> [TextField]? {
    var fields: [TextField] = []
    var field = TextField(bytes: [], isQuoted: false)
    var isOpen = false
    var isStarted = false
    while true {
      if position == buffer.count, try !refill() {
        if isStarted { throw misread("a record", "\(field.bytes.count) bytes without an end") }
        return nil
      }
      let byte = buffer[position]
      position += 1
      isStarted = true
      if isOpen {
        guard byte == UInt8(ascii: "\"") else {
          field.bytes.append(byte)
          continue
        }
        if position == buffer.count { _ = try refill() }
        if position < buffer.count, buffer[position] == UInt8(ascii: "\"") {
          field.bytes.append(byte)
          position += 1
        } else {
          isOpen = false
        }
      } else if byte == UInt8(ascii: ",") || byte == 0x0a {
        fields.append(field)
        field = TextField(bytes: [], isQuoted: false)
        if byte == 0x0a {
          number += 1
          return fields
        }
      } else if byte == UInt8(ascii: "\"") && field.bytes.isEmpty && !field.isQuoted {
        field.isQuoted = true
        isOpen = true
      } else {
        if field.isQuoted { throw misread("a comma after a quoted field", "more text") }
        field.bytes.append(byte)
      }
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
  var bytes: [UInt8]
  var isQuoted: Bool

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The number that the field's digits spell.
  var integer: Int64? { readInteger(bytes[...]) }

  /// Whether the field says a value of a kind: times stand as RFC 3339.
  func says(_ value: FieldValue, _ kind: ExampleColumn.Kind) -> Bool {
    guard kind == .timestamp, case .integer(let time) = value else { return says(value) }
    return bytes.withUnsafeBytes { parseRFC3339($0) } == TimeRange.clamped(time)
  }

  /// Whether the field says a value.
  func says(_ value: FieldValue) -> Bool {
    switch value {
    case .integer(let number): integer == number
    case .float(let number): Float(text) == number
    case .double(let number): Double(text) == number || (!number.isFinite && bytes.isEmpty)
    case .text(let expected): bytes.elementsEqual(expected)
    case .null: bytes.isEmpty && !isQuoted
    }
  }
}
