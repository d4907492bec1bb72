import Bytes
import Parquet
import Testing

/// Filters of pages leave out pages that have not a value, and never one that has it.
@Suite struct PageFiltering {
  /// Each thirty rows one page: values of the page's own, one that all have, and nulls.
  private func values(_ number: (Int) -> TableValue) -> [TableValue] {
    (0..<300).map { row in
      row % 10 == 9 ? .null : row % 10 == 8 ? number(-1) : number(row / 2)
    }
  }

  private func bytes(
    _ field: SchemaNode, _ values: [TableValue], _ encoding: ColumnEncoding
  ) throws -> [UInt8] {
    var options = ColumnOptions(encoding: encoding, statistics: .none)
    options.pageRowLimit = 30
    options.pageFilterBitCount = 10
    options.dictionaryByteLimit = 900
    let settled = options
    var writer = TableWriter(Schema([field]))
    writer.options = { _ in settled }
    return try writer.write(values.map { [$0] })
  }

  @Test(arguments: [
    ColumnEncoding.dictionary, .plain, .deltaLengthByteArray, .deltaByteArray,
  ])
  func `every text is found and absent ones leave few pages`(encoding: ColumnEncoding) throws {
    let values = values { $0 < 0 ? .text("common") : .text("value \($0)") }
    let file = try FileReader(MemorySource(bytes(.string("s"), values, encoding)))
    for (row, value) in values.enumerated() {
      guard case .bytes(let wanted) = value else { continue }
      let filter = ColumnFilter.bytes(from: wanted, through: wanted)
      let ranges = try file.candidateRows(filter, column: 0, rowGroup: 0)
      #expect(ranges.contains { $0.contains(row) })
      let left = ranges.reduce(0) { $0 + $1.count }
      #expect(value == .text("common") ? left == 300 : left < 150)
    }
    let absent = (0..<1000).map { Array("absent \($0)".utf8) }
    let left = try absent.reduce(0) { sum, wanted in
      let filter = ColumnFilter.bytes(from: wanted, through: wanted)
      return try sum
        + file.candidateRows(filter, column: 0, rowGroup: 0).reduce(0) { $0 + $1.count }
    }
    #expect(left < 300 * absent.count / 20)
    let both = [values[0], values[299 - 4]].map { value in
      guard case .bytes(let text) = value else { return ColumnFilter.null }
      return .bytes(from: text, through: text)
    }
    let ranges = try file.candidateRows(both, column: 0, rowGroup: 0)
    #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == 300)
  }

  @Test(arguments: [ColumnEncoding.dictionary, .plain, .deltaBinaryPacked])
  func `numbers are found as well`(encoding: ColumnEncoding) throws {
    let values = values { .integer(Int64($0)) }
    let file = try FileReader(MemorySource(bytes(.column("n", .int64), values, encoding)))
    for (row, value) in values.enumerated() {
      guard case .integer(let number) = value else { continue }
      let ranges = try file.candidateRows(
        .integers(number...number), column: 0, rowGroup: 0)
      #expect(ranges.contains { $0.contains(row) })
    }
    #expect(
      try file.candidateRows(.integers(5000...5000), column: 0, rowGroup: 0).count < 3)
  }

  @Test func `pages without values are left out`() throws {
    let values: [TableValue] = (0..<60).map { $0 < 30 ? .null : .text("a") }
    let file = try FileReader(MemorySource(bytes(.string("s"), values, .plain)))
    let wanted = Array("a".utf8)
    let filter = ColumnFilter.bytes(from: wanted, through: wanted)
    #expect(try file.candidateRows(filter, column: 0, rowGroup: 0) == [30..<60])
    #expect(try file.candidateRows(.null, column: 0, rowGroup: 0) == [0..<60])
  }

  /// Rows that a damaged file leaves may be wrong; that is what checksums are for.
  @Test func `damaged filters give an error or ranges inside the row group`() throws {
    let values = values { .text("value \($0)") }
    let whole = try bytes(.string("s"), values, .plain)
    let wanted = Array("value 7".utf8)
    let filter = ColumnFilter.bytes(from: wanted, through: wanted)
    var errors = 0
    for place in 4..<whole.count {
      for bit in [0, 7] {
        var damaged = whole
        damaged[place] ^= 1 << UInt8(bit)
        do throws(ParquetError) {
          let file = try FileReader(MemorySource(damaged))
          guard file.metadata.rowGroups.count == 1 else { continue }
          let rowCount = file.metadata.rowGroups[0].rowCount
          for range in try file.candidateRows(filter, column: 0, rowGroup: 0) {
            #expect(0 <= range.lowerBound && range.upperBound <= rowCount)
          }
        } catch {
          errors += 1
        }
      }
    }
    #expect(errors > 0)
  }
}
