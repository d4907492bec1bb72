import Files
import Ingest
import Testing

@Suite struct ChunkReaders {
  /// All lines as the chunks give them, with their numbers.
  private func lines(_ bytes: [UInt8], piece: Int) throws -> [(Int64, [UInt8])] {
    let reader = ChunkReader(BytesInput(bytes, pieceByteCount: piece), slackByteCount: 64)
    var lines: [(Int64, [UInt8])] = []
    while let part = try reader.next() {
      switch part {
      case .chunk(let chunk):
        var number = chunk.firstLine
        var text = chunk.bytes[..<chunk.byteCount]
        if !chunk.endsWithoutLineEnd {
          #expect(text.last == 0x0a)
          text = text.dropLast()
        }
        for line in text.split(separator: 0x0a, omittingEmptySubsequences: false) {
          lines.append((number, Array(line)))
          number += 1
        }
      case .longLine(let number):
        var line: [UInt8] = []
        try reader.readLongLine { line.append(contentsOf: $0) }
        lines.append((number, line))
      }
    }
    return lines
  }

  private func expectLines(_ expected: [[UInt8]], endsWithLineEnd: Bool, piece: Int) throws {
    var bytes = Array(expected.joined(separator: [0x0a]))
    if endsWithLineEnd { bytes.append(0x0a) }
    let found = try lines(bytes, piece: piece)
    #expect(found.map(\.0) == (1...Int64(max(1, expected.count))).prefix(expected.count).map { $0 })
    #expect(found.map(\.1) == expected)
  }

  @Test(arguments: [1, 7, 4096, Int.max])
  func `lines come whole and numbered however the bytes arrive`(piece: Int) throws {
    let small: [[UInt8]] = [Array("a".utf8), [], Array("bcd".utf8), [0x0d], Array("e".utf8)]
    try expectLines(small, endsWithLineEnd: true, piece: piece)
    try expectLines(small, endsWithLineEnd: false, piece: piece)
    #expect(try lines([], piece: piece).isEmpty)
  }

  @Test func `chunks are cut at line ends of a long input`() throws {
    let many = (0..<200_000).map { Array("line number \($0)".utf8) }
    try expectLines(many, endsWithLineEnd: true, piece: 100_000)
    try expectLines(many, endsWithLineEnd: false, piece: .max)
  }

  @Test(arguments: [3_000_000, 9_500_000, 12_000_000])
  func `a line longer than a chunk is one line still`(byteCount: Int) throws {
    let long = [UInt8](repeating: 0x78, count: byteCount)
    for endsWithLineEnd in [true, false] {
      try expectLines(
        [[0x61], long, [0x62], []].dropLast(endsWithLineEnd ? 0 : 1),
        endsWithLineEnd: endsWithLineEnd, piece: .max)
      try expectLines([long], endsWithLineEnd: endsWithLineEnd, piece: 1 << 20)
    }
  }
}
