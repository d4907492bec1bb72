// The RLE / bit-packing hybrid: dictionary indices, levels, booleans.
//
//   run    := header value        header = varint(count << 1),      value in ceil(width / 8) bytes
//   packed := header bytes        header = varint(groups << 1 | 1), groups of eight packed values
//
// Source: Parquet format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".

/// Appends values of one width as runs and packed groups, without a length in front.
///
/// Runs are looked for at every eighth value only, which keeps packed groups whole.
func appendHybrid(
  _ values: UnsafePointer<UInt32>, count: Int, width: Int, to output: inout GrowableBytes
) {
  guard width > 0 else {
    // No bits to store: one run says how many there are.
    if count > 0 { output.append(varint: UInt64(count) << 1) }
    return
  }
  let shortestRun = width == 1 ? 32 : width == 2 ? 16 : 8
  var packedStart = 0
  var index = 0
  while index + 8 <= count {
    let group = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<UInt32>.self)
    guard group == SIMD8(repeating: group[0]) else {
      index += 8
      continue
    }
    let value = group[0]
    var end = index + 8
    while end < count, values[end] == value { end += 1 }
    guard end - index >= shortestRun else {
      index += 8
      continue
    }
    appendPacked(values + packedStart, count: index - packedStart, width: width, to: &output)
    appendRun(of: value, count: end - index, width: width, to: &output)
    index = end
    packedStart = end
  }
  appendPacked(values + packedStart, count: count - packedStart, width: width, to: &output)
}

private func appendRun(of value: UInt32, count: Int, width: Int, to output: inout GrowableBytes) {
  output.append(varint: UInt64(count) << 1)
  UnsafeMutableRawPointer(output.room(for: 4)).storeBytes(
    of: value.littleEndian, as: UInt32.self)
  output.commit((width + 7) / 8)
}

private func appendPacked(
  _ values: UnsafePointer<UInt32>, count: Int, width: Int, to output: inout GrowableBytes
) {
  guard count > 0 else { return }
  let groupCount = (count + 7) / 8
  output.append(varint: UInt64(groupCount) << 1 | 1)
  let room = output.room(for: groupCount * width)
  output.commit(packBits(values, count: count, width: width, to: room))
}

/// Appends bytes that are 0 or 1 as a hybrid of width 1: presence levels and booleans.
///
/// - Cost: eight values a step, one multiplication each.
func appendHybridBits(
  _ bits: UnsafePointer<UInt8>, count: Int, to output: inout GrowableBytes
) {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let raw = UnsafeRawPointer(bits)
  var packedStart = 0
  var index = 0
  while index + 8 <= count {
    let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    guard word == 0 || word == ones else {
      index += 8
      continue
    }
    var end = index + 8
    while end + 8 <= count, raw.loadUnaligned(fromByteOffset: end, as: UInt64.self) == word {
      end += 8
    }
    guard end - index >= 32 || end == count && index == packedStart else {
      index = end
      continue
    }
    let value = bits[index]
    while end < count, bits[end] == value { end += 1 }
    appendPackedBits(bits + packedStart, count: index - packedStart, to: &output)
    appendRun(of: UInt32(value), count: end - index, width: 1, to: &output)
    index = end
    packedStart = end
  }
  let rest = count - packedStart
  if rest > 0, rest < 8, allEqual(bits + packedStart, count: rest) {
    appendRun(of: UInt32(bits[packedStart]), count: rest, width: 1, to: &output)
  } else {
    appendPackedBits(bits + packedStart, count: rest, to: &output)
  }
}

private func allEqual(_ bits: UnsafePointer<UInt8>, count: Int) -> Bool {
  for index in 1..<max(count, 1) where bits[index] != bits[0] { return false }
  return true
}

private func appendPackedBits(
  _ bits: UnsafePointer<UInt8>, count: Int, to output: inout GrowableBytes
) {
  guard count > 0 else { return }
  output.append(varint: UInt64((count + 7) / 8) << 1 | 1)
  appendBitmap(bits, count: count, to: &output)
}

/// Appends bytes that are 0 or 1 as bits, least significant first: PLAIN booleans.
func appendBitmap(_ bits: UnsafePointer<UInt8>, count: Int, to output: inout GrowableBytes) {
  let room = output.room(for: (count + 7) / 8)
  let raw = UnsafeRawPointer(bits)
  var byteIndex = 0
  while byteIndex * 8 + 8 <= count {
    let word = raw.loadUnaligned(fromByteOffset: byteIndex * 8, as: UInt64.self).littleEndian
    // The multiplication gathers the low bit of every byte in the top byte.
    room[byteIndex] = UInt8(truncatingIfNeeded: (word &* 0x0102_0408_1020_4080) >> 56)
    byteIndex += 1
  }
  if byteIndex * 8 < count {
    var last: UInt8 = 0
    for bit in byteIndex * 8..<count { last |= bits[bit] << UInt8(bit & 7) }
    room[byteIndex] = last
    byteIndex += 1
  }
  output.commit(byteIndex)
}
