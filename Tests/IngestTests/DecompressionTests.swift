import CZlib
import CZstd
import Files
import Ingest
import Testing

@Suite struct Decompression {
  private let text = (0..<20_000).flatMap { Array("line \($0 * 7919 % 1009)\n".utf8) }

  private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + 1000)
    let count = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target -> Int in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        deflate(&stream, Z_FINISH)
        return Int(stream.total_out)
      }
    }
    return Array(output[..<count])
  }

  private func zstd(_ bytes: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let count = ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
    return Array(output[..<count])
  }

  @Test(arguments: [1, 3, 1000, Int.max])
  func `gzip, zstd and plain bytes are told apart by their first bytes`(piece: Int) throws {
    for bytes in [text, gzip(text), zstd(text), gzip(text) + gzip([]), zstd(text) + zstd([])] {
      let read = try readAll(try decompressed(BytesInput(bytes, pieceByteCount: piece)))
      #expect(read == text)
    }
    for short: [UInt8] in [[], [0x1f], [0x28, 0xb5, 0x2f], Array("{}".utf8)] {
      #expect(try readAll(try decompressed(BytesInput(short, pieceByteCount: piece))) == short)
    }
  }

  @Test func `members and frames one after the other are one stream`() throws {
    #expect(try readAll(try decompressed(BytesInput(gzip(text) + gzip(text)))) == text + text)
    #expect(try readAll(try decompressed(BytesInput(zstd(text) + zstd(text)))) == text + text)
  }

  @Test func `a stream that is cut off anywhere gives what was whole and an error`() throws {
    for whole in [gzip(Array(text.prefix(3000))), zstd(Array(text.prefix(3000)))] {
      for count in 4..<whole.count {
        let input = try decompressed(BytesInput(Array(whole[..<count])))
        #expect(throws: DecompressionError.self) { try readAll(input) }
      }
    }
  }

  @Test func `a damaged stream never traps`() throws {
    for whole in [gzip(Array(text.prefix(2000))), zstd(Array(text.prefix(2000)))] {
      for place in 4..<whole.count {
        var bytes = whole
        bytes[place] ^= 0x41
        let input = try decompressed(BytesInput(bytes))
        do {
          _ = try readAll(input)
        } catch {
          #expect(error is DecompressionError)
        }
      }
    }
  }
}
