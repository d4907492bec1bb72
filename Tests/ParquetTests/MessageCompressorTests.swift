import Parquet
import Testing

@Suite struct CompressingMessages {
  private let compressor = MessageCompressor()

  private func frame(
    _ bytes: [UInt8], bodyStart: Int = 0, by other: MessageCompressor? = nil
  ) throws -> [UInt8] {
    var output: [UInt8] = []
    try bytes.withUnsafeBytes {
      try (other ?? compressor).compress($0, bodyStart: bodyStart, into: &output)
    }
    return output
  }

  private func comesBack(_ bytes: [UInt8], bodyStart: Int = 0) throws -> Bool {
    decompressed(try frame(bytes, bodyStart: bodyStart), count: bytes.count) == bytes
  }

  @Test func `pages of every size around a boundary come back`() throws {
    var samples = MessageSamples(seed: 1)
    let block = 1 << 17
    let page = samples.messages(2 * block + 600)
    var sizes = Array(0...40) + Array(1000...1100) + [4095, 4096, 4097]
    for near in [block, block + 64, 2 * block] { sizes += (near - 34...near + 34) }
    for size in sizes { #expect(try comesBack(Array(page[..<size])), "\(size) bytes") }
  }

  @Test func `messages are smaller than at level 1`() throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      var samples = MessageSamples(seed: seed)
      let page = samples.messages(1 << 19)
      let written = try frame(page)
      #expect(decompressed(written, count: page.count) == page)
      #expect(written.count * 100 < levelOneCount(page) * 95)
    }
  }

  @Test func `what precedes the messages gets blocks of its own`() throws {
    var samples = MessageSamples(seed: 7)
    for size in [1, 63, 64, 65, 5000, 1 << 17, (1 << 17) + 1, 400_000] {
      let page = samples.bytes(size) + samples.messages(200_000)
      #expect(try comesBack(page, bodyStart: size), "\(size) bytes before")
    }
    let page = samples.messages(3000)
    for start in [-1, 1, 2743, 2744, 2745, 2999, 3000, 3001, .max] {
      #expect(try comesBack(page, bodyStart: start), "start \(start)")
    }
  }

  @Test func `other bytes come back no larger than libzstd makes them`() throws {
    var samples = MessageSamples(seed: 9)
    let text = (0..<20_000).map { "row \($0 * 7919 % 1000);\($0 % 13)\n" }.joined()
    let bytes = samples.bytes(300_000)
    let quoted = (0..<9000).map { _ in #""\#(samples.hex(16))":"\#(samples.hex(16))","# }.joined()
    let zeros = [UInt8](repeating: 0, count: 300_000)
    for page in [bytes, Array(text.utf8), Array(quoted.utf8), zeros] {
      let written = try frame(page)
      #expect(decompressed(written, count: page.count) == page)
      #expect(written.count * 100 <= levelOneCount(page) * 102 + 6400)
    }
  }

  @Test func `repetitive bytes made to be hostile come back`() throws {
    var samples = MessageSamples(seed: 11)
    let pieces = [
      "\"", "\":", "\":\"", "\"\":", "{\"a\":\"", "\":12345,\"",
      "\":\"abcdefgh", "\":\"abcdefghijkl\",",
      ",\"key\":\"0123456789abcdef\"", "\"\"\"\"\"\"\"\":aaaaaaaaaaaa",
    ]
    for piece in pieces {
      for size in [1500, 131_072, 300_001] {
        var page: [UInt8] = []
        while page.count < size { page += Array(piece.utf8) }
        #expect(try comesBack(Array(page[..<size])), "\(piece) \(size)")
        for _ in 0..<200 { page[samples.below(page.count)] = UInt8(samples.below(256)) }
        #expect(try comesBack(Array(page[..<size])), "\(piece) \(size), changed")
      }
    }
  }

  @Test func `matches and literals longer than a block come back`() throws {
    var samples = MessageSamples(seed: 13)
    let head = samples.messages(5000)
    for length in [131_070, 131_071, 131_072, 131_073, 262_144, 400_003] {
      let noise = samples.bytes(length)
      let pages = [
        head + noise + head, head + noise + head + noise + head, noise + noise,
        Array(repeating: head, count: 2 + length / 5000).flatMap { $0 },
      ]
      for page in pages { #expect(try comesBack(page), "\(length)") }
    }
  }

  @Test(arguments: 0..<64 as Range<UInt64>)
  func `mutated pages come back`(seed: UInt64) throws {
    var samples = MessageSamples(seed: seed &* 0x1_0001 &+ 3)
    let page = samples.messages(2000 + samples.below(1 << (11 + samples.below(8))))
    let mutated = samples.mutated(page)
    #expect(try comesBack(mutated, bodyStart: samples.below(mutated.count)), "seed \(seed)")
  }

  @Test func `a page gives the same bytes whatever came before it`() throws {
    var samples = MessageSamples(seed: 17)
    let page = samples.messages(300_000)
    let others = [samples.bytes(50_000), samples.messages(900_000), [], samples.messages(1024)]
    let expected = try frame(page, by: MessageCompressor())
    for other in others {
      _ = try frame(other)
      #expect(try frame(page) == expected)
      #expect(try frame(other) == frame(other, by: MessageCompressor()))
    }
  }

  @Test func `a frame is appended to what is there`() throws {
    var samples = MessageSamples(seed: 19)
    let page = samples.messages(10_000)
    var output: [UInt8] = [1, 2, 3]
    try page.withUnsafeBytes { try compressor.compress($0, into: &output) }
    #expect(Array(output[..<3]) == [1, 2, 3])
    #expect(try Array(output[3...]) == frame(page))
  }
}
