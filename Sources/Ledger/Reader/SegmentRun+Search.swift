package import Events
import Parquet

/// Look-ups by statistics, bloom filters and page index: what none of them leaves is not read.
extension SegmentRun {
  package func opened() throws -> any EventRun {
    let file = try open()
    return SegmentRun(record: record) { file }
  }

  package func candidateRows(
    _ wanted: WantedStrings, in column: SearchedColumn
  ) throws -> [Range<Int>] {
    let reader = try open().reader
    let index = column.segmentColumn.index
    var ranges: [Range<Int>] = []
    for string in wanted.strings {
      let filter = ColumnFilter.bytes(from: string, through: string)
      guard try reader.mayMatch(filter, column: index, rowGroup: 0) else { continue }
      ranges += try reader.candidateRows(filter, column: index, rowGroup: 0)
    }
    return SegmentRun.united(ranges)
  }

  package func candidateRows(occurredFrom time: Int64) throws -> [Range<Int>] {
    guard time <= record.occurredAt.upperBound else { return [] }
    return try open().reader.candidateRows(
      .integers(time...Int64.max), column: SegmentColumn.occurredAt.index, rowGroup: 0)
  }

  package var latestOccurrence: Int64 { record.occurredAt.upperBound }

  /// Ranges in order, each row in one.
  private static func united(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var united: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = united.last, range.lowerBound <= last.upperBound {
        united[united.count - 1] =
          last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        united.append(range)
      }
    }
    return united
  }
}

extension SearchedColumn {
  fileprivate var segmentColumn: SegmentColumn {
    switch self {
    case .eventID: .eventID
    case .id(let column): .id(column)
    }
  }
}
