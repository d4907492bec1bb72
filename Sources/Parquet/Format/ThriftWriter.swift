/// Writes the thrift compact protocol.
///
/// - Shape: fields ascend inside a structure; `begin`/`end` pairs match.
/// - Source: Apache Thrift, thrift-compact-protocol.md.
struct ThriftWriter {
  private(set) var bytes: [UInt8] = []
  private var previous: Int16 = 0
  private var outer: [Int16] = []

  // MARK: Structures and lists

  /// Opens a structure that is a list element or the whole message.
  mutating func begin() {
    outer.append(previous)
    previous = 0
  }

  /// Opens a structure that is a field.
  mutating func begin(_ id: Int16) {
    head(id, .structure)
    begin()
  }

  mutating func end() {
    bytes.append(0)
    previous = outer.removeLast()
  }

  mutating func list(_ id: Int16, _ type: ThriftType, count: Int) {
    head(id, .list)
    if count < 15 {
      bytes.append(UInt8(count) << 4 | type.rawValue)
    } else {
      bytes.append(0xf0 | type.rawValue)
      varint(UInt64(count))
    }
  }

  mutating func int64List(_ id: Int16, _ values: [Int64]) {
    list(id, .int64, count: values.count)
    for value in values { zigZag(value) }
  }

  mutating func int32List(_ id: Int16, _ values: [Int32]) {
    list(id, .int32, count: values.count)
    for value in values { zigZag(Int64(value)) }
  }

  mutating func boolList(_ id: Int16, _ values: [Bool]) {
    list(id, .yes, count: values.count)
    for value in values { bytes.append(value ? 1 : 2) }
  }

  mutating func binaryList(_ id: Int16, _ values: [[UInt8]]) {
    list(id, .binary, count: values.count)
    for value in values { raw(value) }
  }

  mutating func textList(_ id: Int16, _ values: [String]) {
    list(id, .binary, count: values.count)
    for value in values { raw(value.utf8) }
  }

  // MARK: Fields; nil writes nothing

  mutating func bool(_ id: Int16, _ value: Bool?) {
    guard let value else { return }
    head(id, value ? .yes : .no)
  }

  mutating func int8(_ id: Int16, _ value: Int8?) {
    guard let value else { return }
    head(id, .byte)
    bytes.append(UInt8(bitPattern: value))
  }

  mutating func int16(_ id: Int16, _ value: Int16?) {
    guard let value else { return }
    head(id, .int16)
    zigZag(Int64(value))
  }

  mutating func int32(_ id: Int16, _ value: Int32?) {
    guard let value else { return }
    head(id, .int32)
    zigZag(Int64(value))
  }

  mutating func int64(_ id: Int16, _ value: Int64?) {
    guard let value else { return }
    head(id, .int64)
    zigZag(value)
  }

  mutating func binary(_ id: Int16, _ value: [UInt8]?) {
    guard let value else { return }
    head(id, .binary)
    raw(value)
  }

  mutating func text(_ id: Int16, _ value: String?) {
    guard let value else { return }
    head(id, .binary)
    raw(value.utf8)
  }

  // MARK: Raw values

  private mutating func head(_ id: Int16, _ type: ThriftType) {
    let delta = Int(id) - Int(previous)
    if delta > 0 && delta <= 15 {
      bytes.append(UInt8(delta) << 4 | type.rawValue)
    } else {
      bytes.append(type.rawValue)
      zigZag(Int64(id))
    }
    previous = id
  }

  private mutating func raw(_ value: some Collection<UInt8>) {
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  private mutating func zigZag(_ value: Int64) {
    varint(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
