import Testing

@testable import Parquet

/// Decoders give back what encoders took, at the sizes where groups, words and blocks end, whole
/// and a few values at a time.
@Suite struct Decoders {
  static let counts = [0, 1, 7, 8, 9, 63, 64, 65, 1023, 1024, 1025]

  @Test(arguments: counts)
  func `runs come back at every width`(count: Int) throws {
    var random = SplitMix64(seed: UInt64(count) + 1)
    for width in 0...32 {
      let mask: UInt32 = width == 32 ? .max : (1 << UInt32(width)) &- 1
      var values = (0..<count).map { _ in UInt32.random(in: 0...UInt32.max, using: &random) & mask }
      // A stretch of equal values makes the encoder mix runs and packed groups.
      if count > 40 { for index in 10..<36 { values[index] = values[10] } }
      var output = GrowableBytes()
      values.withUnsafeBufferPointer { buffer in
        if let base = buffer.baseAddress {
          appendHybrid(base, count: count, width: width, to: &output)
        }
      }
      let page = PageBytes(base: UnsafeRawPointer(output.base), count: output.count)
      for step in [max(count, 1), 3] {
        var decoder = try RunLengthDecoder(page, width: width)
        var decoded: [UInt32] = []
        while decoded.count < count {
          let part = min(step, count - decoded.count)
          try decoded.append(filling: part) { (target) throws(ParquetError) in
            try decoder.decode(part, into: target)
          }
        }
        #expect(decoded == values)
      }
    }
  }

  @Test(arguments: counts)
  func `deltas come back`(count: Int) throws {
    var random = SplitMix64(seed: UInt64(count) + 2)
    for bits in [0, 1, 3, 8, 13, 31, 33, 47, 57, 58, 63, 64] {
      let mask: UInt64 = bits == 64 ? .max : (1 << UInt64(bits)) &- 1
      let values = (0..<count).map { _ in Int64(bitPattern: random.next() & mask) }
      var output = GrowableBytes()
      values.withUnsafeBufferPointer { appendDeltaBinaryPacked($0, to: &output) }
      let page = PageBytes(base: UnsafeRawPointer(output.base), count: output.count)
      for step in [max(count, 1), 5] {
        var decoder = try DeltaDecoder(page, valueLimit: count)
        #expect(try decoder.endPosition() == page.count)
        var decoded: [UInt64] = []
        while decoded.count < count {
          decoded += try decoder.decodeAll(min(step, count - decoded.count))
        }
        #expect(decoded.map { Int64(bitPattern: $0) } == values)
      }
    }
  }

  @Test(arguments: counts)
  func `delta strings come back`(count: Int) throws {
    var strings = ByteValues()
    for index in 0..<count { strings.append("item-\(index * 7919 % 1000)-\(index % 3)".utf8) }
    let lengths = (0..<count).map { Int32(strings[$0].count) }
    var plain = GrowableBytes()
    var shared = GrowableBytes()
    lengths.withUnsafeBufferPointer { lengths in
      strings.bytes.withUnsafeBytes { bytes in
        appendDeltaLengthByteArray(lengths: lengths, bytes: bytes, to: &plain)
        appendDeltaByteArray(lengths: lengths, bytes: bytes, to: &shared)
      }
    }
    for step in [max(count, 1), 4] {
      var first = try DeltaLengthDecoder(
        PageBytes(base: UnsafeRawPointer(plain.base), count: plain.count), valueLimit: count)
      var second = try DeltaByteArrayDecoder(
        PageBytes(base: UnsafeRawPointer(shared.base), count: shared.count), valueLimit: count)
      var one = ByteValues()
      var two = ByteValues()
      while one.count < count {
        let part = min(step, count - one.count)
        try first.decode(part, into: &one)
        try second.decode(part, into: &two)
      }
      #expect(one == strings)
      #expect(two == strings)
    }
  }

  @Test(arguments: counts)
  func `plain strings come back`(count: Int) throws {
    var strings = ByteValues()
    var page = PageBuffer()
    for index in 0..<count {
      let string = Array(repeating: UInt8(index & 255), count: index % 41)
      strings.append(string)
      let stored = withUnsafeBytes(of: UInt32(string.count).littleEndian) { Array($0) } + string
      page.reserve(page.count + stored.count)
      stored.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress {
          (page.base + page.count).copyMemory(from: base, byteCount: bytes.count)
        }
      }
      page.count += stored.count
    }
    var position = 0
    var decoded = ByteValues()
    while decoded.count < count {
      try PlainByteArrayDecoding.decode(
        page.page, &position, count: min(100, count - decoded.count), into: &decoded)
    }
    #expect(decoded == strings)
    #expect(position == page.count)
  }
}
