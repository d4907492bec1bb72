import Events
import Parquet

/// The serial part of an append: decides for every row, in order of arrival, whether it is new, and
/// gives the new ones their places.
///
/// It owns the open segment's table while it works, so that the loop touches no class property.
struct RowPlanner {
  let options: LedgerWriterOptions
  let messageCompressor: (any PageCompressor)?
  /// Segments that are full but not yet sealed; their rows are found in their own tables.
  private(set) var sealing: [OpenSegment]
  private(set) var current: OpenSegment
  private(set) var steps: [AppendStep] = []
  private(set) var counts = AppendCounts()
  /// Rows whose identity is taken by another message: batch and row.
  private(set) var conflicts: [(batch: Int, row: Int)] = []

  init(
    _ options: LedgerWriterOptions, _ messageCompressor: (any PageCompressor)?,
    current: OpenSegment, sealing: [OpenSegment]
  ) {
    self.options = options
    self.messageCompressor = messageCompressor
    self.current = current
    self.sealing = sealing
  }

  /// Plans a batch.
  ///
  /// - Shape: `verdicts` are those of sealed rows, ascending by row; a row without one is not in
  ///   any sealed segment.
  mutating func plan(
    _ batch: EventBatch, index: Int, origin: [UInt8], verdicts: [Verdict]
  ) throws {
    var row = 0
    var nextVerdict = verdicts.startIndex
    while row < batch.count {
      let taken = takeRows(batch, index, from: row, verdicts, &nextVerdict)
      if taken.selection.count > 0 {
        steps.append(
          AppendStep(
            segment: current, batch: index,
            selection: selection(taken.selection, batch, from: row, to: taken.end, origin)))
        counts.accepted += taken.selection.count
      }
      row = taken.end
      if isFull { try startSegment() }
    }
  }

  private func selection(
    _ rows: [UInt32], _ batch: EventBatch, from first: Int, to end: Int, _ origin: [UInt8]
  ) -> RowSelection {
    let isWhole = rows.count == batch.count
    return RowSelection(
      rows: isWhole ? nil : rows, count: rows.count,
      firstOffset: current.endOffset - Int64(rows.count), origin: origin)
  }

  private var isFull: Bool {
    current.rowCount >= options.segmentRowCount
      || current.messageByteCount >= options.segmentMessageByteCount
  }

  private mutating func startSegment() throws {
    let next = try OpenSegment(
      firstOffset: current.endOffset, options: options, messageCompressor: messageCompressor,
      expectedRowCount: current.rowCount)
    sealing.append(current)
    current = next
  }

  /// Takes rows until the batch or the open segment ends.
  private mutating func takeRows(
    _ batch: EventBatch, _ batchIndex: Int, from first: Int, _ verdicts: [Verdict],
    _ nextVerdict: inout Int
  ) -> (selection: [UInt32], end: Int) {
    let segment = current
    var table = OpenRowTable(minimumCapacity: 0)
    swap(&table, &segment.table)
    var messageBytes = segment.messageByteCount
    var rows: [UInt32] = []
    rows.reserveCapacity(batch.count - first)
    var row = first
    while row < batch.count, table.count < options.segmentRowCount,
      messageBytes < options.segmentMessageByteCount
    {
      if row & 63 == 0 {
        let next = batch.identityHash[row..<min(row + 64, batch.count)]
        table.prefetch(next)
        for segment in sealing { segment.table.prefetch(next) }
      }
      let outcome = self.outcome(batch, row, verdicts, &nextVerdict, &table)
      switch outcome {
      case .new:
        rows.append(UInt32(truncatingIfNeeded: row))
        messageBytes += Int(batch.messages.lengths[row])
      case .redelivered: counts.redelivered += 1
      case .conflict:
        counts.conflicts += 1
        conflicts.append((batchIndex, row))
      }
      row += 1
    }
    swap(&table, &segment.table)
    segment.messageByteCount = messageBytes
    return (rows, row)
  }

  @inline(__always)
  private func outcome(
    _ batch: EventBatch, _ row: Int, _ verdicts: [Verdict], _ nextVerdict: inout Int,
    _ table: inout OpenRowTable
  ) -> OpenRowTable.Outcome {
    if nextVerdict < verdicts.count, verdicts[nextVerdict].row == row {
      defer { nextVerdict += 1 }
      return verdicts[nextVerdict].isSameMessage ? .redelivered : .conflict
    }
    let identity = batch.identityHash[row]
    let message = batch.messageHash[row]
    for segment in sealing {
      let outcome = segment.table.find(identity: identity, message: message)
      if outcome != .new { return outcome }
    }
    return table.insert(identity: identity, message: message)
  }
}

/// A row of a batch whose identity a sealed row has.
struct Verdict: Equatable {
  var row: Int
  var isSameMessage: Bool
}
