package import Bytes
import Events
import Parquet

/// Which recorded events to read, and in which order of pieces: always by ledger offset.
package struct MessageFilter: Sendable {
  /// Offsets from the first one up to, not including, the second.
  package var offsets: Range<Int64> = 0..<Int64.max
  /// Times of occurrence, both ends included.
  package var occurredAt: ClosedRange<Int64> = Int64.min...Int64.max
  /// Topics by their bytes; empty for all.
  package var topics: [[UInt8]] = []
  /// Only this origin, if one is named.
  package var origin: [UInt8]?
  /// Positions in their origin, both ends included.
  package var positions: ClosedRange<Int64> = Int64.min...Int64.max

  package init() {}
}

/// Some recorded events as they came, with what a dump needs to give them back.
///
/// - Shape: one entry a row in every column, ascending by ledger offset.
package struct RecordedMessages: Sendable {
  package var ledgerOffset: [Int64] = []
  package var recordedAt: [Int64] = []
  package var position: [Int64] = []
  package var origin = ByteStrings()
  package var topic = ByteStrings()
  package var message = ByteStrings()

  package init() {}

  package var count: Int { ledgerOffset.count }
}

extension LedgerSnapshot {
  /// Hands over recorded events that pass a filter, by ledger offset.
  ///
  /// Segments are left out by their ranges and topics in the catalog; within one, messages are read
  /// only around rows that pass.
  /// - Cost: memory of `Limits.dumpRowCount` messages.
  package func forEachMessage(
    _ filter: MessageFilter = MessageFilter(), topicsOf catalog: LedgerReader? = nil,
    _ body: (RecordedMessages) throws -> Void
  ) throws {
    var holding: Set<Int64>?
    if !filter.topics.isEmpty, let catalog {
      holding = Set(try catalog.catalog.segmentsHolding(topics: filter.topics))
    }
    for record in segments.records {
      guard record.endOffset > filter.offsets.lowerBound,
        record.firstOffset < filter.offsets.upperBound,
        record.occurredAt.overlaps(filter.occurredAt),
        holding?.contains(record.firstOffset) ?? true
      else { continue }
      var scan = try MessageScan(open(record), filter)
      while let part = try scan.next() {
        if part.count > 0 { try body(part) }
      }
    }
    try fresh.forEachMessage(filter, body)
  }
}

/// Reads the columns of a dump side by side, messages only where a row passes.
private struct MessageScan {
  private let file: SegmentFile
  private let filter: MessageFilter
  private let readers: [ColumnReader]
  private let message: ColumnReader
  private var row = 0

  init(_ file: SegmentFile, _ filter: MessageFilter) throws {
    self.file = file
    self.filter = filter
    let columns: [SegmentColumn] = [.occurredAt, .recordedAt, .position, .origin, .topic]
    readers = try columns.map { try file.column($0) }
    message = try file.column(.message)
    let first = max(0, filter.offsets.lowerBound - file.record.firstOffset)
    row = Int(min(first, Int64(file.record.rowCount)))
    for reader in readers where row > 0 { try reader.seek(toRow: row) }
  }

  private var endRow: Int {
    let end = filter.offsets.upperBound
    if end >= file.record.endOffset { return file.record.rowCount }
    return Int(max(0, end - file.record.firstOffset))
  }

  mutating func next() throws -> RecordedMessages? {
    let count = min(Limits.dumpRowCount, endRow - row)
    guard count > 0 else { return nil }
    var present: [UInt8] = []
    var occurred: [Int64] = []
    var recorded: [Int64] = []
    var position: [Int64] = []
    var origin = ByteValues()
    var topic = ByteValues()
    let got = [
      try readers[0].readInt64(count, into: &occurred, isPresent: &present),
      try readers[1].readInt64(count, into: &recorded, isPresent: &present),
      try readers[2].readInt64(count, into: &position, isPresent: &present),
      try readers[3].readBytes(count, into: &origin, isPresent: &present),
      try readers[4].readBytes(count, into: &topic, isPresent: &present),
    ]
    guard got.allSatisfy({ $0 == count }) else {
      throw LedgerError.damaged(path: file.path, detail: "a column ends before row \(row + count)")
    }
    var rows: [Int] = []
    for index in 0..<count
    where filter.occurredAt.contains(occurred[index])
      && filter.positions.contains(position[index])
      && (filter.origin?.elementsEqual(origin[index]) ?? true)
      && (filter.topics.isEmpty || filter.topics.contains { $0.elementsEqual(topic[index]) })
    {
      rows.append(index)
    }
    var part = RecordedMessages()
    for index in rows {
      part.ledgerOffset.append(file.record.firstOffset + Int64(row + index))
      part.recordedAt.append(recorded[index])
      part.position.append(position[index])
      part.origin.append(origin[index])
      part.topic.append(topic[index])
    }
    part.message = try messages(rows)
    row += count
    return part
  }

  /// Neighbouring rows are read at once.
  private func messages(_ rows: [Int]) throws -> ByteStrings {
    var values = ByteValues()
    var present: [UInt8] = []
    var first = 0
    while first < rows.count {
      var end = first + 1
      while end < rows.count, rows[end] == rows[end - 1] + 1 { end += 1 }
      try message.seek(toRow: row + rows[first])
      let got = try message.readBytes(end - first, into: &values, isPresent: &present)
      guard got == end - first else {
        throw LedgerError.damaged(
          path: file.path, detail: "messages end before row \(row + rows[first] + end - first)")
      }
      first = end
    }
    return ByteStrings(bytes: values.bytes, offsets: values.offsets)
  }
}
