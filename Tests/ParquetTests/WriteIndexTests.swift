import Parquet
import Testing

/// Bounds, page indexes, bloom filters, errors: what a file says about its values.
@Suite struct WriteIndexes {
  private func file(
    _ field: SchemaNode, _ values: [TableValue], _ change: (inout ColumnOptions) -> Void = { _ in }
  ) throws -> FileReader {
    var options = ColumnOptions()
    change(&options)
    let settled = options
    var writer = TableWriter(Schema([field]))
    writer.options = { _ in settled }
    return try FileReader(MemorySource(writer.write(values.map { [$0] })))
  }

  private func statistics(_ file: FileReader) throws -> Statistics {
    try #require(file.metadata.rowGroups[0].columns[0].statistics)
  }

  private func bytes(_ value: Double) -> [UInt8] {
    withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
  }

  @Test func `NaN bounds nothing and zero bounds keep both zeros inside`() throws {
    let field = SchemaNode.column("d", .double)
    let zeros = try statistics(file(field, [.double(0.0), .double(.nan), .null]))
    #expect(zeros.minValue == bytes(-0.0))
    #expect(zeros.maxValue == bytes(0.0))
    #expect(zeros.nullCount == 1)
    let onlyNaN = try file(field, [.double(.nan), .double(.nan)])
    #expect(try statistics(onlyNaN).minValue == nil)
    #expect(try onlyNaN.columnIndex(column: 0, rowGroup: 0) == nil)
  }

  @Test func `long bounds are shortened to whole characters and stay bounds`() throws {
    let text = String(repeating: "ä", count: 60)
    let found = try statistics(file(.string("s"), [.text(text)]))
    let least = try #require(found.minValue)
    let greatest = try #require(found.maxValue)
    #expect(least == Array(String(repeating: "ä", count: 32).utf8))
    #expect(greatest == Array((String(repeating: "ä", count: 31) + "å").utf8))
    #expect(found.isMinValueExact == false)
    #expect(found.isMaxValueExact == false)
  }

  @Test func `text with no greater short text has no upper bound in the footer`() throws {
    let text = String(repeating: "\u{10FFFF}", count: 20)
    let found = try statistics(file(.string("s"), [.text(text)]))
    #expect(found.maxValue == nil)
    #expect(found.minValue?.count == 64)
  }

  @Test func `strings are bounded as unsigned bytes`() throws {
    let found = try statistics(
      file(.column("b", .byteArray), [.bytes([0x80]), .bytes([0x7f, 0xff]), .bytes([])]))
    #expect(found.minValue == [])
    #expect(found.maxValue == [0x80])
  }

  @Test func `decimals in byte arrays are bounded as signed numbers`() throws {
    let field = SchemaNode.column(
      "x", .byteArray, logicalType: .decimal(precision: 9, scale: 0))
    let found = try statistics(
      file(field, [.bytes([0xff]), .bytes([0x00, 0x80]), .bytes([0x05]), .bytes([0xff, 0x00])]))
    #expect(found.minValue == [0xff, 0x00])
    #expect(found.maxValue == [0x00, 0x80])
  }

  @Test func `unsigned integers are bounded as such`() throws {
    let field = SchemaNode.column(
      "u", .int32, logicalType: .integer(bitWidth: 32, isSigned: false))
    let found = try statistics(file(field, [.integer(1), .integer(0xffff_ffff)]))
    #expect(found.minValue == [1, 0, 0, 0])
    #expect(found.maxValue == [255, 255, 255, 255])
  }

  @Test(arguments: [ColumnEncoding.plain, .dictionary])
  func `the column index bounds every page`(encoding: ColumnEncoding) throws {
    var values: [TableValue] = (0..<30).map { .text("v\($0 / 10)\($0 % 10)") }
    values += (0..<10).map { _ in .null }
    let file = try file(.string("s"), values) { options in
      options.encoding = encoding
      options.pageRowLimit = 10
    }
    let index = try #require(try file.columnIndex(column: 0, rowGroup: 0))
    #expect(index.isNullPage == [false, false, false, true])
    #expect(index.minValues == ["v00", "v10", "v20", ""].map { Array($0.utf8) })
    #expect(index.maxValues == ["v09", "v19", "v29", ""].map { Array($0.utf8) })
    #expect(index.boundaryOrder == .ascending)
    #expect(index.nullCounts == [0, 0, 0, 10])
    let offsets = try #require(try file.offsetIndex(column: 0, rowGroup: 0))
    #expect(offsets.pages.map(\.firstRow) == [0, 10, 20, 30])
  }

  @Test func `a dictionary that repeats nothing is dropped, a full one falls back`() throws {
    let unique: [TableValue] = (0..<500).map { .text("unique-\($0)") }
    #expect(try encodings(file(.string("s"), unique)) == [.plain])
    let mixed: [TableValue] = (0..<500).map { .text($0 < 300 ? "v\($0 % 3)" : "unique-\($0)") }
    let fallen = try file(.string("s"), mixed) { options in
      options.encoding = .dictionary(fallback: .deltaByteArray)
      options.dictionaryByteLimit = 100
      options.pageRowLimit = 100
    }
    #expect(try encodings(fallen) == [.rleDictionary, .deltaByteArray])
  }

  /// The encodings of data pages in order of first use.
  private func encodings(_ file: FileReader) throws -> [Encoding] {
    file.metadata.rowGroups[0].columns[0].encodingStatistics
      .filter { $0.pageType != .dictionary }.map(\.encoding)
  }

  @Test func `a chunk that does not shrink stays uncompressed`() throws {
    var random = SplitMix64(seed: 3)
    let noise: [TableValue] = (0..<2000).map { _ in
      .integer(Int64(bitPattern: random.next()))
    }
    let field = SchemaNode.column("n", .int64, .required)
    let plain = try file(field, noise) { $0.encoding = .plain }
    #expect(plain.metadata.rowGroups[0].columns[0].codec == .uncompressed)
    let forced = try file(field, noise) { options in
      options.encoding = .plain
      options.minimumSavingPercent = 0
    }
    #expect(forced.metadata.rowGroups[0].columns[0].codec == .zstd)
  }

  @Test func `values that do not fit are refused with the column's name`() throws {
    let column = try #require(Schema([.column("n", .int32, .required)]).columns.first)
    let writer = try ColumnChunkWriter(column)
    #expect(throws: ParquetError.self) {
      try [Int64(1)].withUnsafeBufferPointer { try writer.append(int64: $0) }
    }
    #expect(throws: ParquetError.self) {
      try [Int32(1)].withUnsafeBufferPointer { values in
        try [UInt8(0)].withUnsafeBufferPointer { try writer.append(int32: values, presence: $0) }
      }
    }
    #expect(throws: ParquetError.self) {
      try ColumnChunkWriter(column, ColumnOptions(encoding: .deltaByteArray))
    }
  }
}
