import Bytes
import Events
import Parquet

/// Which rows of a batch go to a segment.
struct RowSelection: Sendable {
  /// Indices of rows, ascending; nil for all rows of the batch.
  var rows: [UInt32]?
  var count: Int
  /// The ledger offset of the first of them.
  var firstOffset: Int64
  /// The origin of rows that name none.
  var origin: [UInt8]
}

/// Feeds one column of an open segment, and counts what the catalog wants to know of it.
///
/// - Concurrency: `@unchecked`: one task at a time; different lanes of a segment on different
///   threads at once.
final class SegmentLane: @unchecked Sendable {
  let column: SegmentColumn
  let writer: ColumnChunkWriter
  private(set) var range: ClosedRange<Int64>?
  private(set) var topics = ByteCounter()
  private(set) var origins = OriginCounter()
  private var offsets: [Int64] = []

  init(_ column: SegmentColumn, _ options: ColumnOptions) throws(ParquetError) {
    self.column = column
    writer = try ColumnChunkWriter(SegmentSchema.schema.columns[column.index], options)
  }

  func append(_ batch: EventBatch, _ selection: RowSelection) throws {
    switch column {
    case .eventID: try append(batch.eventID, batch, selection)
    case .topic:
      try append(batch.topic, batch, selection)
      topics.count(batch.topic, batch.text, selection)
    case .source: try append(batch.source, batch, selection)
    case .occurredAt: try append(times: batch.occurredAt, selection)
    case .recordedAt: try append(times: batch.recordedAt, selection)
    case .origin: try appendOrigins(batch, selection)
    case .position: try append(batch.position, selection)
    case .ledgerOffset: try appendOffsets(selection)
    case .id(let id): try append(batch.ids[id.rawValue], batch, selection)
    case .quantity: try append(batch.quantity, selection)
    case .unitPrice: try append(batch.unitPrice, selection)
    case .amount: try append(batch.amount, selection)
    case .lineItemID, .lineQuantity, .lineUnitPrice: try appendLines(batch, selection)
    case .message: try append(batch.messages, batch, selection)
    }
  }

  private func append(
    _ column: TextColumn, _ batch: EventBatch, _ selection: RowSelection
  ) throws {
    try batch.text.withUnsafeBytes { text in
      try column.starts.withUnsafeBufferPointer { starts in
        try column.lengths.withUnsafeBufferPointer { lengths in
          try withSelection(selection) { rows in
            try writer.append(text: text, starts: starts, lengths: lengths, selection: rows)
          }
        }
      }
    }
  }

  private func append(_ values: [Int64], _ selection: RowSelection) throws {
    try values.withUnsafeBufferPointer { values in
      try withSelection(selection) { rows in
        try writer.append(int64: values, selection: rows)
      }
    }
  }

  private func append(times: [Int64], _ selection: RowSelection) throws {
    try append(times, selection)
    var low = range?.lowerBound ?? .max
    var high = range?.upperBound ?? .min
    forEachRow(selection) { row in
      low = min(low, times[row])
      high = max(high, times[row])
    }
    if low <= high { range = low...high }
  }

  private func append(_ column: OptionalIntegers<Int32>, _ selection: RowSelection) throws {
    try column.values.withUnsafeBufferPointer { values in
      try column.isPresent.withUnsafeBufferPointer { presence in
        try withSelection(selection) { rows in
          try writer.append(int32: values, presence: presence, selection: rows)
        }
      }
    }
  }

  private func append(_ column: OptionalIntegers<Int64>, _ selection: RowSelection) throws {
    try column.values.withUnsafeBufferPointer { values in
      try column.isPresent.withUnsafeBufferPointer { presence in
        try withSelection(selection) { rows in
          try writer.append(int64: values, presence: presence, selection: rows)
        }
      }
    }
  }

  private func appendOffsets(_ selection: RowSelection) throws {
    offsets.removeAll(keepingCapacity: true)
    for row in 0..<selection.count { offsets.append(selection.firstOffset + Int64(row)) }
    try offsets.withUnsafeBufferPointer { values in try writer.append(int64: values) }
  }

  /// Rows without an origin of their own take the selection's; its bytes stand behind theirs.
  private func appendOrigins(_ batch: EventBatch, _ selection: RowSelection) throws {
    var text: [UInt8] = []
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
    starts.reserveCapacity(selection.count)
    lengths.reserveCapacity(selection.count)
    text += selection.origin
    forEachRow(selection) { row in
      let length = batch.hasOwnOrigins ? batch.origin.lengths[row] : TextColumn.absent
      if length == TextColumn.absent {
        starts.append(0)
        lengths.append(UInt32(selection.origin.count))
        return
      }
      let start = Int(batch.origin.starts[row])
      starts.append(UInt32(text.count))
      lengths.append(length)
      text += batch.text[start..<start + Int(length)]
    }
    try text.withUnsafeBytes { text in
      try starts.withUnsafeBufferPointer { starts in
        try lengths.withUnsafeBufferPointer { lengths in
          try writer.append(text: text, starts: starts, lengths: lengths)
        }
      }
    }
    origins.count(text, starts, lengths, batch, selection)
  }
}

/// Calls `body` with every row of a selection, in order.
@inline(__always)
func forEachRow(_ selection: RowSelection, _ body: (Int) throws -> Void) rethrows {
  if let rows = selection.rows {
    for row in rows { try body(Int(row)) }
  } else {
    for row in 0..<selection.count { try body(row) }
  }
}

func withSelection(
  _ selection: RowSelection, _ body: (UnsafeBufferPointer<UInt32>?) throws -> Void
) throws {
  guard let rows = selection.rows else { return try body(nil) }
  try rows.withUnsafeBufferPointer { try body($0) }
}
