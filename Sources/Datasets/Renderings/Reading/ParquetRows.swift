import Files
import Parquet

/// Rows of a Parquet file one after the other, for checks, by the Parquet reader.
final class ParquetRows {
  private let path: String
  private let file: FileReader
  private var rowGroup = 0
  private var readers: [FieldReader] = []
  private var columns: [FieldColumn] = []
  private var count = 0
  private var row = 0
  private var number = 0

  /// Rows that are decoded at once.
  private static let rowLimit = 512

  init(_ written: RenderingInput, _ path: String) throws {
    self.path = path
    file = try FileReader(FileBytes(try written.open(path)))
  }

  /// The names of the fields, in order.
  var names: [String] { file.schema.fields.map(\.name) }

  /// Goes to the next row; false behind the last.
  private func advance() throws -> Bool {
    row += 1
    if row < count {
      number += 1
      return true
    }
    while true {
      if readers.isEmpty {
        guard file.metadata.rowGroups.indices.contains(rowGroup) else { return false }
        for name in names { readers.append(try file.fieldReader(name, rowGroup: rowGroup)) }
        rowGroup += 1
      }
      columns = []
      for reader in readers {
        if let column = try reader.read(ParquetRows.rowLimit) { columns.append(column) }
      }
      if columns.count == readers.count, let first = columns.first {
        count = first.isPresent.count
        row = 0
        number += 1
        return true
      }
      readers = []
    }
  }

  /// Whether all rows are read.
  var isAtEnd: Bool { number >= file.metadata.rowCount }

  /// Fails unless the next row is the example.
  func expect(_ example: Int, of batch: ExampleBatch, _ wanted: [ExampleColumn]) throws {
    guard try advance() else { throw misread("another row", "the end") }
    for (column, expected) in zip(columns, wanted) {
      var values: [FieldValue] = []
      expected.forEachValue(batch, example) { values.append($0) }
      try expect(values, column, expected)
    }
  }

  private func expect(
    _ values: [FieldValue], _ column: FieldColumn, _ wanted: ExampleColumn
  ) throws {
    var leaf: LeafColumn?
    var places = row..<row + 1
    switch column {
    case .values(let values): leaf = values
    case .list(let list):
      places = Int(list.offsets[row])..<Int(list.offsets[row + 1])
      if case .values(let values) = list.element { leaf = values }
    case .structure: break
    }
    guard let leaf, places.count == values.count else {
      throw misread("\(values.count) values of \(wanted.name)", "\(places.count)")
    }
    for (place, value) in zip(places, values) where !leaf.says(value, at: place) {
      throw misread("\(value) in \(wanted.name)", "another value")
    }
  }

  private func misread(_ expected: String, _ found: String) -> RenderingError {
    .misread(file: path, place: "row \(number)", expected: expected, found: found)
  }

  /// Fails unless all rows are read.
  func expectEnd() throws {
    if try advance() { throw misread("the end", "another row") }
  }
}

extension LeafColumn {
  /// Whether the slot holds a value.
  fileprivate func says(_ value: FieldValue, at place: Int) -> Bool {
    guard isPresent[place] == 1 else {
      if case .null = value { return true }
      return false
    }
    switch (values, value) {
    case (.int64(let values), .integer(let value)): return values[place] == value
    case (.int32(let values), .integer(let value)): return Int64(values[place]) == value
    case (.booleans(let values), .integer(let value)): return (values[place] != 0) == (value != 0)
    case (.floats(let values), .float(let value)):
      return values[place] == value || (values[place].isNaN && value.isNaN)
    case (.doubles(let values), .double(let value)): return values[place] == value
    case (.strings(let values), .text(let value)): return values[place].elementsEqual(value)
    default: return false
    }
  }
}

/// A file of ours as bytes for the Parquet reader.
private final class FileBytes: ByteSource {
  private let file: any InputFile

  init(_ file: any InputFile) { self.file = file }

  deinit { file.close() }

  var byteCount: Int { file.byteCount }

  func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    try file.read(into: target, at: offset)
  }
}

extension ParquetTable {
  /// Reads a split's shards again and compares every value.
  func check(
    _ split: DatasetSplit, of contents: any DatasetContents, _ written: RenderingInput,
    path: (_ shard: Int, _ count: Int) -> String
  ) throws {
    let count = Shards(contents.counts(of: split)).count
    var shard = 0
    var rows = try ParquetRows(written, path(0, count))
    try contents.forEachBatch(of: split) { batch in
      for example in 0..<batch.count {
        while rows.isAtEnd, shard + 1 < count {
          shard += 1
          rows = try ParquetRows(written, path(shard, count))
        }
        try rows.expect(example, of: batch, columns)
      }
    }
    try rows.expectEnd()
    for rest in shard + 1..<max(count, shard + 1) {
      try ParquetRows(written, path(rest, count)).expectEnd()
    }
  }
}
