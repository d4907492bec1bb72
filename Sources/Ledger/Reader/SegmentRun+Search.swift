package import Events
import Parquet

/// Look-ups by statistics, bloom filters, page index and filters of pages: what none of them leaves
/// is not read.
extension SegmentRun {
  package func opened() throws -> any EventRun {
    let file = try segments.file(record, open)
    return SegmentRun(
      record: record, open: { file }, segments: segments, identities: identities)
  }

  package func candidateRows(
    _ wanted: WantedStrings, in column: SearchedColumn
  ) throws -> [Range<Int>] {
    let file = try open()
    if column == .eventID, let rows = try indexedRows(wanted, file) { return rows }
    let reader = file.reader
    let index = column.segmentColumn.index
    let filters = try wanted.strings.map { ColumnFilter.bytes(from: $0, through: $0) }.filter {
      try reader.mayMatch($0, column: index, rowGroup: 0)
    }
    return try reader.candidateRows(filters, column: index, rowGroup: 0)
  }

  /// Where the index of duplicates says that events lie; nil where it does not know.
  private func indexedRows(_ wanted: WantedStrings, _ file: SegmentFile) throws -> [Range<Int>]? {
    guard wanted.strings.count <= Limits.indexedLookUpCount, identities.cover(record),
      file.isDictionaryCoded(.source)
    else { return nil }
    // An identity is an id and its source, of which a segment has few.
    let sources = try file.reader.sharedChunk(column: SegmentColumn.source.index, rowGroup: 0)
      .strings
    guard wanted.strings.count * sources.count <= Limits.indexedLookUpCount else { return nil }
    let identified = (0..<sources.count).flatMap { source in
      wanted.strings.map { (source: Array(sources[source]), eventID: $0) }
    }
    return identities.rows(of: identified, in: record)
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
