import Bytes

/// Puts one `tensorflow.SequenceExample` together: facts of the whole example, and lists with one
/// entry a step.
///
///     SequenceExample { context: Features = 1, feature_lists: FeatureLists = 2 }
///     Features        { feature: map<string, Feature> = 1 }
///     FeatureLists    { feature_list: map<string, FeatureList> = 1 }
///     FeatureList     { feature: repeated Feature = 1 }
///     Feature         { bytes_list = 1 | float_list = 2 | int64_list = 3 }, each { value = 1 }
///
/// - Shape: maps are written in the order of the calls; readers ask by name.
/// - Source: tensorflow/core/example/{example,feature}.proto.
struct SequenceExampleWriter {
  private var context = ProtobufWriter()
  private var lists = ProtobufWriter()
  private var scratch = ProtobufWriter()
  private var entry = ProtobufWriter()

  init() {}

  mutating func removeAll() {
    context.removeAll()
    lists.removeAll()
  }

  /// A whole number about the example.
  mutating func context(_ name: String, _ value: Int64) {
    context(name, kind: 3) { $0.field(1, packed: CollectionOfOne(value)) }
  }

  /// A 32-bit floating-point number about the example.
  mutating func context(_ name: String, _ value: Float) {
    context(name, kind: 2) { $0.field(1, packed: CollectionOfOne(value)) }
  }

  /// A string about the example.
  mutating func context(_ name: String, _ value: some Collection<UInt8>) {
    context(name, kind: 1) { $0.field(1, bytes: value) }
  }

  private mutating func context(
    _ name: String, kind: Int, _ value: (inout ProtobufWriter) -> Void
  ) {
    scratch.removeAll()
    value(&scratch)
    var feature = ProtobufWriter()
    feature.field(kind, message: scratch)
    entry.removeAll()
    entry.field(1, bytes: Array(name.utf8))
    entry.field(2, message: feature)
    context.field(1, message: entry)
  }

  /// A whole number a step.
  mutating func steps(_ name: String, _ values: some Collection<Int64>) {
    scratch.removeAll()
    for value in values {
      // Int64List and Feature around a packed value of at most ten bytes: lengths take one byte.
      let count = UInt8(ProtobufWriter.byteCount(UInt64(bitPattern: value)))
      scratch.raw([0x0a, count + 4, 0x1a, count + 2, 0x0a, count])
      scratch.varint(UInt64(bitPattern: value))
    }
    steps(name)
  }

  /// A 32-bit floating-point number a step.
  mutating func steps(_ name: String, _ values: some Collection<Float>) {
    scratch.removeAll()
    for value in values {
      scratch.raw([0x0a, 8, 0x12, 6, 0x0a, 4])
      scratch.raw(littleEndian: value.bitPattern)
    }
    steps(name)
  }

  private mutating func steps(_ name: String) {
    entry.removeAll()
    entry.field(1, bytes: Array(name.utf8))
    entry.field(2, message: scratch)
    lists.field(1, message: entry)
  }

  /// The message.
  func finish() -> [UInt8] {
    var message = ProtobufWriter()
    message.field(1, message: context)
    message.field(2, message: lists)
    return message.bytes
  }
}

extension ProtobufWriter {
  /// Bytes that are wire format already.
  fileprivate mutating func raw(_ ready: InlineArray<6, UInt8>) {
    for index in ready.indices { raw(ready[index]) }
  }

  fileprivate mutating func raw(littleEndian word: UInt32) {
    for place in 0..<4 { raw(UInt8(truncatingIfNeeded: word >> UInt32(8 * place))) }
  }
}

/// The frame around one record of a TFRecord file.
enum TFRecordFrame {
  /// Appends a record.
  ///
  /// - Shape: length (8 bytes, little-endian), masked CRC-32C of those 8 bytes, the record, masked
  ///   CRC-32C of the record.
  static func append(_ record: [UInt8], to bytes: inout [UInt8]) {
    withUnsafeBytes(of: UInt64(record.count).littleEndian) { length in
      bytes.append(contentsOf: length)
      append(checksum: masked(length), to: &bytes)
    }
    bytes.append(contentsOf: record)
    record.withUnsafeBytes { append(checksum: masked($0), to: &bytes) }
  }

  /// CRC-32C, turned right by 15 bits, plus a constant.
  ///
  /// - Source: TensorFlow, `tensorflow/core/lib/hash/crc32c.h`.
  private static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let value = crc32C(bytes)
    return (value >> 15 | value << 17) &+ 0xa282_ead8
  }

  private static func append(checksum: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: checksum.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
