// DELTA_BINARY_PACKED: blocks of 128 differences in four miniblocks of 32.
//
//   header := varint 128 · varint 4 · varint value count · zigzag first value
//   block  := zigzag least difference · four widths (a byte each) · miniblocks
//
// Differences wrap in the width of the type, so that no value is out of reach.
// Source: Parquet format, Encodings.md, "Delta Encoding".

private let blockSize = 128
private let miniblockCount = 4
private let miniblockSize = 32

private func appendDeltaHeader(count: Int, first: Int64, to output: inout GrowableBytes) {
  output.append(varint: UInt64(blockSize))
  output.append(varint: UInt64(miniblockCount))
  output.append(varint: UInt64(count))
  output.append(zigzag: first)
}

func appendDeltaBinaryPacked(
  _ values: UnsafeBufferPointer<Int64>, to output: inout GrowableBytes
) {
  guard let base = values.baseAddress, !values.isEmpty else {
    return appendDeltaHeader(count: 0, first: 0, to: &output)
  }
  appendDeltaHeader(count: values.count, first: base[0], to: &output)
  withUnsafeTemporaryAllocation(of: UInt64.self, capacity: blockSize) { block in
    guard let block = block.baseAddress else { return }
    var index = 1
    while index < values.count {
      let count = min(blockSize, values.count - index)
      var least = Int64.max
      for offset in 0..<count {
        let delta = base[index + offset] &- base[index + offset - 1]
        block[offset] = UInt64(bitPattern: delta)
        least = min(least, delta)
      }
      for offset in 0..<count { block[offset] = block[offset] &- UInt64(bitPattern: least) }
      appendBlock(block, count: count, least: least, to: &output)
      index += count
    }
  }
}

func appendDeltaBinaryPacked(
  _ values: UnsafeBufferPointer<Int32>, to output: inout GrowableBytes
) {
  guard let base = values.baseAddress, !values.isEmpty else {
    return appendDeltaHeader(count: 0, first: 0, to: &output)
  }
  appendDeltaHeader(count: values.count, first: Int64(base[0]), to: &output)
  withUnsafeTemporaryAllocation(of: UInt64.self, capacity: blockSize) { block in
    guard let block = block.baseAddress else { return }
    var index = 1
    while index < values.count {
      let count = min(blockSize, values.count - index)
      var least = Int32.max
      for offset in 0..<count {
        let delta = base[index + offset] &- base[index + offset - 1]
        block[offset] = UInt64(UInt32(bitPattern: delta))
        least = min(least, delta)
      }
      for offset in 0..<count {
        // Wraps in 32 bits, so a miniblock is never wider than the type.
        block[offset] = UInt64(
          UInt32(truncatingIfNeeded: block[offset]) &- UInt32(bitPattern: least))
      }
      appendBlock(block, count: count, least: Int64(least), to: &output)
      index += count
    }
  }
}

/// Appends one block; places from `count` on are filled with zeros first.
private func appendBlock(
  _ block: UnsafeMutablePointer<UInt64>, count: Int, least: Int64, to output: inout GrowableBytes
) {
  if count < blockSize { (block + count).update(repeating: 0, count: blockSize - count) }
  output.append(zigzag: least)
  let room = output.room(for: miniblockCount + blockSize * 8)
  var length = miniblockCount
  for miniblock in 0..<miniblockCount {
    let values = block + miniblock * miniblockSize
    guard miniblock * miniblockSize < count else {
      // Miniblocks without values keep a width of zero and no bytes.
      room[miniblock] = 0
      continue
    }
    var union: UInt64 = 0
    for index in 0..<miniblockSize { union |= values[index] }
    let width = bitWidth(of: union)
    room[miniblock] = UInt8(width)
    packMiniblock(values, width: width, to: UnsafeMutableRawPointer(room + length))
    length += width * miniblockSize / 8
  }
  output.commit(length)
}
