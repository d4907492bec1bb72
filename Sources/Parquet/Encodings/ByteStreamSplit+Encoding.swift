// BYTE_STREAM_SPLIT: byte k of every value, for k = 0, 1, … in turn.
// Source: Parquet format, Encodings.md, "Byte Stream Split".

/// Appends values of `width` bytes each as `width` streams.
func appendByteStreamSplit(
  _ bytes: UnsafeRawBufferPointer, width: Int, to output: inout GrowableBytes
) {
  guard width > 0, let source = bytes.baseAddress, bytes.count >= width else { return }
  let count = bytes.count / width
  let room = output.room(for: count * width)
  // A stretch of values stays in the nearest cache while all its streams are taken from it.
  let stretch = max(4096 / width, 1)
  var start = 0
  while start < count {
    let end = min(start + stretch, count)
    for stream in 0..<width {
      let target = room + stream * count
      for index in start..<end {
        target[index] = source.load(fromByteOffset: index * width + stream, as: UInt8.self)
      }
    }
    start = end
  }
  output.commit(count * width)
}
