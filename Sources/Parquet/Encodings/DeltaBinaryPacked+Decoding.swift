/// Decodes DELTA_BINARY_PACKED integers a few at a time.
///
/// ```
/// header: block size, miniblocks a block, number of values (varints), first value (zigzag)
/// block:  smallest delta (zigzag), one bit width a miniblock (bytes), then the miniblocks
/// ```
/// - Source: Apache Parquet format, Encodings.md, "Delta encoding".
struct DeltaDecoder {
  /// Values in all.
  let valueCount: Int
  private let bytes: PageBytes
  private let miniblockCount: Int
  private let miniblockSize: Int
  private var position = 0
  /// Values that were not handed out yet.
  private(set) var left: Int
  private var isFirst = true
  private var last: UInt64
  private var minDelta: UInt64 = 0
  private var widths = 0
  /// The miniblock in work, and what is left of it.
  private var miniblock: Int
  private var miniblockLeft = 0
  private var bit = 0
  private var width = 0

  init(_ bytes: PageBytes, valueLimit: Int) throws(ParquetError) {
    self.bytes = bytes
    var cursor = 0
    let blockSize = try DeltaDecoder.varint(bytes, &cursor)
    let miniblocks = try DeltaDecoder.varint(bytes, &cursor)
    let count = try DeltaDecoder.varint(bytes, &cursor)
    let first = try DeltaDecoder.varint(bytes, &cursor)
    guard blockSize > 0, blockSize <= UInt64(Limits.pageValueCount), miniblocks > 0,
      miniblocks <= blockSize, blockSize % miniblocks == 0, blockSize / miniblocks % 8 == 0
    else {
      throw .corrupt(
        "the blocks of delta-encoded values have an impossible size",
        found: "\(blockSize) values in \(miniblocks) parts")
    }
    guard count <= UInt64(valueLimit) else {
      throw .corrupt(
        "delta-encoded values are more than the page has", expected: "at most \(valueLimit)",
        found: "\(count)")
    }
    miniblockCount = Int(miniblocks)
    miniblockSize = Int(blockSize / miniblocks)
    valueCount = Int(count)
    left = valueCount
    last = DeltaDecoder.unzigzag(first)
    miniblock = miniblockCount
    position = cursor
  }

  /// Decodes exactly `count` values, as 64 bits that wrap around.
  mutating func decode(
    _ count: Int, into target: UnsafeMutablePointer<UInt64>
  ) throws(ParquetError) {
    guard count <= left else {
      throw .corrupt("delta-encoded values end early", expected: "\(count)", found: "\(left)")
    }
    var done = 0
    if isFirst && count > 0 {
      target[0] = last
      isFirst = false
      done = 1
    }
    while done < count {
      if miniblockLeft == 0 { try nextMiniblock() }
      let step = min(count - done, miniblockLeft)
      let out = target + done
      var running = last
      if width == 0 {
        for index in 0..<step {
          running &+= minDelta
          out[index] = running
        }
      } else {
        // The last miniblock may be cut to the bytes that have values.
        guard bit + step * width <= bytes.count * 8 else {
          throw .corrupt("delta-encoded values end early")
        }
        BitUnpacking.unpackWide(bytes.base, bitOffset: bit, width: width, count: step, into: out)
        for index in 0..<step {
          running &+= out[index] &+ minDelta
          out[index] = running
        }
      }
      last = running
      bit += step * width
      miniblockLeft -= step
      done += step
    }
    left -= count
  }

  /// Where the bytes behind the last value start, found by walking the block headers.
  func endPosition() throws(ParquetError) -> Int {
    var walker = self
    var rest = valueCount - 1
    while rest > 0 {
      try walker.nextMiniblock()
      rest -= walker.miniblockSize
    }
    return min(walker.position, bytes.count)
  }

  private mutating func nextMiniblock() throws(ParquetError) {
    if miniblock == miniblockCount {
      minDelta = DeltaDecoder.unzigzag(try DeltaDecoder.varint(bytes, &position))
      guard miniblockCount <= bytes.count - position else {
        throw .corrupt("delta-encoded values end early")
      }
      widths = position
      position += miniblockCount
      miniblock = 0
    }
    width = Int(bytes[widths + miniblock])
    guard width <= 64 else {
      throw .corrupt("a delta bit width", expected: "at most 64", found: "\(width)")
    }
    bit = position * 8
    position += miniblockSize * width / 8
    miniblock += 1
    miniblockLeft = miniblockSize
    if position - miniblockSize * width / 8 > bytes.count {
      throw .corrupt("delta-encoded values end early")
    }
  }

  private static func unzigzag(_ value: UInt64) -> UInt64 { value >> 1 ^ (0 &- (value & 1)) }

  private static func varint(
    _ bytes: PageBytes, _ position: inout Int
  ) throws(ParquetError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard position < bytes.count else { throw .corrupt("delta-encoded values end early") }
      let next = bytes[position]
      position += 1
      guard shift < 63 || (shift == 63 && next <= 1) else {
        throw .corrupt("a delta-encoded integer has more than 64 bits")
      }
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }
}
