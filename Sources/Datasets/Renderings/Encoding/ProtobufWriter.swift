/// Writes messages in protocol buffers' wire format.
///
/// - Shape: fields are appended in the order of the calls, so equal calls give equal bytes.
/// - Source: Protocol Buffers, "Encoding".
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  /// How a field's value is laid out.
  private enum WireType: UInt64 {
    case varint = 0
    case lengthDelimited = 2
  }

  init() {}

  /// A byte that is wire format already.
  mutating func raw(_ byte: UInt8) { bytes.append(byte) }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  private mutating func tag(_ field: Int, _ type: WireType) {
    varint(UInt64(field) << 3 | type.rawValue)
  }

  /// A number in groups of seven bits, the lowest first.
  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// A field of bytes or text.
  mutating func field(_ field: Int, bytes value: some Collection<UInt8>) {
    tag(field, .lengthDelimited)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// A field that holds a message.
  mutating func field(_ field: Int, message: ProtobufWriter) {
    self.field(field, bytes: message.bytes)
  }

  /// A field of repeated integers in their packed form.
  mutating func field(_ field: Int, packed values: some Collection<Int64>) {
    tag(field, .lengthDelimited)
    varint(UInt64(values.reduce(0) { $0 + ProtobufWriter.byteCount(UInt64(bitPattern: $1)) }))
    for value in values { varint(UInt64(bitPattern: value)) }
  }

  /// A field of repeated 32-bit floating-point numbers in their packed form.
  mutating func field(_ field: Int, packed values: some Collection<Float>) {
    tag(field, .lengthDelimited)
    varint(UInt64(values.count * 4))
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
  }

  /// How many bytes a number takes.
  static func byteCount(_ value: UInt64) -> Int {
    (64 - (value | 1).leadingZeroBitCount + 6) / 7
  }
}
