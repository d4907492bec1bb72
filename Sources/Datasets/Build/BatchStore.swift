import Bytes

/// A split's finished batches on disk, their columns as they lie in memory: renderings read them
/// again and again, and each time costs little more than copying.
///
/// - Cost: memory of one batch; about 70 bytes an interaction on disk.
final class BatchStore {
  private let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  /// Appends batches that `ColumnWriter` wrote.
  func append(framed bytes: [UInt8]) throws { try spool.append(framed: bytes) }

  func finish() throws { try spool.finish() }

  /// - Shape: the columns are those of the batches that were appended.
  func forEach(
    _ columns: [DatasetColumn], _ interactionColumns: [DatasetColumn],
    _ body: (ExampleBatch) throws -> Void
  ) throws {
    let reader = try spool.reader()
    while try reader.next({ record in
      var columnReader = ColumnReader(record)
      try body(columnReader.batch(columns, interactionColumns))
    }) {}
  }
}

/// Appends whole columns to bytes: a count of 8 bytes, then the values as they are.
struct ColumnWriter: ~Copyable {
  private var columns = ByteWriter(capacity: Limits.blockByteCount)
  private var framed = ByteWriter(capacity: Limits.blockByteCount)

  /// The batches since `removeAll`, each with its length before it.
  var bytes: [UInt8] { framed.bytes }

  mutating func removeAll() { framed.removeAll() }

  private mutating func put<Value: BitwiseCopyable>(_ values: [Value]) {
    withUnsafeBytes(of: values.count) { columns.put(raw: $0) }
    values.withUnsafeBytes { columns.put(raw: $0) }
  }

  private mutating func put(_ strings: ByteStrings) {
    put(strings.bytes)
    put(strings.offsets)
  }

  private mutating func put(_ column: OptionalIntegers<Int64>) {
    put(column.values)
    put(column.isPresent)
  }

  private mutating func put(_ column: ColumnValues) {
    switch column {
    case .integer(let column): put(column)
    case .real(let values): put(values)
    case .text(let column):
      put(column.strings)
      put(column.isPresent)
    }
  }

  mutating func put(_ batch: ExampleBatch) {
    columns.removeAll()
    put(batch.starts)
    put(batch.row)
    put(batch.user)
    put(batch.userWord)
    put(batch.unit)
    for column in batch.columns { put(column) }
    put(batch.item)
    put(batch.action)
    put(batch.time)
    put(batch.weight)
    put(batch.quantity)
    put(batch.unitPrice)
    put(batch.amount)
    put(batch.basket)
    put(batch.isTarget)
    for column in batch.interactionColumns { put(column) }
    put(batch.negativeStarts)
    put(batch.negatives)
    framed.put(record: columns)
  }
}

/// Reads what `ColumnWriter` wrote.
private struct ColumnReader {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  /// - Shape: the bytes outlive the reader.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private mutating func values<Value: BitwiseCopyable>(_ type: Value.Type) -> [Value] {
    let size = MemoryLayout<Int>.size
    precondition(bytes.count - place >= size, "a batch on disk ends early")
    let count = bytes.loadUnaligned(fromByteOffset: place, as: Int.self)
    place += size
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
    precondition(
      count >= 0 && !overflow && byteCount <= bytes.count - place, "a batch on disk ends early")
    defer { place += byteCount }
    guard count > 0 else { return [] }
    return [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[place..<place + byteCount]))
      initialized = count
    }
  }

  private mutating func strings() -> ByteStrings {
    ByteStrings(bytes: values(UInt8.self), offsets: values(UInt32.self))
  }

  private mutating func integers() -> OptionalIntegers<Int64> {
    OptionalIntegers(values: values(Int64.self), isPresent: values(UInt8.self))
  }

  private mutating func column(_ kind: DatasetColumn.Kind) -> ColumnValues {
    switch ColumnValues(kind) {
    case .integer: return .integer(integers())
    case .real: return .real(values(Double.self))
    case .text:
      var texts = DatasetTexts()
      texts.strings = strings()
      texts.isPresent = values(UInt8.self)
      return .text(texts)
    }
  }

  mutating func batch(
    _ columns: [DatasetColumn], _ interactionColumns: [DatasetColumn]
  ) -> ExampleBatch {
    var batch = ExampleBatch([], [])
    batch.starts = values(Int.self)
    batch.row = values(Int64.self)
    batch.user = values(Int32.self)
    batch.userWord = strings()
    batch.unit = values(Int64.self)
    for column in columns { batch.columns.append(self.column(column.kind)) }
    batch.item = values(Int32.self)
    batch.action = values(UInt8.self)
    batch.time = values(Int64.self)
    batch.weight = values(Float.self)
    batch.quantity = integers()
    batch.unitPrice = integers()
    batch.amount = integers()
    batch.basket = values(Int32.self)
    batch.isTarget = values(UInt8.self)
    for column in interactionColumns { batch.interactionColumns.append(self.column(column.kind)) }
    batch.negativeStarts = values(Int.self)
    batch.negatives = values(Int32.self)
    return batch
  }
}
