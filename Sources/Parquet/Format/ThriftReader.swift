/// Element and field types of the thrift compact protocol.
enum ThriftType: UInt8, Sendable {
  case stop = 0
  case yes = 1
  case no = 2
  case byte = 3
  case int16 = 4
  case int32 = 5
  case int64 = 6
  case double = 7
  case binary = 8
  case list = 9
  case set = 10
  case map = 11
  case structure = 12
  case uuid = 13
}

/// Reads the thrift compact protocol from bytes that may be hostile.
///
/// - Shape: never reads outside `bytes`; every length is checked against the bytes left before
///   anything is allocated; nesting is bounded by `Limits.thriftDepth`.
/// - Errors: `corrupt` at the file position `baseOffset + position`.
/// - Source: Apache Thrift, thrift-compact-protocol.md.
struct ThriftReader {
  let bytes: UnsafeRawBufferPointer
  /// Where `bytes` starts in the file; for messages.
  let baseOffset: Int
  private(set) var position = 0
  private var depth = 0
  /// Whether reading failed for want of bytes, so that more of them might help.
  private(set) var ranOut = false

  /// One field of a structure.
  struct Field {
    var id: Int16
    var type: ThriftType
  }

  /// Where a structure is being read: the identifier of the field before.
  struct Fields {
    fileprivate var previous: Int16 = 0
  }

  init(_ bytes: UnsafeRawBufferPointer, baseOffset: Int) {
    self.bytes = bytes
    self.baseOffset = baseOffset
  }

  var remaining: Int { bytes.count - position }

  func failure(_ what: String, expected: String? = nil, found: String? = nil) -> ParquetError {
    .corrupt(what, at: baseOffset + position, expected: expected, found: found)
  }

  // MARK: Structures and lists

  mutating func beginStructure() throws(ParquetError) -> Fields {
    depth += 1
    guard depth <= Limits.thriftDepth else {
      throw failure("metadata nests deeper than \(Limits.thriftDepth)")
    }
    return Fields()
  }

  /// The next field, or nil at the end of the structure.
  mutating func next(_ fields: inout Fields) throws(ParquetError) -> Field? {
    let head = try byte()
    if head == 0 {
      depth -= 1
      return nil
    }
    guard let type = ThriftType(rawValue: head & 0x0f), type != .stop else {
      throw failure("metadata has a field of unknown type", found: "\(head & 0x0f)")
    }
    let delta = Int16(head >> 4)
    let id: Int16
    if delta == 0 {
      id = Int16(truncatingIfNeeded: try zigZag())
    } else {
      id = fields.previous &+ delta
    }
    fields.previous = id
    return Field(id: id, type: type)
  }

  /// Element type and number of elements; each element needs a byte, so the count is bounded.
  mutating func listHeader(_ field: Field) throws(ParquetError) -> (type: ThriftType, count: Int) {
    guard field.type == .list || field.type == .set else { throw mismatch(field, "list") }
    return try listHeader()
  }

  private mutating func listHeader() throws(ParquetError) -> (type: ThriftType, count: Int) {
    let head = try byte()
    var count = UInt64(head >> 4)
    if count == 15 { count = try varint() }
    guard let type = ThriftType(rawValue: head & 0x0f) else {
      throw failure("metadata has a list of unknown type", found: "\(head & 0x0f)")
    }
    guard count <= UInt64(remaining) else {
      ranOut = true
      throw failure(
        "metadata list is longer than its bytes", expected: "at most \(remaining) elements",
        found: "\(count)")
    }
    return (type, Int(count))
  }

  mutating func structureList<Element>(
    _ field: Field, _ read: (inout ThriftReader) throws(ParquetError) -> Element
  ) throws(ParquetError) -> [Element] {
    let (type, count) = try listHeader(field)
    guard count == 0 || type == .structure else { throw failure("metadata list has no structures") }
    var elements: [Element] = []
    elements.reserveCapacity(min(count, remaining / 4))
    for _ in 0..<count { elements.append(try read(&self)) }
    return elements
  }

  mutating func int64List(_ field: Field) throws(ParquetError) -> [Int64] {
    let (type, count) = try listHeader(field)
    guard count == 0 || type == .int64 || type == .int32 || type == .int16 else {
      throw failure("metadata list has no integers")
    }
    var elements: [Int64] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try zigZag()) }
    return elements
  }

  mutating func boolList(_ field: Field) throws(ParquetError) -> [Bool] {
    let (type, count) = try listHeader(field)
    guard count == 0 || type == .yes || type == .no else {
      throw failure("metadata list has no booleans")
    }
    var elements: [Bool] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try byte() == 1) }
    return elements
  }

  mutating func binaryList(_ field: Field) throws(ParquetError) -> [[UInt8]] {
    let (type, count) = try listHeader(field)
    guard count == 0 || type == .binary else { throw failure("metadata list has no byte strings") }
    var elements: [[UInt8]] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try rawBinary()) }
    return elements
  }

  // MARK: Typed fields

  mutating func bool(_ field: Field) throws(ParquetError) -> Bool {
    guard field.type == .yes || field.type == .no else { throw mismatch(field, "boolean") }
    return field.type == .yes
  }

  mutating func int8(_ field: Field) throws(ParquetError) -> Int8 {
    guard field.type == .byte else { throw mismatch(field, "byte") }
    return Int8(bitPattern: try byte())
  }

  mutating func int32(_ field: Field) throws(ParquetError) -> Int32 {
    let value = try int64(field)
    guard let narrow = Int32(exactly: value) else {
      throw failure("metadata integer is too wide", expected: "32 bits", found: "\(value)")
    }
    return narrow
  }

  mutating func int64(_ field: Field) throws(ParquetError) -> Int64 {
    guard field.type == .int64 || field.type == .int32 || field.type == .int16 else {
      throw mismatch(field, "integer")
    }
    return try zigZag()
  }

  mutating func binary(_ field: Field) throws(ParquetError) -> [UInt8] {
    guard field.type == .binary else { throw mismatch(field, "byte string") }
    return try rawBinary()
  }

  mutating func text(_ field: Field) throws(ParquetError) -> String {
    String(decoding: try binary(field), as: UTF8.self)
  }

  func expectStructure(_ field: Field) throws(ParquetError) {
    guard field.type == .structure else { throw mismatch(field, "structure") }
  }

  private func mismatch(_ field: Field, _ expected: String) -> ParquetError {
    failure(
      "metadata field \(field.id) has the wrong type", expected: expected, found: "\(field.type)")
  }

  // MARK: Skipping

  /// Steps over a field that this library does not know.
  mutating func skip(_ field: Field) throws(ParquetError) {
    if field.type == .yes || field.type == .no { return }
    try skipValue(field.type)
  }

  private mutating func skipValue(_ type: ThriftType) throws(ParquetError) {
    switch type {
    case .stop: throw failure("metadata has a value of no type")
    case .yes, .no, .byte: _ = try byte()
    case .int16, .int32, .int64: _ = try varint()
    case .double: try advance(8)
    case .uuid: try advance(16)
    case .binary: try advance(try length())
    case .list, .set:
      try deeper()
      let (element, count) = try listHeader()
      for _ in 0..<count { try skipValue(element) }
      depth -= 1
    case .map:
      try deeper()
      let count = try varint()
      if count > 0 {
        let types = try byte()
        guard let key = ThriftType(rawValue: types >> 4),
          let value = ThriftType(rawValue: types & 0x0f), count <= UInt64(remaining)
        else { throw failure("metadata has a malformed map") }
        for _ in 0..<count {
          try skipValue(key)
          try skipValue(value)
        }
      }
      depth -= 1
    case .structure:
      var fields = try beginStructure()
      while let field = try next(&fields) { try skip(field) }
    }
  }

  private mutating func deeper() throws(ParquetError) {
    depth += 1
    guard depth <= Limits.thriftDepth else {
      throw failure("metadata nests deeper than \(Limits.thriftDepth)")
    }
  }

  // MARK: Raw values

  private mutating func byte() throws(ParquetError) -> UInt8 {
    guard position < bytes.count else {
      ranOut = true
      throw failure("metadata ends early")
    }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func advance(_ count: Int) throws(ParquetError) {
    guard count <= remaining else {
      ranOut = true
      throw failure("metadata ends early")
    }
    position += count
  }

  private mutating func varint() throws(ParquetError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      guard shift < 63 || (shift == 63 && next <= 1) else {
        throw failure("metadata integer has more than 64 bits")
      }
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  private mutating func zigZag() throws(ParquetError) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  private mutating func length() throws(ParquetError) -> Int {
    let length = try varint()
    guard length <= UInt64(remaining) else {
      ranOut = true
      throw failure(
        "metadata string is longer than its bytes", expected: "at most \(remaining) bytes",
        found: "\(length)")
    }
    return Int(length)
  }

  private mutating func rawBinary() throws(ParquetError) -> [UInt8] {
    let count = try length()
    defer { position += count }
    return [UInt8](UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
  }
}
