import Bytes
import Testing

@Suite struct Hashing {
  private func hash(_ text: String, _ body: (UnsafeRawBufferPointer) -> UInt32) -> UInt32 {
    Array(text.utf8).withUnsafeBytes(body)
  }

  /// Values of the Iceberg specification, appendix B ("iceberg") and of Murmur3's reference code.
  @Test func `murmur3 agrees with published values`() {
    #expect(hash("iceberg") { murmur3($0) } == 1_210_000_089)
    #expect(hash("") { murmur3($0) } == 0)
    #expect(hash("a") { murmur3($0) } == 0x3c25_69b2)
    #expect(hash("hello, world") { murmur3($0) } == 0x149b_bb7f)
  }

  @Test func `a bucket is below its count and never negative`() {
    for number in 0..<1000 {
      let bytes = Array("customer-\(number)".utf8)
      let bucket = bytes.withUnsafeBytes { icebergBucket($0, count: 16) }
      #expect((0..<16).contains(bucket))
    }
  }

  @Test func `the fast hash sees every byte, the length and the seed`() {
    for count in 0...70 {
      let bytes = [UInt8](repeating: 7, count: count)
      let plain = bytes.withUnsafeBytes { fastHash($0, seed: 1) }
      #expect(plain != bytes.withUnsafeBytes { fastHash($0, seed: 2) })
      #expect(plain != (bytes + [0]).withUnsafeBytes { fastHash($0, seed: 1) })
      for place in 0..<count {
        var changed = bytes
        changed[place] = 8
        #expect(plain != changed.withUnsafeBytes { fastHash($0, seed: 1) })
      }
    }
  }

  @Test func `SHA-256 agrees with FIPS 180-4 in one call and in pieces`() {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    func hexadecimal(_ bytes: [UInt8]) -> String {
      bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    #expect(hexadecimal(SHA256.hash(Array("abc".utf8))) == expected)
    var hash = SHA256()
    for byte in "abc".utf8 { [byte].withUnsafeBytes { hash.update($0) } }
    #expect(hexadecimal(hash.finish()) == expected)
  }
}

@Suite struct ContentHashes {
  private func hash(_ bytes: [UInt8], piece: Int, seed: UInt64 = 1) -> [UInt8] {
    var hash = ContentHash(seed: seed)
    var rest = bytes[...]
    while !rest.isEmpty {
      Array(rest.prefix(piece)).withUnsafeBytes { hash.update($0) }
      rest = rest.dropFirst(piece)
    }
    return hash.finish()
  }

  @Test func `pieces do not matter, but every byte, the length and the seed do`() {
    for count in [0, 1, 7, 15, 16, 17, 31, 32, 33, 100] {
      let bytes = (0..<count).map { UInt8($0 * 7 & 255) }
      let whole = hash(bytes, piece: 1000)
      #expect(whole.count == 16)
      for piece in [1, 3, 16, 17] { #expect(hash(bytes, piece: piece) == whole) }
      #expect(hash(bytes, piece: 1000, seed: 2) != whole)
      #expect(hash(bytes + [0], piece: 1000) != whole)
      for place in 0..<count {
        var changed = bytes
        changed[place] ^= 1
        #expect(hash(changed, piece: 1000) != whole)
      }
    }
  }
}

@Suite struct Checksums {
  @Test func `CRC-32C gives the values of its specification`() {
    // RFC 3720, appendix B.4.
    let known: [([UInt8], UInt32)] = [
      (Array(repeating: 0, count: 32), 0x8a91_36aa),
      (Array(repeating: 0xff, count: 32), 0x62a8_ab43),
      (Array(0..<32), 0x46dd_794e), (Array("123456789".utf8), 0xe306_9283), ([], 0),
    ]
    for (bytes, sum) in known {
      #expect(bytes.withUnsafeBytes { crc32C($0) } == sum)
      #expect(bytes.withUnsafeBytes { crc32CPortable($0) } == sum)
    }
  }

  @Test func `CRC-32C by instruction and by table agree at every length, in pieces too`() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 131 + 7) }
    bytes.withUnsafeBytes { bytes in
      for count in 0...bytes.count {
        let front = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        let back = UnsafeRawBufferPointer(rebasing: bytes[count...])
        #expect(crc32C(front) == crc32CPortable(front))
        #expect(crc32C(back, continuing: crc32C(front)) == crc32C(bytes))
      }
    }
  }

  /// Long ones are summed in three blocks of 4,096 bytes at once.
  @Test(arguments: [12_287, 12_288, 12_289, 24_576, 40_001])
  func `CRC-32C of long bytes is that of the table`(_ count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 >> 7) }
    bytes.withUnsafeBytes { bytes in
      #expect(crc32C(bytes) == crc32CPortable(bytes))
      #expect(crc32C(bytes, continuing: 77) == crc32CPortable(bytes, continuing: 77))
    }
  }
}
