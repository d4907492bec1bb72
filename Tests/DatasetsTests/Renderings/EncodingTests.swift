import Testing

@testable import Datasets

@Suite struct WireFormat {
  @Test func `numbers take seven bits a byte`() {
    var writer = ProtobufWriter()
    writer.varint(300)
    #expect(writer.bytes == [0xac, 0x02])
    for value in [0, 1, 127, 128, UInt64(Int64.max), UInt64.max] {
      var writer = ProtobufWriter()
      writer.varint(value)
      #expect(writer.bytes.count == ProtobufWriter.byteCount(value))
    }
  }

  @Test func `a feature is its list in a message`() {
    var writer = SequenceExampleWriter()
    writer.steps("a", [Int64(1), -1])
    #expect(
      writer.finish() == [
        0x0a, 0, 0x12, 0x1e, 0x0a, 0x1c, 0x0a, 1, 0x61, 0x12, 0x17,
        0x0a, 5, 0x1a, 3, 0x0a, 1, 1,
        0x0a, 14, 0x1a, 12, 0x0a, 10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1,
      ])
  }
}

@Suite struct Arrays {
  @Test func `a header fills a multiple of 64 bytes and ends its line`() {
    for shape in [[0], [3], [5, 7], [1_000_000_000, 50]] {
      let header = arrayHeader(.int64, shape: shape)
      #expect(header.count % 64 == 0)
      #expect(header.last == 0x0a)
    }
  }

  @Test func `an archive is what unzip expects`() {
    var zip = ZipWriter()
    var bytes: [UInt8] = []
    zip.begin("a", byteCount: 3, to: &bytes)
    zip.append(Array("abc".utf8), to: &bytes)
    zip.begin("empty", byteCount: 0, to: &bytes)
    zip.finish(to: &bytes)
    // CRC-32 of "abc" behind its content.
    #expect(bytes[34..<42] == [0x50, 0x4b, 7, 8, 0xc2, 0x41, 0x24, 0x35])
    #expect(bytes.suffix(22).prefix(4) == [0x50, 0x4b, 5, 6])
  }
}

@Suite struct TextMessages {
  @Test func `a message in text is read as it nests`() throws {
    let text = "a { b: \"x\" c: 1 d { } }\na { b: \"y\" }"
    let message = try #require(TextMessage(parsing: Array(text.utf8)))
    #expect(message.messages("a").map { $0.text("b") } == ["x", "y"])
    #expect(TextMessage(parsing: Array("a { b: \"x\"".utf8)) == nil)
    #expect(TextMessage(parsing: Array("a }".utf8)) == nil)
  }
}
