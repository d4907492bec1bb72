import Files

/// Records of a TFRecord file one after the other, for checks: frames, checksums and messages are
/// read by the specifications alone.
final class RecordReader {
  private let file: any InputFile
  private let path: String
  private var offset = 0
  private var number = 0

  init(_ written: RenderingInput, _ path: String) throws {
    self.path = path
    file = try written.open(path)
  }

  deinit { file.close() }

  var isAtEnd: Bool { offset >= file.byteCount }

  private func read(_ count: Int) throws -> [UInt8] {
    guard count >= 0, count <= file.byteCount - offset else {
      throw misread("\(count) bytes", "\(file.byteCount - offset)")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
    offset += count
    return bytes
  }

  private func misread(_ expected: String, _ found: String) -> RenderingError {
    .misread(file: path, place: "record \(number)", expected: expected, found: found)
  }

  /// The checksum, a bit at a time, and its mask.
  private static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
    var state: UInt32 = 0xffff_ffff
    for byte in bytes {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = (state >> 1) ^ (0x82f6_3b78 & (0 &- (state & 1))) }
    }
    let value = state ^ 0xffff_ffff
    return (value >> 15 | value << 17) &+ 0xa282_ead8
  }

  private func record() throws -> [UInt8] {
    number += 1
    let length = try read(8)
    let lengthSum = try read(4)
    guard WireReader.number(lengthSum) == UInt64(RecordReader.maskedChecksum(length)) else {
      throw misread("the checksum of a length", "another")
    }
    guard let count = Int(exactly: WireReader.number(length)) else {
      throw misread("a length", "\(length)")
    }
    let record = try read(count)
    let sum = try read(4)
    guard WireReader.number(sum) == UInt64(RecordReader.maskedChecksum(record)) else {
      throw misread("the checksum of a record", "another")
    }
    return record
  }

  func expectEnd() throws {
    if !isAtEnd { throw misread("the end", "\(file.byteCount - offset) bytes") }
  }

  /// Fails unless the next record is the example.
  func expect(_ example: Int, of batch: ExampleBatch, _ columns: [ExampleColumn]) throws {
    let message = WireReader.fields(try record()[...])
    let context = WireReader.map(message?[1] ?? [])
    let lists = WireReader.map(message?[2] ?? [])
    guard message != nil, context.count == columns.count(where: { !$0.isList }),
      lists.count == columns.count(where: { $0.isList })
    else { throw misread("a SequenceExample of \(columns.count) features", "another message") }
    for column in columns {
      var expected: [FieldValue] = []
      column.forEachValue(batch, example) { expected.append($0) }
      let features: [ArraySlice<UInt8>]
      if column.isList {
        // A map's entry joins a list's features: field 1, one a step.
        features = lists[column.name].flatMap { WireReader.fields($0)?[1] ?? [] } ?? []
      } else {
        features = context[column.name].map { [$0] } ?? []
      }
      guard features.count == expected.count,
        zip(features, expected).allSatisfy({ WireReader.feature($0, says: $1) })
      else { throw misread("\(expected.count) values of \(column.name)", "others") }
    }
  }
}

/// Protocol buffers' wire format, read without a schema.
enum WireReader {
  /// A little-endian number.
  static func number(_ bytes: [UInt8]) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }

  /// Length-delimited fields by number, in order; nil for other wire types or bad lengths.
  static func fields(_ message: ArraySlice<UInt8>) -> [UInt64: [ArraySlice<UInt8>]]? {
    var rest = message
    var fields: [UInt64: [ArraySlice<UInt8>]] = [:]
    while !rest.isEmpty {
      guard let tag = varint(&rest), tag & 7 == 2, let length = varint(&rest),
        length <= UInt64(rest.count)
      else { return nil }
      fields[tag >> 3, default: []].append(rest.prefix(Int(length)))
      rest = rest.dropFirst(Int(length))
    }
    return fields
  }

  /// The entries of a map field of the only kind here: text to message.
  static func map(_ messages: [ArraySlice<UInt8>]) -> [String: ArraySlice<UInt8>] {
    var map: [String: ArraySlice<UInt8>] = [:]
    for entry in messages.flatMap({ fields($0)?[1] ?? [] }) {
      guard let parts = fields(entry), let key = parts[1]?.first else { continue }
      map[String(decoding: key, as: UTF8.self)] = parts[2]?.first ?? []
    }
    return map
  }

  /// Whether a `Feature` holds one value.
  static func feature(_ bytes: ArraySlice<UInt8>, says value: FieldValue) -> Bool {
    guard let kinds = fields(bytes), kinds.count == 1 else { return false }
    switch value {
    case .text(let text):
      guard let list = kinds[1]?.first.flatMap({ fields($0) }) else { return false }
      return list[1]?.first.map { $0.elementsEqual(text) } ?? false
    case .float(let number):
      guard let packed = kinds[2]?.first.flatMap({ fields($0)?[1]?.first }), packed.count == 4
      else { return false }
      return UInt32(truncatingIfNeeded: WireReader.number(Array(packed))) == number.bitPattern
    case .integer(let number):
      guard var packed = kinds[3]?.first.flatMap({ fields($0)?[1]?.first }) else { return false }
      return varint(&packed).map { Int64(bitPattern: $0) } == number && packed.isEmpty
    case .double, .null: return false
    }
  }
}
