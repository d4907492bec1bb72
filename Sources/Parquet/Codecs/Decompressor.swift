import CLZ4
import CSnappy
import CZlib
import CZstd
import Synchronization

/// Decompresses pages of any codec and keeps the state of the codecs between pages.
///
/// - Shape: claims of a header are believed only as far as the codec can expand the input at all;
///   beyond `Limits.trustedExpansion`, output grows as data really comes.
struct Decompressor: ~Copyable {
  private var zstd: OpaquePointer?

  init() {}

  deinit {
    if let zstd { ZstdContexts.giveBack(zstd) }
  }

  /// Whether pages of a codec can be read at all.
  static func supports(_ codec: CompressionCodec) -> Bool {
    switch codec {
    case .uncompressed, .snappy, .gzip, .zstd, .lz4Raw, .lz4: true
    default: false
    }
  }

  /// Appends exactly `byteCount` decompressed bytes to `output`.
  ///
  /// - Errors: `corrupt` when the input is damaged or has another size, `limit`, `unsupported`.
  mutating func decompress(
    _ input: UnsafeRawBufferPointer, _ codec: CompressionCodec, byteCount: Int,
    into output: inout PageBuffer
  ) throws(ParquetError) {
    guard byteCount <= Limits.pageByteCount else {
      throw ParquetError(
        .limit, "a page is too large", expected: "at most \(Limits.pageByteCount) bytes",
        found: "\(byteCount)")
    }
    if byteCount == 0 && input.isEmpty { return }
    switch codec {
    case .uncompressed:
      guard input.count == byteCount else { throw wrongSize(codec, byteCount, input.count) }
      output.reserve(output.count + byteCount)
      if let source = input.baseAddress {
        (output.base + output.count).copyMemory(from: source, byteCount: byteCount)
      }
      output.count += byteCount
    case .zstd: try expandZstd(input, byteCount, into: &output)
    case .gzip: try expandGzip(input, byteCount, into: &output)
    case .snappy: try expandSnappy(input, byteCount, into: &output)
    case .lz4Raw: try expandLZ4(input, byteCount, into: &output)
    case .lz4: try expandLegacyLZ4(input, byteCount, into: &output)
    default: throw ParquetError(.unsupported, "pages are compressed with \(codec)")
    }
  }

  private mutating func expandZstd(
    _ input: UnsafeRawBufferPointer, _ byteCount: Int, into output: inout PageBuffer
  ) throws(ParquetError) {
    if zstd == nil { zstd = ZstdContexts.take() }
    guard let zstd else { throw ParquetError(.source, "no memory for zstd") }
    let start = output.count
    if isTrusted(byteCount, input.count) {
      output.reserve(start + byteCount)
      let written = ZSTD_decompressDCtx(
        zstd, output.base + start, byteCount, input.baseAddress, input.count)
      guard ZSTD_isError(written) == 0 else { throw damaged(.zstd) }
      guard written == byteCount else { throw wrongSize(.zstd, byteCount, written) }
      output.count += written
      return
    }
    ZSTD_DCtx_reset(zstd, ZSTD_reset_session_only)
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var isFrameEnd = false
    while source.pos < source.size || !isFrameEnd {
      let room = try stepRoom(start, byteCount, .zstd, &output)
      var target = ZSTD_outBuffer(dst: output.base + output.count, size: room, pos: 0)
      let before = source.pos
      let state = ZSTD_decompressStream(zstd, &target, &source)
      guard ZSTD_isError(state) == 0 else { throw damaged(.zstd) }
      output.count += target.pos
      isFrameEnd = state == 0
      if source.pos == before && target.pos == 0 { throw damaged(.zstd) }
      if isFrameEnd && source.pos == source.size { break }
    }
    guard output.count - start == byteCount else {
      throw wrongSize(.zstd, byteCount, output.count - start)
    }
  }

  private func expandGzip(
    _ input: UnsafeRawBufferPointer, _ byteCount: Int, into output: inout PageBuffer
  ) throws(ParquetError) {
    var stream = z_stream()
    // 32: zlib and gzip headers are both taken.
    let opened = inflateInit2_(
      &stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard opened == Z_OK else { throw ParquetError(.source, "no memory for zlib") }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(input.count)
    let start = output.count
    while true {
      let room = try stepRoom(start, byteCount, .gzip, &output)
      stream.next_out = (output.base + output.count).assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(room)
      let inputBefore = stream.avail_in
      let state = inflate(&stream, Z_NO_FLUSH)
      let written = room - Int(stream.avail_out)
      output.count += written
      if state == Z_STREAM_END {
        if stream.avail_in == 0 { break }
        // Another member follows the one that ended.
        guard inflateReset(&stream) == Z_OK else { throw damaged(.gzip) }
      } else {
        guard state == Z_OK, written > 0 || stream.avail_in < inputBefore else {
          throw damaged(.gzip)
        }
      }
    }
    guard output.count - start == byteCount else {
      throw wrongSize(.gzip, byteCount, output.count - start)
    }
  }

  private func expandSnappy(
    _ input: UnsafeRawBufferPointer, _ byteCount: Int, into output: inout PageBuffer
  ) throws(ParquetError) {
    let source = input.baseAddress?.assumingMemoryBound(to: CChar.self)
    var size = 0
    guard snappy_uncompressed_length(source, input.count, &size) == SNAPPY_OK else {
      throw damaged(.snappy)
    }
    // A three-byte copy element yields at most 64 bytes.
    guard size == byteCount, byteCount / 64 <= input.count else {
      throw wrongSize(.snappy, byteCount, size)
    }
    output.reserve(output.count + byteCount)
    let target = (output.base + output.count).assumingMemoryBound(to: CChar.self)
    guard snappy_uncompress(source, input.count, target, &size) == SNAPPY_OK, size == byteCount
    else { throw damaged(.snappy) }
    output.count += byteCount
  }

  private func expandLZ4(
    _ input: UnsafeRawBufferPointer, _ byteCount: Int, into output: inout PageBuffer
  ) throws(ParquetError) {
    // A length byte yields at most 255 bytes.
    guard byteCount / 256 <= input.count else {
      throw ParquetError(
        .corrupt, "a page claims more than LZ4 can hold",
        expected: "at most \(input.count * 255) bytes", found: "\(byteCount)")
    }
    output.reserve(output.count + byteCount)
    let written = LZ4_decompress_safe(
      input.baseAddress?.assumingMemoryBound(to: CChar.self),
      (output.base + output.count).assumingMemoryBound(to: CChar.self),
      Int32(input.count), Int32(byteCount))
    guard written >= 0 else { throw damaged(.lz4Raw) }
    guard Int(written) == byteCount else { throw wrongSize(.lz4Raw, byteCount, Int(written)) }
    output.count += byteCount
  }

  /// The deprecated LZ4: blocks, each behind its two sizes in big-endian order, as Hadoop wrote
  /// them; and if the bytes are not that, one raw block.
  private func expandLegacyLZ4(
    _ input: UnsafeRawBufferPointer, _ byteCount: Int, into output: inout PageBuffer
  ) throws(ParquetError) {
    let start = output.count
    var position = 0
    var isFramed = true
    while position < input.count {
      guard input.count - position >= 8 else {
        isFramed = false
        break
      }
      let expanded = Int(
        UInt32(bigEndian: input.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
      let stored = Int(
        UInt32(bigEndian: input.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self)))
      guard stored <= input.count - position - 8, expanded <= byteCount - (output.count - start)
      else {
        isFramed = false
        break
      }
      let block = UnsafeRawBufferPointer(
        rebasing: input[position + 8..<position + 8 + stored])
      do throws(ParquetError) {
        try expandLZ4(block, expanded, into: &output)
      } catch {
        isFramed = false
        break
      }
      position += 8 + stored
    }
    if isFramed && output.count - start == byteCount { return }
    output.count = start
    try expandLZ4(input, byteCount, into: &output)
  }

  private func isTrusted(_ byteCount: Int, _ inputCount: Int) -> Bool {
    byteCount <= max(Limits.trustedByteCount, inputCount * Limits.trustedExpansion)
  }

  /// Room for the next step of a codec that grows its output; one byte more than the page may
  /// have, so that a longer stream is noticed.
  private func stepRoom(
    _ start: Int, _ byteCount: Int, _ codec: CompressionCodec, _ output: inout PageBuffer
  ) throws(ParquetError) -> Int {
    let done = output.count - start
    guard done <= byteCount else { throw wrongSize(codec, byteCount, done) }
    let wanted = min(byteCount + 1 - done, max(Limits.trustedByteCount, done))
    output.reserve(output.count + wanted)
    return wanted
  }

  private func damaged(_ codec: CompressionCodec) -> ParquetError {
    ParquetError(.corrupt, "a page is not valid \(codec) data")
  }

  private func wrongSize(
    _ codec: CompressionCodec, _ expected: Int, _ found: Int
  ) -> ParquetError {
    ParquetError(
      .corrupt, "a page of \(codec) data has another size than its header says",
      expected: "\(expected) bytes", found: "\(found)")
  }
}

/// Decompression contexts that nobody uses at the moment: making one clears 30 KB of tables, and a
/// reader of a few rows decompresses a page or two.
private enum ZstdContexts {
  /// - Concurrency: `@unchecked` because whoever takes a context is its only user.
  private struct Context: @unchecked Sendable { var pointer: OpaquePointer }

  private static let spare = Mutex<[Context]>([])

  static func take() -> OpaquePointer? {
    spare.withLock { $0.popLast() }?.pointer ?? ZSTD_createDCtx()
  }

  static func giveBack(_ context: OpaquePointer) {
    let given = Context(pointer: context)
    // One that had to grow for a page of another's making is not kept.
    let isSmall = ZSTD_sizeof_DCtx(context) <= Limits.spareContextByteCount
    let isKept = spare.withLock { spare in
      if !isSmall || spare.count >= Limits.spareContextCount { return false }
      spare.append(given)
      return true
    }
    if !isKept { ZSTD_freeDCtx(context) }
  }
}
