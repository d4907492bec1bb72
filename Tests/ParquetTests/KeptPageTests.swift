import Bytes
import Parquet
import Synchronization
import Testing

/// Pages that readers of a file keep for each other.
@Suite struct `Kept pages` {
  /// A file that counts what is read of it.
  private final class CountedSource: ByteSource {
    private let source: MemorySource
    private let read = Atomic(0)

    init(_ bytes: [UInt8]) { source = MemorySource(bytes) }

    var byteCount: Int { source.byteCount }
    var readByteCount: Int { read.load(ordering: .relaxed) }

    func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws {
      read.add(target.count, ordering: .relaxed)
      try source.read(into: target, at: offset)
    }
  }

  private static let rowCount = 3_000

  private func bytes(_ encoding: ColumnEncoding, filterBitCount: Int = 0) throws -> [UInt8] {
    var options = ColumnOptions(encoding: encoding, compression: .zstd(level: 1))
    options.pageRowLimit = 100
    options.pageFilterBitCount = filterBitCount
    let settled = options
    var writer = TableWriter(Schema([.string("s")]))
    writer.options = { _ in settled }
    return try writer.write(
      (0..<Self.rowCount).map { row in
        [row % 7 == 3 ? .null : .text("value \(row * row % 997) of \(row / 5)")]
      })
  }

  /// Some rows from one on, nulls as empty strings.
  private func rows(_ file: FileReader, _ from: Int, _ count: Int) throws -> ByteValues {
    let reader = try file.columnReader(
      column: 0, rowGroup: 0, sharing: try file.sharedChunk(column: 0, rowGroup: 0), fromRow: from)
    var values = ByteValues()
    var isPresent: [UInt8] = []
    var done = 0
    while done < count {
      let got = try reader.readBytes(count - done, into: &values, isPresent: &isPresent)
      if got == 0 { break }
      done += got
    }
    return values
  }

  @Test(arguments: [
    ColumnEncoding.dictionary, .plain, .deltaLengthByteArray, .deltaByteArray,
  ])
  func `give the rows of a file, in whatever order they are asked for`(
    encoding: ColumnEncoding
  ) throws {
    let source = MemorySource(try bytes(encoding))
    let plain = try FileReader(source)
    let whole = try rows(plain, 0, Self.rowCount)
    var random = SplitMix64(seed: 11)
    // Nothing may be kept, a few pages, all.
    for byteLimit in [0, 12_000, 1 << 24] {
      let file = plain.keeping(KeptPages(byteLimit: byteLimit), file: 7)
      for _ in 0..<200 {
        let from = Int.random(in: 0..<Self.rowCount, using: &random)
        let count = Int.random(in: 1...250, using: &random)
        let found = try rows(file, from, count)
        let end = min(from + count, Self.rowCount)
        #expect(found.count == end - from)
        for row in from..<end { #expect(found[row - from] == whole[row]) }
      }
    }
  }

  @Test func `are read once, and told apart by file`() throws {
    let source = CountedSource(try bytes(.deltaLengthByteArray))
    let pages = KeptPages(byteLimit: 1 << 24)
    let file = try FileReader(source).keeping(pages, file: 1)
    let first = try rows(file, 1_234, 50)
    let readByteCount = source.readByteCount
    for row in [1_234, 1_250, 1_201, 1_299] { _ = try rows(file, row, 1) }
    #expect(source.readByteCount == readByteCount)
    let other = try FileReader(MemorySource(bytes(.plain))).keeping(pages, file: 2)
    #expect(try rows(other, 1_234, 50) == first)
  }

  @Test func `need only the blocks of filters that are asked for`() throws {
    let source = CountedSource(try bytes(.plain, filterBitCount: 400))
    let file = try FileReader(source)
    let opened = source.readByteCount
    let wanted = Array("nowhere".utf8)
    let filter = ColumnFilter.bytes(from: wanted, through: wanted)
    #expect(try file.candidateRows(filter, column: 0, rowGroup: 0).isEmpty)
    // A count and a block a page.
    #expect(source.readByteCount - opened <= 30 * (4 + 32) + 4)
  }
}
