package import Events
import Parquet

/// Look-ups by statistics, bloom filters, page index and filters of pages: what none of them leaves
/// is not read.
extension SegmentRun {
  package func opened() throws -> any EventRun {
    let file = try segments.file(record, open)
    return SegmentRun(record: record, open: { file }, segments: segments)
  }

  package func candidateRows(
    _ wanted: WantedStrings, in column: SearchedColumn
  ) throws -> [Range<Int>] {
    let reader = try open().reader
    let index = column.segmentColumn.index
    let filters = try wanted.strings.map { ColumnFilter.bytes(from: $0, through: $0) }.filter {
      try reader.mayMatch($0, column: index, rowGroup: 0)
    }
    return try reader.candidateRows(filters, column: index, rowGroup: 0)
  }

  package func candidateRows(occurredFrom time: Int64) throws -> [Range<Int>] {
    guard time <= record.occurredAt.upperBound else { return [] }
    return try open().reader.candidateRows(
      .integers(time...Int64.max), column: SegmentColumn.occurredAt.index, rowGroup: 0)
  }

  package var latestOccurrence: Int64 { record.occurredAt.upperBound }
}

extension SearchedColumn {
  fileprivate var segmentColumn: SegmentColumn {
    switch self {
    case .eventID: .eventID
    case .id(let column): .id(column)
    }
  }
}
