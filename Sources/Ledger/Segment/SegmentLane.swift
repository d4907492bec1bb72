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

  /// - Shape: `batch` stays where it is until this returns.
  func append(_ batch: UnsafePointer<EventBatch>, _ selection: RowSelection) throws {
    switch column {
    case .eventID: try append(batch.pointee.eventID, batch, selection)
    case .topic:
      try append(batch.pointee.topic, batch, selection)
      topics.count(batch.pointee.topic, batch.pointee.text, selection)
    case .source: try append(batch.pointee.source, batch, selection)
    case .occurredAt: try append(times: batch.pointee.occurredAt, selection)
    case .recordedAt: try append(times: batch.pointee.recordedAt, selection)
    case .origin: try appendOrigins(batch, selection)
    case .position: try append(batch.pointee.position, selection)
    case .ledgerOffset: try appendOffsets(selection)
    case .id(let id):
      if batch.pointee.emptyColumns & 1 << UInt32(id.rawValue) != 0 {
        try writer.append(nullCount: selection.count)
      } else {
        try append(batch.pointee.ids[id.rawValue], batch, selection)
      }
    case .quantity: try append(batch.pointee.quantity, selection)
    case .unitPrice: try append(batch.pointee.unitPrice, selection)
    case .amount: try append(batch.pointee.amount, selection)
    case .lineItemID, .lineQuantity, .lineUnitPrice: try appendLines(batch, selection)
    case .message: try append(batch.pointee.messages, batch, selection)
    }
  }

  private func append(
    _ column: TextColumn, _ batch: UnsafePointer<EventBatch>, _ selection: RowSelection
  ) throws {
    try batch.pointee.text.withUnsafeBytes { text in
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

  private func appendOrigins(
    _ batch: UnsafePointer<EventBatch>, _ selection: RowSelection
  ) throws {
    guard batch.pointee.hasOwnOrigins else {
      try selection.origin.withUnsafeBytes {
        try writer.append(repeating: $0, count: selection.count)
      }
      origins.count(selection.origin, batch.pointee.position, selection)
      return
    }
    try appendOwnOrigins(batch.pointee, selection)
  }

  /// Rows without an origin of their own take the selection's; its bytes stand before theirs.
  private func appendOwnOrigins(_ batch: EventBatch, _ selection: RowSelection) throws {
    var text: [UInt8] = []
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
    starts.reserveCapacity(selection.count)
    lengths.reserveCapacity(selection.count)
    text += selection.origin
    forEachRow(selection) { row in
      let length = batch.origin.lengths[row]
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
    origins.count(text, starts, lengths, batch.position, selection)
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
