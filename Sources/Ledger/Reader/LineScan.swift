import Bytes
import Events
import Parquet

/// Reads the three columns of lines of a segment side by side.
///
/// An entry of level 3 is a value, of level 2 a null inside a line, below that a row without lines.
struct LineScan {
  private let item: ColumnReader
  private let quantity: ColumnReader
  private let unitPrice: ColumnReader
  private let path: String

  /// Nil when nobody asked for lines.
  init?(_ run: OpenSegmentRun, _ columns: EventColumnSet, from row: Int) throws {
    guard let item = try run.reader(.lineItemID, columns, from: row),
      let quantity = try run.reader(.lineQuantity, columns, from: row),
      let unitPrice = try run.reader(.lineUnitPrice, columns, from: row)
    else { return nil }
    self.item = item
    self.quantity = quantity
    self.unitPrice = unitPrice
    path = run.file.path
  }

  /// Fills a batch's lines.
  func read(_ batch: inout EventColumns, _ count: Int, _ shared: CodedStrings) throws {
    let items = try item.readLevels(count, asCodes: shared.isShared)
    let quantities = try quantity.readLevels(count)
    let prices = try unitPrice.readLevels(count)
    guard items.rowCount == count, case .int32(let counts) = quantities.values,
      case .int64(let amounts) = prices.values,
      items.definitionLevels.count == quantities.definitionLevels.count,
      items.definitionLevels.count == prices.definitionLevels.count
    else { throw LedgerError.damaged(path: path, detail: "its lines do not fit together") }
    let hasLine = items.definitionLevels.map { $0 >= 2 ? UInt8(1) : 0 }
    batch.lineStarts = starts(items.repetitionLevels, hasLine, count)
    let lineCount = Int(batch.lineStarts.last ?? 0)
    for levels in [quantities.definitionLevels, prices.definitionLevels] {
      guard levels.reduce(0, { $0 + ($1 >= 2 ? 1 : 0) }) == lineCount else {
        throw LedgerError.damaged(path: path, detail: "its lines differ from column to column")
      }
    }
    batch.lineItemID = shared
    switch items.values {
    case .codes(let codes):
      batch.lineItemID.codes = spread(
        codes, items.definitionLevels, lineCount, empty: CodedStrings.absent)
    case .strings(let strings):
      batch.lineItemID.dictionary = ByteStrings(strings)
      let codes = (0..<UInt32(strings.count)).map { $0 }
      batch.lineItemID.codes = spread(
        codes, items.definitionLevels, lineCount, empty: CodedStrings.absent)
    default: throw LedgerError.damaged(path: path, detail: "items of lines are no strings")
    }
    batch.lineQuantity = column(counts, quantities.definitionLevels, lineCount)
    batch.lineUnitPrice = column(amounts, prices.definitionLevels, lineCount)
  }

  /// Where each row's lines start, and where the last one's end.
  private func starts(_ repetitions: [UInt8], _ hasLine: [UInt8], _ count: Int) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: count + 1) { starts, filled in
      var lines: UInt32 = 0
      for entry in repetitions.indices {
        if repetitions[entry] == 0 {
          starts[filled] = lines
          filled += 1
        }
        lines &+= UInt32(hasLine[entry])
      }
      starts[filled] = lines
      filled += 1
    }
  }

  /// The values of lines, with `empty` for nulls.
  @inline(__always)
  private func spread<Value: FixedWidthInteger>(
    _ values: [Value], _ levels: [UInt8], _ lineCount: Int, empty: Value
  ) -> [Value] {
    if values.count == lineCount { return values }
    return [Value](unsafeUninitializedCapacity: lineCount) { target, filled in
      var next = 0
      for level in levels where level >= 2 {
        if level == 3 {
          target[filled] = values[next]
          next += 1
        } else {
          target[filled] = empty
        }
        filled += 1
      }
    }
  }

  @inline(__always)
  private func column<Value: FixedWidthInteger & Sendable>(
    _ values: [Value], _ levels: [UInt8], _ lineCount: Int
  ) -> OptionalIntegers<Value> {
    if values.count == lineCount {
      return OptionalIntegers(
        values: values, isPresent: [UInt8](repeating: 1, count: lineCount))
    }
    let isPresent = levels.filter { $0 >= 2 }.map { $0 == 3 ? UInt8(1) : 0 }
    return OptionalIntegers(
      values: spread(values, levels, lineCount, empty: 0), isPresent: isPresent)
  }
}
