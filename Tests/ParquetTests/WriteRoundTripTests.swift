import Foundation
import Parquet
import Testing

/// What the writer writes, the reader reads: random tables, and every type at the sizes where
/// encodings change their step.
@Suite struct WriteRoundTrip {
  private static var seeds: [UInt64] {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SEED"].flatMap(UInt64.init) { return [seed] }
    return Array(1...(environment["SEEDS"].flatMap(UInt64.init) ?? 32))
  }

  @Test(arguments: seeds) func `random nested tables read back equal`(seed: UInt64) throws {
    let table = RandomTable(seed: seed)
    var writer = TableWriter(table.schema)
    writer.rowGroupRowLimit = table.rowGroupRowLimit
    writer.options = { column in
      var options = table.options
      options.encoding = table.encoding(column, seed: seed)
      return options
    }
    let bytes = try writer.write(table.rows)
    let read = try ReadBack.rows(bytes)
    #expect(ReadBack.isEqual(read, table.rows), "replay: SEED=\(seed) swift test")
  }

  @Test(arguments: [0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025])
  func `every type and encoding survives at boundary sizes`(rowCount: Int) throws {
    let cases =
      WriteMatrix.numbers() + WriteMatrix.strings() + WriteMatrix.decimals() + WriteMatrix.nested()
    var writer = TableWriter(Schema(cases.map(\.field)))
    let encodings = Dictionary(uniqueKeysWithValues: cases.map { ($0.field.name, $0.encoding) })
    writer.options = { column in
      var options = ColumnOptions()
      options.encoding = column.path.count == 1 ? encodings[column.path[0]] ?? .plain : .automatic
      options.compression = .snappy
      options.dataPageVersion = rowCount % 2 == 0 ? .v2 : .v1
      return options
    }
    var random = SplitMix64(seed: UInt64(rowCount) + 1)
    let rows = (0..<rowCount).map { row in cases.map { $0.make(row, &random) } }
    #expect(ReadBack.isEqual(try ReadBack.rows(writer.write(rows)), rows))
  }

  /// Goal: bytes depend on the rows, never on how they were cut into appends.
  @Test(arguments: [1, 3, 100, 1000]) func `the cut of appends leaves no trace`(step: Int) throws {
    let column = try #require(Schema([.string("text")]).columns.first)
    var options = ColumnOptions()
    options.pageRowLimit = 97
    options.pageByteLimit = 900
    options.dictionaryByteLimit = 1500
    var random = SplitMix64(seed: 5)
    let texts = (0..<1000).map { row in
      row % 9 == 0 ? nil : Array("value-\(Int.random(in: 0...400, using: &random))".utf8)
    }
    func chunk(_ step: Int) throws -> EncodedColumnChunk {
      let writer = try ColumnChunkWriter(column, options)
      for first in stride(from: 0, to: texts.count, by: step) {
        try append(Array(texts[first..<min(first + step, texts.count)]), to: writer)
      }
      return try writer.finish()
    }
    #expect(try chunk(step).pages == chunk(texts.count).pages)
  }

  private func append(_ texts: [[UInt8]?], to writer: ColumnChunkWriter) throws {
    var bytes: [UInt8] = Array("unused".utf8)
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
    for text in texts {
      starts.append(UInt32(bytes.count))
      lengths.append(text.map { UInt32($0.count) } ?? UInt32.max)
      bytes += text ?? []
    }
    try bytes.withUnsafeBytes { bytes in
      try starts.withUnsafeBufferPointer { starts in
        try lengths.withUnsafeBufferPointer { lengths in
          try writer.append(text: bytes, starts: starts, lengths: lengths)
        }
      }
    }
  }

  /// Without statistics the waiting pages stay where they were staged.
  @Test(arguments: [StatisticsLevel.page, .none])
  func `deferred pages give the same bytes, whoever compresses them`(
    statistics: StatisticsLevel
  ) throws {
    let column = try #require(Schema([.string("text", .required)]).columns.first)
    let texts = (0..<500).map { Array("a message that says \($0 % 50) things".utf8) }
    func pages(defers: Bool, help: ([PendingPage]) -> Void) throws -> [[UInt8]] {
      var options = ColumnOptions(encoding: .deltaLengthByteArray)
      options.pageRowLimit = 60
      options.defersCompression = defers
      options.statistics = statistics
      let writer = try ColumnChunkWriter(column, options)
      for first in stride(from: 0, to: texts.count, by: 125) {
        try append(Array(texts[first..<first + 125]), to: writer)
        help(writer.takePendingPages())
      }
      return try writer.finish().pages
    }
    let direct = try pages(defers: false) { #expect($0.isEmpty) }
    var handedOut = 0
    let helped = try pages(defers: true) { pages in
      handedOut += pages.count
      for page in pages.reversed() { page.compress() }
    }
    let unhelped = try pages(defers: true) { _ in }
    #expect(handedOut == 8)
    #expect(direct == helped)
    #expect(direct == unhelped)
  }

  @Test func `a selection takes the chosen rows in its order`() throws {
    let schema = Schema([.column("n", .int64), .column("d", .double, .required)])
    let writers = try schema.columns.map { try ColumnChunkWriter($0) }
    let selection: [UInt32] = [4, 0, 0, 2]
    try selection.withUnsafeBufferPointer { selection in
      try [Int64(10), 11, 12, 13, 14].withUnsafeBufferPointer { values in
        try [UInt8(1), 1, 0, 1, 1].withUnsafeBufferPointer {
          try writers[0].append(int64: values, presence: $0, selection: selection)
        }
      }
      try [0.5, 1.5, 2.5, 3.5, 4.5].withUnsafeBufferPointer {
        try writers[1].append(double: $0, selection: selection)
      }
    }
    var bytes: [UInt8] = []
    var file = FileWriter(schema)
    try file.add(rowGroup: writers.map { try $0.finish() }) { bytes.append(contentsOf: $0) }
    _ = try file.finish { bytes.append(contentsOf: $0) }
    #expect(
      try ReadBack.rows(bytes) == [
        [.integer(14), .double(4.5)], [.integer(10), .double(0.5)], [.integer(10), .double(0.5)],
        [.null, .double(2.5)],
      ])
  }
}
