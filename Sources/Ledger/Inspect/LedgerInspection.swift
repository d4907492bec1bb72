import Bytes
import Events
import Parquet

/// How much of the segments a column takes.
package struct ColumnSize: Sendable, Equatable {
  /// The column's dot path; ``filtersAndIndexes`` for what segments have beside columns.
  package var name: String
  package var byteCount: Int

  /// Bloom filters, page filters, page indexes and footers of all columns together.
  package static let filtersAndIndexes = "(filters and indexes)"
}

/// A field that events of a topic carry.
package struct TopicField: Sendable, Equatable {
  package var topic: [UInt8]
  /// A member's path in `data`, its steps joined by dots.
  package var field: String
  /// JSON types seen, by name.
  package var types: [String]
  package var eventCount: Int
}

/// What is in a ledger, in numbers.
package struct LedgerInspection: Sendable {
  package var identity: LedgerIdentity
  package var segments: [SegmentRecord] = []
  package var topics: [TopicCount] = []
  package var origins: [OriginRange] = []
  package var rejects: [RejectCount] = []
  package var columns: [ColumnSize] = []
  package var fields: [TopicField] = []
  /// Events whose messages were looked into for `fields`.
  package var scannedEventCount = 0
  package var indexByteCount = 0
  package var rejectByteCount = 0

  /// Rows that are in no segment yet, and the bytes of the logs that hold them.
  package var freshRowCount = 0
  package var freshByteCount = 0
  /// First and last time of their occurrence; may take in rows that were sealed since.
  var freshOccurredAt: ClosedRange<Int64>?

  package var rowCount: Int { segments.reduce(freshRowCount) { $0 + $1.rowCount } }
  package var segmentByteCount: Int { segments.reduce(0) { $0 + $1.byteCount } }
  package var messageByteCount: Int { segments.reduce(0) { $0 + $1.messageByteCount } }

  /// First and last time of occurrence, nil for an empty ledger.
  package var occurredAt: ClosedRange<Int64>? {
    let ranges = segments.map(\.occurredAt) + (freshOccurredAt.map { [$0] } ?? [])
    guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max()
    else { return nil }
    return low...high
  }
}

extension LedgerReader {
  /// Looks at the ledger.
  ///
  /// - Shape: messages are looked into for the fields of their topics: up to `sampledEventCount`
  ///   from the start of every segment, all with nil.
  /// - Cost: footers of all segments; and what the sample has to decode.
  package func inspect(sampledEventCount: Int? = 10_000) throws -> LedgerInspection {
    let snapshot = try snapshot()
    var inspection = LedgerInspection(identity: identity)
    inspection.segments = snapshot.segmentRecords
    inspection.freshRowCount = snapshot.freshRowCount
    inspection.freshByteCount = snapshot.fresh.byteCount
    inspection.freshOccurredAt = snapshot.fresh.occurredAt
    (inspection.topics, inspection.origins) = try counts()
    inspection.rejects = try rejectCounts()
    inspection.indexByteCount = try catalog.runs().reduce(0) { $0 + $1.byteCount }
    inspection.rejectByteCount = try catalog.rejectFiles().reduce(0) { $0 + $1.byteCount }
    var sizes = [Int](repeating: 0, count: SegmentColumn.all.count)
    for record in snapshot.segmentRecords {
      let chunks = try snapshot.open(record).reader.metadata.rowGroups[0].columns
      // Columns of the same pages have them once: the first one counts them.
      var offsets: Set<Int> = []
      for (column, chunk) in chunks.enumerated()
      where sizes.indices.contains(column) && offsets.insert(chunk.dataPageOffset).inserted {
        sizes[column] += chunk.totalCompressedByteCount
      }
    }
    inspection.columns = zip(SegmentSchema.schema.columns, sizes).map {
      ColumnSize(name: $0.dotPath, byteCount: $1)
    }
    if inspection.segmentByteCount > 0 {
      inspection.columns.append(
        ColumnSize(
          name: ColumnSize.filtersAndIndexes,
          byteCount: inspection.segmentByteCount - sizes.reduce(0, +)))
    }
    var survey = FieldSurvey()
    for record in snapshot.segmentRecords {
      var filter = MessageFilter()
      let limit = Int64(min(sampledEventCount ?? record.rowCount, record.rowCount))
      filter.offsets = record.firstOffset..<record.firstOffset + limit
      try snapshot.forEachMessage(filter) { part in
        for row in 0..<part.count { survey.add(part.topic[row], part.message[row]) }
      }
    }
    var filter = MessageFilter()
    let limit = min(sampledEventCount ?? snapshot.freshRowCount, snapshot.freshRowCount)
    filter.offsets = snapshot.fresh.firstOffset..<snapshot.fresh.firstOffset + Int64(limit)
    try snapshot.fresh.forEachMessage(filter) { part in
      for row in 0..<part.count { survey.add(part.topic[row], part.message[row]) }
    }
    inspection.fields = survey.fields()
    inspection.scannedEventCount = survey.eventCount
    return inspection
  }
}
