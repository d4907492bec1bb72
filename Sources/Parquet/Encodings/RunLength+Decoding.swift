/// Decodes the hybrid of run-length and bit-packed runs a few values at a time.
///
/// - Shape: keeps its place between calls, so a run that claims millions of values costs nothing
///   until somebody wants them.
/// - Source: Apache Parquet format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
struct RunLengthDecoder {
  private let base: UnsafeRawPointer
  private let byteCount: Int
  private let width: Int
  private var position = 0
  private var repeated: UInt32 = 0
  private var repeatedLeft = 0
  private var packedBit = 0
  private var packedLeft = 0

  init(_ bytes: PageBytes, width: Int) throws(ParquetError) {
    guard (0...32).contains(width) else {
      throw .corrupt("bit width of runs", expected: "0 to 32", found: "\(width)")
    }
    base = bytes.base
    byteCount = bytes.count
    self.width = width
  }

  /// Decodes exactly `count` values.
  ///
  /// - Errors: `corrupt` when the runs end early.
  mutating func decode<Value: FixedWidthInteger & UnsignedInteger>(
    _ count: Int, into target: UnsafeMutablePointer<Value>
  ) throws(ParquetError) {
    var done = 0
    while done < count {
      if repeatedLeft > 0 {
        let step = min(repeatedLeft, count - done)
        (target + done).update(repeating: Value(truncatingIfNeeded: repeated), count: step)
        repeatedLeft -= step
        done += step
      } else if packedLeft > 0 {
        let step = min(packedLeft, count - done)
        BitUnpacking.unpack(
          base, bitOffset: packedBit, width: width, count: step, into: target + done)
        packedBit += step * width
        packedLeft -= step
        done += step
      } else {
        try nextRun(missing: count - done)
      }
    }
  }

  /// The value that fills all of the next `count` places, if one run says so.
  ///
  /// - Shape: takes the values when it answers; takes nothing otherwise.
  mutating func takeRepeated(_ count: Int) throws(ParquetError) -> UInt32? {
    if repeatedLeft == 0 && packedLeft == 0 { try nextRun(missing: count) }
    guard repeatedLeft >= count else { return nil }
    repeatedLeft -= count
    return repeated
  }

  private mutating func nextRun(missing: Int) throws(ParquetError) {
    var header: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard position < byteCount else {
        throw .corrupt("run-length data ends early", expected: "\(missing) more values")
      }
      let next = base.load(fromByteOffset: position, as: UInt8.self)
      position += 1
      guard shift <= 28 else { throw .corrupt("a run header is too long") }
      header |= UInt64(next & 0x7f) << shift
      if next < 0x80 { break }
      shift += 7
    }
    let left = byteCount - position
    if header & 1 == 1 {
      let groups = Int(header >> 1)
      // The last run of some writers is cut to the bytes that have values.
      let usable = min(groups * width, left)
      packedLeft = width == 0 ? groups * 8 : usable * 8 / width
      packedBit = position * 8
      position += usable
      if packedLeft == 0 && groups > 0 { throw .corrupt("a bit-packed run has no bytes") }
    } else {
      let valueByteCount = (width + 7) / 8
      guard valueByteCount <= left else { throw .corrupt("a run has no value") }
      repeated = 0
      for index in 0..<valueByteCount {
        repeated |=
          UInt32(base.load(fromByteOffset: position + index, as: UInt8.self)) << UInt32(index * 8)
      }
      if width < 32 && repeated >> UInt32(width) != 0 {
        throw .corrupt(
          "the value of a run is too wide", expected: "\(width) bits", found: "\(repeated)")
      }
      position += valueByteCount
      repeatedLeft = Int(header >> 1)
    }
  }
}
