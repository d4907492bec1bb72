// DELTA_LENGTH_BYTE_ARRAY: the lengths as DELTA_BINARY_PACKED, then all bytes in a row.
// DELTA_BYTE_ARRAY: the lengths of the prefixes shared with the value before, as
// DELTA_BINARY_PACKED, then the suffixes as DELTA_LENGTH_BYTE_ARRAY.
// Source: Parquet format, Encodings.md, "Delta-length byte array" and "Delta Strings".

func appendDeltaLengthByteArray(
  lengths: UnsafeBufferPointer<Int32>, bytes: UnsafeRawBufferPointer, to output: inout GrowableBytes
) {
  appendDeltaBinaryPacked(lengths, to: &output)
  output.append(bytes: bytes)
}

func appendDeltaByteArray(
  lengths: UnsafeBufferPointer<Int32>, bytes: UnsafeRawBufferPointer, to output: inout GrowableBytes
) {
  var prefixes = Growable<Int32>()
  var suffixLengths = Growable<Int32>()
  var suffixes = GrowableBytes()
  let prefixRoom = prefixes.room(for: lengths.count)
  let suffixRoom = suffixLengths.room(for: lengths.count)
  let suffixStart = UnsafeMutableRawPointer(suffixes.room(for: bytes.count))
  var suffixByteCount = 0
  if let base = bytes.baseAddress {
    var previous = UnsafeRawBufferPointer(start: nil, count: 0)
    var offset = 0
    for index in 0..<lengths.count {
      let length = Int(lengths[index])
      let value = UnsafeRawBufferPointer(start: base + offset, count: length)
      let prefix = sharedPrefix(previous, value)
      prefixRoom[index] = Int32(truncatingIfNeeded: prefix)
      suffixRoom[index] = Int32(truncatingIfNeeded: length - prefix)
      copyShort(
        from: base + offset + prefix, to: suffixStart + suffixByteCount, count: length - prefix)
      suffixByteCount += length - prefix
      previous = value
      offset += length
    }
  }
  prefixes.commit(lengths.count)
  suffixLengths.commit(lengths.count)
  suffixes.commit(suffixByteCount)
  appendDeltaBinaryPacked(prefixes.elements, to: &output)
  appendDeltaLengthByteArray(
    lengths: suffixLengths.elements, bytes: suffixes.rawBytes, to: &output)
}

private func sharedPrefix(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let limit = min(left.count, right.count)
  guard limit > 0, let first = left.baseAddress, let second = right.baseAddress else { return 0 }
  var index = 0
  while index + 8 <= limit {
    let difference =
      first.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
      ^ second.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
    if difference != 0 { return index + difference.trailingZeroBitCount / 8 }
    index += 8
  }
  while index < limit, left[index] == right[index] { index += 1 }
  return index
}
