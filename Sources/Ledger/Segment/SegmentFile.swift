import Files
import Parquet

/// A sealed segment open for reading.
///
/// - Errors: `LedgerError.damaged` when the file is not what its record says; `ParquetError`.
struct SegmentFile: Sendable {
  let record: SegmentRecord
  let path: String
  private(set) var reader: FileReader

  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, _ record: SegmentRecord
  ) throws {
    self.record = record
    path = directory.file(.segments, record.name)
    reader = try FileReader(FileSource(try files.open(path)))
    guard reader.metadata.rowCount == record.rowCount else {
      throw LedgerError.damaged(
        path: path,
        detail: "it has \(reader.metadata.rowCount) rows, the catalog says \(record.rowCount)")
    }
    guard reader.metadata.rowGroups.count == 1,
      reader.schema.columns.count == SegmentSchema.schema.columns.count
    else { throw LedgerError.damaged(path: path, detail: "it has not the form of a segment") }
  }

  /// The same segment, whose readers keep pages for each other.
  func keeping(_ pages: KeptPages) -> SegmentFile {
    var file = self
    file.reader = reader.keeping(pages, file: Int(record.firstOffset))
    return file
  }

  /// Whether all data pages of a column are dictionary-coded.
  func isDictionaryCoded(_ column: SegmentColumn) -> Bool {
    let counts = reader.metadata.rowGroups[0].columns[column.index].encodingStatistics
    return !counts.isEmpty
      && counts.allSatisfy { $0.pageType == .dictionary || $0.encoding.isDictionary }
  }

  /// Whether both times of all rows are equal, told by their columns having the same pages.
  var sharesTimes: Bool {
    let columns = reader.metadata.rowGroups[0].columns
    return columns[SegmentColumn.occurredAt.index].dataPageOffset
      == columns[SegmentColumn.recordedAt.index].dataPageOffset
  }

  func column(_ column: SegmentColumn) throws(ParquetError) -> ColumnReader {
    try reader.columnReader(column: column.index, rowGroup: 0)
  }
}

/// A file of ours as the Parquet reader wants it.
struct FileSource: ByteSource {
  private let file: any InputFile

  init(_ file: any InputFile) { self.file = file }

  var byteCount: Int { file.byteCount }

  func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    try file.read(into: target, at: offset)
  }
}

/// The segments of a ledger by offset.
struct SegmentList: Sendable {
  private(set) var records: [SegmentRecord]

  init(_ records: [SegmentRecord]) { self.records = records }

  mutating func append(_ new: [SegmentRecord]) { records += new }

  /// The place of the segment that holds an offset.
  func index(ofOffset offset: Int64) -> Int? {
    var low = 0
    var high = records.count
    while low < high {
      let middle = (low + high) / 2
      if records[middle].endOffset <= offset { low = middle + 1 } else { high = middle }
    }
    guard low < records.count, records[low].firstOffset <= offset else { return nil }
    return low
  }
}

/// Keeps the last few values used, by number.
final class RecentValues<Value> {
  private let limit: Int
  private var values: [(key: Int64, value: Value)] = []

  init(limit: Int) { self.limit = limit }

  /// The value of a key, made when it is not among the last ones used.
  func value(_ key: Int64, make: () throws -> Value) throws -> Value {
    if let place = values.lastIndex(where: { $0.key == key }) {
      let found = values.remove(at: place)
      values.append(found)
      return found.value
    }
    let value = try make()
    if values.count == limit { values.removeFirst() }
    values.append((key, value))
    return value
  }
}
