import Bytes

/// Columns of a few hundred rows in raw memory, copied to the batch when full.
///
/// Appending to thirty arrays a row costs more than parsing it; writing to raw columns that stay
/// in the cache and copying them in blocks costs a few nanoseconds a row.
///
/// - Invariants: a row is written at `count` and counts only once `count` is raised, so a message
///   that turns out faulty leaves nothing behind.
struct StagedRows: ~Copyable {
  /// Rows of a full block; a constant, so that a column's place is known when compiling.
  @inline(__always) static var capacity: Int { Limits.stagedRowCount }
  var count = 0
  /// String columns that had a value so far, as bits of `IDColumn.rawValue`.
  var usedColumns: UInt32 = 0
  /// Ten columns of places: message, id, topic, source, origin, then the string columns.
  let starts: UnsafeMutablePointer<UInt32>
  let lengths: UnsafeMutablePointer<UInt32>
  /// Five columns: occurred at, recorded at, position, unit price, amount.
  let longs: UnsafeMutablePointer<Int64>
  let quantities: UnsafeMutablePointer<Int32>
  /// Four columns: presence of quantity, unit price and amount; whether there are lines.
  let flags: UnsafeMutablePointer<UInt8>
  let lineEnds: UnsafeMutablePointer<UInt32>
  /// Two columns: identity and message.
  let hashes: UnsafeMutablePointer<UInt64>

  static let textColumnCount = 5 + IDColumn.allCases.count
  static let message = 0, eventID = 1, topic = 2, source = 3, origin = 4, ids = 5
  static let occurredAt = 0, recordedAt = 1, position = 2, unitPrice = 3, amount = 4
  static let hasQuantity = 0, hasUnitPrice = 1, hasAmount = 2, hasLines = 3

  /// Columns of which no more than `rowCount` rows, and at most `capacity`, will be used.
  init(rowCount: Int) {
    let capacity = StagedRows.capacity
    starts = .allocate(capacity: capacity * StagedRows.textColumnCount)
    lengths = .allocate(capacity: capacity * StagedRows.textColumnCount)
    longs = .allocate(capacity: capacity * 5)
    quantities = .allocate(capacity: capacity)
    flags = .allocate(capacity: capacity * 4)
    lineEnds = .allocate(capacity: capacity)
    hashes = .allocate(capacity: capacity * 2)
    // Values of absent fields are copied with the rest, so no memory may stay as it was found.
    let used = min(rowCount, capacity)
    for column in 0..<StagedRows.textColumnCount {
      (starts + column * capacity).initialize(repeating: 0, count: used)
      (lengths + column * capacity).initialize(repeating: TextColumn.absent, count: used)
    }
    for column in 0..<5 { (longs + column * capacity).initialize(repeating: 0, count: used) }
    for column in 0..<4 { (flags + column * capacity).initialize(repeating: 0, count: used) }
    quantities.initialize(repeating: 0, count: used)
  }

  deinit {
    starts.deallocate()
    lengths.deallocate()
    longs.deallocate()
    quantities.deallocate()
    flags.deallocate()
    lineEnds.deallocate()
    hashes.deallocate()
  }

  /// Makes every optional column of the row at `count` absent.
  @inline(__always)
  func clearData() {
    for column in StagedRows.ids..<StagedRows.textColumnCount {
      lengths[column &* StagedRows.capacity &+ count] = TextColumn.absent
    }
    for column in 0..<4 { flags[column &* StagedRows.capacity &+ count] = 0 }
  }

  @inline(__always)
  func setText(_ column: Int, _ start: UInt32, _ length: UInt32) {
    starts[column &* StagedRows.capacity &+ count] = start
    lengths[column &* StagedRows.capacity &+ count] = length
  }

  @inline(__always)
  func setLong(_ column: Int, _ value: Int64) {
    longs[column &* StagedRows.capacity &+ count] = value
  }

  @inline(__always)
  func setFlag(_ column: Int, _ value: UInt8) {
    flags[column &* StagedRows.capacity &+ count] = value
  }

  /// Copies the rows to the end of the batch and starts anew.
  mutating func flush(to batch: inout EventBatch) {
    append(text: StagedRows.message, to: &batch.messages)
    append(text: StagedRows.eventID, to: &batch.eventID)
    append(text: StagedRows.topic, to: &batch.topic)
    append(text: StagedRows.source, to: &batch.source)
    append(text: StagedRows.origin, to: &batch.origin)
    for column in 0..<IDColumn.allCases.count {
      append(text: StagedRows.ids + column, to: &batch.ids[column])
    }
    append(longs: StagedRows.occurredAt, to: &batch.occurredAt)
    append(longs: StagedRows.recordedAt, to: &batch.recordedAt)
    append(longs: StagedRows.position, to: &batch.position)
    batch.quantity.values.append(contentsOf: block(quantities, 0))
    append(longs: StagedRows.unitPrice, to: &batch.unitPrice.values)
    append(longs: StagedRows.amount, to: &batch.amount.values)
    batch.quantity.isPresent.append(contentsOf: block(flags, StagedRows.hasQuantity))
    batch.unitPrice.isPresent.append(contentsOf: block(flags, StagedRows.hasUnitPrice))
    batch.amount.isPresent.append(contentsOf: block(flags, StagedRows.hasAmount))
    batch.hasLines.append(contentsOf: block(flags, StagedRows.hasLines))
    batch.lineStarts.append(contentsOf: block(lineEnds, 0))
    batch.identityHash.append(contentsOf: block(hashes, 0))
    batch.messageHash.append(contentsOf: block(hashes, 1))
    batch.count += count
    count = 0
  }

  private func append(text column: Int, to target: inout TextColumn) {
    target.starts.append(contentsOf: block(starts, column))
    target.lengths.append(contentsOf: block(lengths, column))
  }

  private func append(longs column: Int, to target: inout [Int64]) {
    target.append(contentsOf: block(longs, column))
  }

  private func block<Value>(
    _ columns: UnsafeMutablePointer<Value>, _ column: Int
  ) -> UnsafeBufferPointer<Value> {
    UnsafeBufferPointer(start: columns + column * StagedRows.capacity, count: count)
  }
}
