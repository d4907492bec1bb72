import Bytes
package import Events
import Parquet

/// A segment as a run of events, read by column and by range of rows.
///
/// - Cost: opening reads the dictionaries of the columns asked for.
package struct SegmentRun: EventRun {
  package let record: SegmentRecord
  let open: @Sendable () throws -> SegmentFile
  /// What look-ups keep of this and other segments.
  let segments: OpenedSegments
  let identities: IdentityPlaces

  package var rowCount: Int { record.rowCount }

  package func open(_ columns: EventColumnSet) throws -> any OpenEventRun {
    try OpenSegmentRun(try open(), columns)
  }
}

/// A segment with the dictionaries of the columns that somebody wants.
///
/// A column whose pages are not all dictionary-coded has no shared dictionary: each batch of it
/// comes with the strings of its own rows, so that nothing is hashed twice.
struct OpenSegmentRun: OpenEventRun {
  let file: SegmentFile
  let dictionaries: EventColumns
  private let chunks: [SegmentColumn: SharedChunk]

  init(_ file: SegmentFile, _ columns: EventColumnSet) throws {
    self.file = file
    var chunks: [SegmentColumn: SharedChunk] = [:]
    for column in SegmentColumn.all where column.isIn(columns) {
      chunks[column] = try file.reader.sharedChunk(column: column.index, rowGroup: 0)
    }
    var shared = EventColumns()
    func dictionary(_ column: SegmentColumn) -> CodedStrings {
      guard let chunk = chunks[column], file.isDictionaryCoded(column) else {
        return CodedStrings(isShared: false)
      }
      return CodedStrings(dictionary: ByteStrings(chunk.strings))
    }
    shared.topic = dictionary(.topic)
    shared.source = dictionary(.source)
    for column in IDColumn.allCases { shared[column] = dictionary(.id(column)) }
    shared.lineItemID = dictionary(.lineItemID)
    dictionaries = shared
    self.chunks = chunks
  }

  func scan(
    _ rows: Range<Int>, _ columns: EventColumnSet, _ body: (EventColumns) throws -> Void
  ) throws {
    if rows.isEmpty { return }
    var scan = try SegmentScan(self, columns, from: rows.lowerBound)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let count = min(Limits.batchRowCount, rows.upperBound - row)
      try body(try scan.next(count))
      row += count
    }
  }

  /// A reader of a column from a row on, or nil when nobody asked for the column.
  func reader(
    _ column: SegmentColumn, _ columns: EventColumnSet, from row: Int
  ) throws -> ColumnReader? {
    guard column.isIn(columns), let chunk = chunks[column] else { return nil }
    return try file.reader.columnReader(
      column: column.index, rowGroup: 0, sharing: chunk, fromRow: row)
  }
}

extension SegmentColumn {
  fileprivate func isIn(_ columns: EventColumnSet) -> Bool {
    switch self {
    case .eventID: columns.contains(.eventID)
    case .topic: columns.contains(.topic)
    case .source: columns.contains(.source)
    case .occurredAt, .recordedAt: columns.contains(.times)
    case .id(let column): columns.contains(.id(column))
    case .quantity: columns.contains(.quantity)
    case .unitPrice: columns.contains(.unitPrice)
    case .amount: columns.contains(.amount)
    case .lineItemID, .lineQuantity, .lineUnitPrice: columns.contains(.lines)
    case .origin, .position, .ledgerOffset, .message: false
    }
  }
}

/// Reads the columns of a segment side by side, from some row on.
private struct SegmentScan {
  private let run: OpenSegmentRun
  private let topic: ColumnReader?
  private let source: ColumnReader?
  private let ids: [ColumnReader?]
  private let eventID: ColumnReader?
  private let occurredAt: ColumnReader?
  private let recordedAt: ColumnReader?
  private let quantity: ColumnReader?
  private let unitPrice: ColumnReader?
  private let amount: ColumnReader?
  private var lines: LineScan?
  private var isPresent: [UInt8] = []
  private var row: Int

  init(_ run: OpenSegmentRun, _ columns: EventColumnSet, from row: Int) throws {
    self.run = run
    self.row = row
    topic = try run.reader(.topic, columns, from: row)
    source = try run.reader(.source, columns, from: row)
    ids = try IDColumn.allCases.map { try run.reader(.id($0), columns, from: row) }
    eventID = try run.reader(.eventID, columns, from: row)
    occurredAt = try run.reader(.occurredAt, columns, from: row)
    recordedAt = try run.reader(.recordedAt, columns, from: row)
    quantity = try run.reader(.quantity, columns, from: row)
    unitPrice = try run.reader(.unitPrice, columns, from: row)
    amount = try run.reader(.amount, columns, from: row)
    lines = try LineScan(run, columns, from: row)
  }

  /// The next rows, all of which the segment must have.
  mutating func next(_ count: Int) throws -> EventColumns {
    var batch = EventColumns()
    batch.count = count
    batch.firstLedgerOffset = run.file.record.firstOffset + Int64(row)
    try readIdentity(&batch, count)
    let shared = run.dictionaries
    batch.topic = try coded(topic, shared.topic, count)
    batch.source = try coded(source, shared.source, count)
    for column in IDColumn.allCases {
      batch[column] = try coded(ids[column.rawValue], shared[column], count)
    }
    try read(quantity, &batch.quantity, count) { reader, values, isPresent in
      try reader.readInt32(count, into: &values, isPresent: &isPresent)
    }
    try read(unitPrice, &batch.unitPrice, count) { reader, values, isPresent in
      try reader.readInt64(count, into: &values, isPresent: &isPresent)
    }
    try read(amount, &batch.amount, count) { reader, values, isPresent in
      try reader.readInt64(count, into: &values, isPresent: &isPresent)
    }
    if lines != nil {
      try lines?.read(&batch, count, shared.lineItemID)
    } else {
      batch.lineStarts = Array(repeating: 0, count: count + 1)
    }
    row += count
    return batch
  }

  private func check(_ got: Int, _ wanted: Int) throws {
    guard got == wanted else {
      throw LedgerError.damaged(
        path: run.file.path,
        detail: "a column ends at row \(row + got) of \(run.file.record.rowCount)")
    }
  }

  private mutating func readIdentity(_ batch: inout EventColumns, _ count: Int) throws {
    isPresent.removeAll(keepingCapacity: true)
    if let eventID {
      var ids = ByteValues()
      try check(eventID.readBytes(count, into: &ids, isPresent: &isPresent), count)
      batch.eventID = ByteStrings(ids)
    }
    if let occurredAt {
      batch.occurredAt.reserveCapacity(count)
      try check(occurredAt.readInt64(count, into: &batch.occurredAt, isPresent: &isPresent), count)
    }
    if run.file.sharesTimes, occurredAt != nil {
      batch.recordedAt = batch.occurredAt
    } else if let recordedAt {
      batch.recordedAt.reserveCapacity(count)
      try check(recordedAt.readInt64(count, into: &batch.recordedAt, isPresent: &isPresent), count)
    }
  }

  private func coded(
    _ reader: ColumnReader?, _ shared: CodedStrings, _ count: Int
  ) throws -> CodedStrings {
    guard let reader else { return shared }
    var column = shared
    column.codes.reserveCapacity(count)
    if shared.isShared {
      try check(reader.readCodes(count, into: &column.codes), count)
    } else {
      var strings = ByteValues()
      try check(reader.readOwnCodes(count, into: &column.codes, strings: &strings), count)
      column.dictionary = ByteStrings(strings)
    }
    return column
  }

  private func read<Value: FixedWidthInteger & Sendable>(
    _ reader: ColumnReader?, _ column: inout OptionalIntegers<Value>, _ count: Int,
    _ body: (ColumnReader, inout [Value], inout [UInt8]) throws -> Int
  ) throws {
    guard let reader else { return }
    column.values.reserveCapacity(count)
    column.isPresent.reserveCapacity(count)
    try check(body(reader, &column.values, &column.isPresent), count)
  }
}
