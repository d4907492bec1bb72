/// Decodes BYTE_STREAM_SPLIT: the first bytes of all values, then the second bytes, and so on.
///
/// - Source: Apache Parquet format, Encodings.md, "Byte Stream Split".
enum ByteStreamSplitDecoding {
  /// Gathers `count` values from value `first` on; the page holds `total`.
  static func decode(
    _ bytes: PageBytes, first: Int, count: Int, total: Int, width: Int,
    into target: UnsafeMutableRawPointer
  ) {
    let source = bytes.base + first
    switch width {
    case 4:
      let out = target.assumingMemoryBound(to: UInt32.self)
      for index in 0..<count {
        let from = source + index
        var word = UInt32(from.load(as: UInt8.self))
        word |= UInt32(from.load(fromByteOffset: total, as: UInt8.self)) << 8
        word |= UInt32(from.load(fromByteOffset: 2 &* total, as: UInt8.self)) << 16
        word |= UInt32(from.load(fromByteOffset: 3 &* total, as: UInt8.self)) << 24
        out[index] = UInt32(littleEndian: word)
      }
    case 8:
      let out = target.assumingMemoryBound(to: UInt64.self)
      for index in 0..<count {
        let from = source + index
        var word = UInt64(from.load(as: UInt8.self))
        word |= UInt64(from.load(fromByteOffset: total, as: UInt8.self)) << 8
        word |= UInt64(from.load(fromByteOffset: 2 &* total, as: UInt8.self)) << 16
        word |= UInt64(from.load(fromByteOffset: 3 &* total, as: UInt8.self)) << 24
        word |= UInt64(from.load(fromByteOffset: 4 &* total, as: UInt8.self)) << 32
        word |= UInt64(from.load(fromByteOffset: 5 &* total, as: UInt8.self)) << 40
        word |= UInt64(from.load(fromByteOffset: 6 &* total, as: UInt8.self)) << 48
        word |= UInt64(from.load(fromByteOffset: 7 &* total, as: UInt8.self)) << 56
        out[index] = UInt64(littleEndian: word)
      }
    default:
      for plane in 0..<width {
        let from = source + plane &* total
        for index in 0..<count {
          target.storeBytes(
            of: from.load(fromByteOffset: index, as: UInt8.self),
            toByteOffset: index &* width &+ plane, as: UInt8.self)
        }
      }
    }
  }
}
