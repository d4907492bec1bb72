// Definition and repetition levels of a page. A data page v1 puts a four-byte length in front of
// each run of levels; a v2 page states the lengths in its header instead.

/// Appends one page's levels as an RLE hybrid of the width that `maximum` needs.
///
/// - Shape: one byte a level, each at most `maximum`; nothing is written when `maximum` is 0.
func appendLevels(
  _ levels: UnsafeBufferPointer<UInt8>, maximum: Int, hasLengthPrefix: Bool,
  scratch: inout Growable<UInt32>, to output: inout GrowableBytes
) {
  guard maximum > 0 else { return }
  let lengthOffset = output.count
  if hasLengthPrefix { output.append(littleEndian: 0) }
  let start = output.count
  if let base = levels.baseAddress, !levels.isEmpty {
    if maximum == 1 {
      appendHybridBits(base, count: levels.count, to: &output)
    } else {
      scratch.removeAll()
      let wide = scratch.room(for: levels.count)
      for index in 0..<levels.count { wide[index] = UInt32(base[index]) }
      scratch.commit(levels.count)
      appendHybrid(
        wide, count: levels.count, width: bitWidth(of: UInt64(maximum)), to: &output)
    }
  }
  if hasLengthPrefix {
    let length = UInt32(output.count - start)
    UnsafeMutableRawPointer(output.base + lengthOffset).storeBytes(
      of: length.littleEndian, as: UInt32.self)
  }
}

/// Appends the levels of a page in which every one is the same, without looking at them.
func appendConstantLevels(
  _ level: Int, count: Int, maximum: Int, hasLengthPrefix: Bool, to output: inout GrowableBytes
) {
  guard maximum > 0 else { return }
  let lengthOffset = output.count
  if hasLengthPrefix { output.append(littleEndian: 0) }
  let start = output.count
  if count > 0 {
    output.append(varint: UInt64(count) << 1)
    output.append(UInt8(truncatingIfNeeded: level))
  }
  if hasLengthPrefix {
    let length = UInt32(output.count - start)
    UnsafeMutableRawPointer(output.base + lengthOffset).storeBytes(
      of: length.littleEndian, as: UInt32.self)
  }
}
