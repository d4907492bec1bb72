import CZlib
import CZstd
package import Files

/// A compressed input that is broken or ends too early.
package struct DecompressionError: Error, CustomStringConvertible {
  package enum Kind: Sendable { case cutOff, corrupt }

  package let kind: Kind
  package let format: String
  package let compressedOffset: Int

  package var description: String {
    switch kind {
    case .cutOff: "the \(format) stream ends too early, after \(compressedOffset) compressed bytes"
    case .corrupt: "the \(format) stream is damaged near compressed byte \(compressedOffset)"
    }
  }
}

/// Inflates gzip, members one after the other included (RFC 1952).
final class GzipInput: ByteInput {
  private let source: any ByteInput
  private var stream = z_stream()
  private var compressed = [UInt8](repeating: 0, count: Limits.compressedByteCount)
  private var start = 0
  private var end = 0
  private var offset = 0
  private var isInsideMember = false
  private var isAtEnd = false

  init(_ source: any ByteInput) {
    self.source = source
    // 16 more than the window's size asks zlib for the gzip wrapper.
    let code = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(code == Z_OK, "zlib could not start")
  }

  deinit { inflateEnd(&stream) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while !isAtEnd {
      if start == end, try !refill() { return 0 }
      let made = try inflateOnce(into: buffer)
      if made > 0 { return made }
    }
    return 0
  }

  private func refill() throws -> Bool {
    start = 0
    end = try compressed.withUnsafeMutableBytes { try source.read(into: $0) }
    offset += end
    if end > 0 { return true }
    isAtEnd = true
    if isInsideMember {
      throw DecompressionError(kind: .cutOff, format: "gzip", compressedOffset: offset)
    }
    return false
  }

  private func inflateOnce(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let (code, made) = compressed.withUnsafeMutableBufferPointer { bytes -> (Int32, Int) in
      stream.next_in = bytes.baseAddress.map { $0 + start }
      stream.avail_in = UInt32(end - start)
      stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(min(buffer.count, Int(UInt32.max)))
      let room = stream.avail_out
      let code = inflate(&stream, Z_NO_FLUSH)
      start = end - Int(stream.avail_in)
      return (code, Int(room - stream.avail_out))
    }
    isInsideMember = true
    if code == Z_STREAM_END {
      isInsideMember = false
      inflateReset(&stream)
    } else if code != Z_OK && code != Z_BUF_ERROR {
      isAtEnd = true
      throw DecompressionError(
        kind: .corrupt, format: "gzip", compressedOffset: offset - (end - start))
    }
    return made
  }
}

/// Decompresses Zstandard frames, one after the other.
final class ZstdInput: ByteInput {
  private let source: any ByteInput
  private let context: OpaquePointer
  private var compressed = [UInt8](repeating: 0, count: Limits.compressedByteCount)
  private var start = 0
  private var end = 0
  private var offset = 0
  private var isInsideFrame = false

  init(_ source: any ByteInput) {
    self.source = source
    guard let context = ZSTD_createDCtx() else { preconditionFailure("zstd could not start") }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      if start == end {
        start = 0
        end = try compressed.withUnsafeMutableBytes { try source.read(into: $0) }
        offset += end
        if end == 0 {
          if !isInsideFrame { return 0 }
          isInsideFrame = false
          throw DecompressionError(kind: .cutOff, format: "zstd", compressedOffset: offset)
        }
      }
      let (made, rest) = compressed.withUnsafeBytes { bytes -> (Int, Int) in
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: end, pos: start)
        let code = ZSTD_decompressStream(context, &output, &input)
        start = input.pos
        return (output.pos, ZSTD_isError(code) != 0 ? -1 : Int(code))
      }
      if rest < 0 {
        throw DecompressionError(
          kind: .corrupt, format: "zstd", compressedOffset: offset - (end - start))
      }
      isInsideFrame = rest > 0
      if made > 0 { return made }
    }
  }
}

/// An input whose first bytes were read to look at them.
private final class PrefixedInput: ByteInput {
  private var prefix: ArraySlice<UInt8>
  private let rest: any ByteInput

  init(prefix: ArraySlice<UInt8>, rest: any ByteInput) {
    self.prefix = prefix
    self.rest = rest
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if prefix.isEmpty { return try rest.read(into: buffer) }
    let count = min(prefix.count, buffer.count)
    prefix.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count]))
    }
    prefix = prefix.dropFirst(count)
    return count
  }
}

/// Puts the right decompressor before an input, by its first bytes, whatever its name.
package func decompressed(_ input: any ByteInput) throws -> any ByteInput {
  var head = [UInt8](repeating: 0, count: 4)
  var count = 0
  while count < head.count {
    let got = try head.withUnsafeMutableBytes {
      try input.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
    }
    if got == 0 { break }
    count += got
  }
  let whole = PrefixedInput(prefix: head[..<count], rest: input)
  if count >= 2, head[0] == 0x1f, head[1] == 0x8b { return GzipInput(whole) }
  if count == 4, head == [0x28, 0xb5, 0x2f, 0xfd] { return ZstdInput(whole) }
  return whole
}
