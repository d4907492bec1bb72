import CLZ4
import CSnappy
import CZlib
import CZstd

/// Compresses pages with one setting and keeps the state of the codec between pages.
struct Compressor: ~Copyable {
  let compression: Compression
  private var zstd: OpaquePointer?

  init(_ compression: Compression) {
    self.compression = compression
    if case .zstd = compression { zstd = ZSTD_createCCtx() }
  }

  deinit { ZSTD_freeCCtx(zstd) }

  /// Appends the compressed form of `input` to `output`.
  ///
  /// - Errors: `limit` when a codec cannot take that many bytes at once.
  mutating func compress(
    _ input: UnsafeRawBufferPointer, into output: inout [UInt8]
  ) throws(ParquetError) {
    guard input.count <= Limits.pageByteCount else {
      throw ParquetError(
        .limit, "a page is too large to compress", expected: "at most \(Limits.pageByteCount)",
        found: "\(input.count)")
    }
    switch compression {
    case .uncompressed: output.append(contentsOf: input)
    case .zstd(let level):
      let bound = ZSTD_compressBound(input.count)
      try append(bound, to: &output) { (target) -> Int? in
        let written = ZSTD_compressCCtx(
          zstd, target.baseAddress, target.count, input.baseAddress, input.count,
          Int32(clamping: level))
        return ZSTD_isError(written) == 0 ? written : nil
      }
    case .gzip(let level):
      try append(gzipBound(input.count), to: &output) { (target) -> Int? in
        gzip(input, into: target, level: level)
      }
    case .snappy:
      try append(snappy_max_compressed_length(input.count), to: &output) { (target) -> Int? in
        var written = target.count
        let status = snappy_compress(
          input.baseAddress?.assumingMemoryBound(to: CChar.self), input.count,
          target.baseAddress?.assumingMemoryBound(to: CChar.self), &written)
        return status == SNAPPY_OK ? written : nil
      }
    case .lz4Raw:
      let bound = Int(LZ4_compressBound(Int32(input.count)))
      try append(bound, to: &output) { (target) -> Int? in
        let written = LZ4_compress_default(
          input.baseAddress?.assumingMemoryBound(to: CChar.self),
          target.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(input.count),
          Int32(target.count))
        return written > 0 ? Int(written) : nil
      }
    }
  }

  /// Lets `fill` write at most `bound` bytes behind those of `output`.
  private func append(
    _ bound: Int, to output: inout [UInt8],
    _ fill: (UnsafeMutableRawBufferPointer) -> Int?
  ) throws(ParquetError) {
    let start = output.count
    var written: Int?
    let room = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      written = fill(UnsafeMutableRawBufferPointer(buffer))
      count = written ?? 0
    }
    guard written != nil else {
      throw ParquetError(.corrupt, "\(compression.codec) compression failed")
    }
    if start == 0 { output = room } else { output.append(contentsOf: room) }
  }
}

/// Room for a gzip member: zlib's bound for the stream plus header and trailer.
private func gzipBound(_ count: Int) -> Int { count + count >> 10 + count >> 12 + 64 }

private func gzip(
  _ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, level: Int
) -> Int? {
  var stream = z_stream()
  let opened = deflateInit2_(
    &stream, Int32(clamping: level), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  guard opened == Z_OK else { return nil }
  defer { deflateEnd(&stream) }
  stream.next_in = UnsafeMutablePointer(
    mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
  stream.avail_in = UInt32(input.count)
  stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
  stream.avail_out = UInt32(target.count)
  return deflate(&stream, Z_FINISH) == Z_STREAM_END ? target.count - Int(stream.avail_out) : nil
}
