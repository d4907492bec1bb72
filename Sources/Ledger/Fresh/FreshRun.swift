import Bytes
package import Events

/// The fresh rows as a run of events, coded while they are read.
package struct FreshRun: EventRun {
  let rows: FreshRows

  package var rowCount: Int { rows.rowCount }

  package func open(_ columns: EventColumnSet) -> any OpenEventRun { OpenFreshRun(fresh: rows) }
}

/// The fresh rows, whose batches bring their own dictionaries; all columns are always there.
private struct OpenFreshRun: OpenEventRun {
  let fresh: FreshRows

  var dictionaries: EventColumns {
    var coder = FreshCoder()
    return coder.take()
  }

  func scan(
    _ rows: Range<Int>, _ columns: EventColumnSet, _ body: (EventColumns) throws -> Void
  ) throws {
    if rows.isEmpty { return }
    var coder = FreshCoder()
    let first = fresh.firstOffset
    let offsets = first + Int64(rows.lowerBound)..<first + Int64(rows.upperBound)
    try fresh.forEachBatch(offsets) { batch, rows, first in
      if coder.columns.count + rows.count > Limits.scanRowCount, coder.columns.count > 0 {
        try body(coder.take())
      }
      coder.append(batch, rows, first)
    }
    if coder.columns.count > 0 { try body(coder.take()) }
  }
}

/// Turns rows of batches into coded columns.
private struct FreshCoder {
  private(set) var columns = EventColumns()
  private var topic = ByteCounter()
  private var source = ByteCounter()
  private var ids = Array(repeating: ByteCounter(), count: IDColumn.allCases.count)
  private var lineItem = ByteCounter()

  /// The columns so far with their dictionaries; the next rows make new ones.
  mutating func take() -> EventColumns {
    var taken = EventColumns()
    swap(&taken, &columns)
    func own(_ codes: [UInt32], _ coder: ByteCounter) -> CodedStrings {
      CodedStrings(codes: codes, dictionary: coder.strings, isShared: false)
    }
    taken.topic = own(taken.topic.codes, topic)
    taken.source = own(taken.source.codes, source)
    for index in ids.indices { taken.ids[index] = own(taken.ids[index].codes, ids[index]) }
    taken.lineItemID = own(taken.lineItemID.codes, lineItem)
    return taken
  }

  mutating func append(_ batch: EventBatch, _ rows: Range<Int>, _ first: Int64) {
    if columns.count == 0 { columns.firstLedgerOffset = first + Int64(rows.lowerBound) }
    batch.text.withUnsafeBytes { text in
      for row in rows {
        columns.eventID.bytes.append(contentsOf: bytes(text, batch.eventID, row))
        columns.eventID.offsets.append(UInt32(columns.eventID.bytes.count))
      }
      FreshCoder.append(batch.topic, rows, text, &topic, to: &columns.topic.codes)
      FreshCoder.append(batch.source, rows, text, &source, to: &columns.source.codes)
      for index in ids.indices {
        FreshCoder.append(
          batch.ids[index], rows, text, &ids[index], to: &columns.ids[index].codes)
      }
      let lines = Int(batch.lineStarts[rows.lowerBound])..<Int(batch.lineStarts[rows.upperBound])
      let before = UInt32(columns.lineItemID.codes.count) &- UInt32(lines.lowerBound)
      FreshCoder.append(batch.lineItemID, lines, text, &lineItem, to: &columns.lineItemID.codes)
      for row in rows { columns.lineStarts.append(batch.lineStarts[row + 1] &+ before) }
      FreshCoder.append(batch.lineQuantity, lines, to: &columns.lineQuantity)
      FreshCoder.append(batch.lineUnitPrice, lines, to: &columns.lineUnitPrice)
    }
    columns.occurredAt += batch.occurredAt[rows]
    columns.recordedAt += batch.recordedAt[rows]
    FreshCoder.append(batch.quantity, rows, to: &columns.quantity)
    FreshCoder.append(batch.unitPrice, rows, to: &columns.unitPrice)
    FreshCoder.append(batch.amount, rows, to: &columns.amount)
    columns.count += rows.count
  }

  private static func append(
    _ column: TextColumn, _ rows: Range<Int>, _ text: UnsafeRawBufferPointer,
    _ coder: inout ByteCounter, to codes: inout [UInt32]
  ) {
    for row in rows {
      codes.append(
        column.lengths[row] == TextColumn.absent
          ? CodedStrings.absent
          : UInt32(truncatingIfNeeded: coder.code(bytes(text, column, row))))
    }
  }

  private static func append<Value>(
    _ column: OptionalIntegers<Value>, _ rows: Range<Int>, to target: inout OptionalIntegers<Value>
  ) {
    target.values += column.values[rows]
    target.isPresent += column.isPresent[rows]
  }
}
