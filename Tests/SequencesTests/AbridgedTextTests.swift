import Bytes
import NaiveSequences
import Testing

@testable import Sequences

@Suite struct `Abridged texts` {
  private static func stored(_ text: [UInt8], _ full: [UInt8]) -> [UInt8] {
    var out = OutputBytes(capacity: 64)
    text.withUnsafeBytes { text in
      full.withUnsafeBytes { AbridgedText(text, beside: $0).write(to: &out) }
    }
    return Array(out.bytes)
  }

  private static func read(_ stored: [UInt8], _ full: [UInt8]) throws -> [UInt8] {
    var read: [UInt8] = []
    try stored.withUnsafeBytes { stored in
      try full.withUnsafeBytes {
        try AbridgedText(reading: stored, beside: $0).forEachPart { read += Array($0) }
      }
    }
    return read
  }

  @Test(arguments: 0..<400 as Range<UInt64>) func `read as they were`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    // Few letters, so that beginnings and ends overlap.
    func text(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in random.chance(90) ? UInt8(ascii: "a") : UInt8(ascii: "b") }
    }
    let full = text(random.below(60))
    var other = full
    let place = random.below(full.count + 1)
    let count = random.below(full.count - place + 1)
    other.replaceSubrange(place..<place + count, with: text(random.below(20)))
    let stored = Self.stored(other, full)
    #expect(try Self.read(stored, full) == other)
    #expect(stored.count <= other.count + 8)
  }

  @Test func `take little where little differs`() throws {
    let full = Array((String(repeating: "x", count: 900) + "abandoned" + "y").utf8)
    let other = Array((String(repeating: "x", count: 900) + "open" + "y").utf8)
    #expect(Self.stored(other, full).count == 8 + 4)
    #expect(Self.stored(full, full).count == 8)
    #expect(try Self.read(Self.stored([], full), full).isEmpty)
  }

  @Test func `of something else are an error`() throws {
    let stored = Self.stored(Array("0123456789".utf8), Array("01234x6789".utf8))
    for count in 0..<8 {
      #expect(throws: KeptStateUnusable.self) {
        try Self.read(Array(stored[..<count]), Array("01234x6789".utf8))
      }
    }
    #expect(throws: KeptStateUnusable.self) { try Self.read(stored, Array("012".utf8)) }
  }
}
