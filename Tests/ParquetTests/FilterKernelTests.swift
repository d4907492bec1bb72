import Bytes
import CKernels
import Testing

/// The kernels of bloom filters and checksums agree with their plain forms.
@Suite struct FilterKernels {
  @Test func `strings of every length are hashed as one by one, repeats left out`() {
    var samples = MessageSamples(seed: 5)
    for prefix in [0, 4] {
      var bytes: [UInt8] = []
      var lengths: [Int32] = []
      var expected: [UInt64] = []
      for index in 0..<600 {
        let length = index < 300 ? index / 2 : samples.below(40)
        // Every second string is that before it.
        let string =
          index % 2 == 1
          ? Array(bytes.suffix(Int(lengths[index - 1])))
          : samples.bytes(length)
        let hash = string.withUnsafeBytes { xxHash64($0) }
        expected.append(hash)
        bytes += [UInt8](repeating: 0xaa, count: prefix) + string
        lengths.append(Int32(string.count))
      }
      var recent = (0..<UInt64(1 << 12)).map { ~$0 }
      var hashes = [UInt64](repeating: 0, count: lengths.count)
      let count = daybook_filter_hashes(
        bytes, lengths, lengths.count, prefix, &recent, recent.count - 1, &hashes)
      #expect(Array(hashes[..<count]).elementsEqual(unique(expected)))
    }
  }

  /// What is left when every hash that stands at its place already is taken out.
  private func unique(_ hashes: [UInt64]) -> [UInt64] {
    var recent: [UInt64: UInt64] = [:]
    return hashes.filter { recent.updateValue($0, forKey: $0 & 0xfff) != $0 }
  }

  @Test(arguments: [4, 8, 12, 32, 33])
  func `values of one width are hashed as one by one`(width: Int) {
    var samples = MessageSamples(seed: 6)
    let bytes = samples.bytes(width * 20)
    var hashes = [UInt64](repeating: 0, count: 20)
    daybook_filter_hashes_fixed(bytes, width, 20, &hashes)
    #expect(
      hashes
        == (0..<20).map { index in
          bytes[index * width..<(index + 1) * width].withUnsafeBytes { xxHash64($0) }
        })
  }

  @Test(arguments: [1, 3, 64, 1001])
  func `the forms of setting a filter's bits agree`(blockCount: Int) {
    var samples = MessageSamples(seed: UInt64(blockCount))
    let hashes = (0..<2000).map { _ in samples.next() }
    var fast = [UInt32](repeating: 0, count: blockCount * 8)
    var plain = fast
    daybook_filter_insert(&fast, blockCount, hashes, hashes.count)
    daybook_filter_insert_portable(&plain, blockCount, hashes, hashes.count)
    #expect(fast == plain)
    #expect(plain.contains { $0 != 0 })
  }

  @Test(arguments: [1, 3, 64, 1001])
  func `the forms of asking a filter agree`(blockCount: Int) {
    var samples = MessageSamples(seed: UInt64(blockCount))
    let hashes = (0..<8 * blockCount).map { _ in samples.next() }
    let others = (0..<3000).map { _ in samples.next() }
    var words = [UInt32](repeating: 0, count: blockCount * 8)
    daybook_filter_insert(&words, blockCount, hashes, hashes.count)
    for asked in [[], hashes, others, Array(others.prefix(5)), hashes + others] {
      var fast = [UInt32](repeating: 0, count: asked.count + 1)
      var plain = fast
      let count = daybook_filter_passing(words, blockCount, asked, asked.count, &fast)
      #expect(
        count == daybook_filter_passing_portable(words, blockCount, asked, asked.count, &plain))
      #expect(fast[..<count] == plain[..<count])
      #expect(count <= asked.count)
    }
    var places = [UInt32](repeating: 0, count: hashes.count)
    #expect(
      daybook_filter_passing(words, blockCount, hashes, hashes.count, &places) == hashes.count)
    #expect(places == hashes.indices.map { UInt32($0) })
  }

  @Test func `folding keeps a checksum, at every length and place`() {
    var samples = MessageSamples(seed: 7)
    let bytes = samples.bytes(400)
    #expect(checksum(Array("123456789".utf8), 0) == 0xcbf4_3926)
    for count in 0...320 {
      let start = samples.below(80)
      let part = Array(bytes[start..<start + count])
      let before = UInt32(truncatingIfNeeded: samples.next())
      var folded = [UInt8](repeating: 0, count: 16)
      let done = daybook_crc32_fold(before, part, count, &folded)
      #expect(done <= count && done % 16 == 0)
      if done > 0 {
        let middle = checksum(folded, 0xffff_ffff)
        #expect(checksum(Array(part[done...]), middle) == checksum(part, before))
      }
    }
  }

  /// CRC-32 a bit at a time.
  private func checksum(_ bytes: [UInt8], _ sum: UInt32) -> UInt32 {
    var crc = ~sum
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
