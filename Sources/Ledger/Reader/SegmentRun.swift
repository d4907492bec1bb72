import Bytes
package import Events
import Bytes
import Parquet

/// A segment as a run of events: a scan decodes its columns page by page.
///
/// - Cost: memory of a batch of 65,536 rows, the dictionaries and one page a column.
package struct SegmentRun: EventRun {
  package let record: SegmentRecord
  let open: @Sendable () throws -> SegmentFile

  package var rowCount: Int { record.rowCount }

  package func scan(
    _ body: (_ batch: EventColumns, _ dictionaryGeneration: Int) throws -> Void
  ) throws {
    var scan = try SegmentScan(try open())
    while let batch = try scan.next() { try body(batch, scan.dictionaryGeneration) }
  }
}

/// Reads the columns of a segment side by side.
///
/// A coded column's dictionary is handed over anew only when it has grown, which is told by the
/// generation; usually it is whole from the first batch on.
struct SegmentScan {
  private let file: SegmentFile
  private var coded: [CodedColumn] = []
  private let eventID: ColumnReader
  private let occurredAt: ColumnReader
  private let recordedAt: ColumnReader
  private let quantity: ColumnReader
  private let unitPrice: ColumnReader
  private let amount: ColumnReader
  private let lineQuantity: ColumnReader
  private let lineUnitPrice: ColumnReader
  private let lineItemID: ColumnReader
  private var lineItems = ByteStrings()
  private(set) var dictionaryGeneration = 0
  private var row = 0

  /// A column of strings. One whose pages are not all dictionary-coded is coded while it is read,
  /// and read whole at first, so that its dictionary stands from the first batch on.
  private struct CodedColumn {
    let reader: ColumnReader
    var dictionary = ByteStrings()
    var codes: [UInt32]?
  }

  init(_ file: SegmentFile) throws {
    self.file = file
    eventID = try file.column(.eventID)
    occurredAt = try file.column(.occurredAt)
    recordedAt = try file.column(.recordedAt)
    quantity = try file.column(.quantity)
    unitPrice = try file.column(.unitPrice)
    amount = try file.column(.amount)
    lineQuantity = try file.column(.lineQuantity)
    lineUnitPrice = try file.column(.lineUnitPrice)
    lineItemID = try file.column(.lineItemID)
    let columns: [SegmentColumn] = [.topic, .source] + IDColumn.allCases.map { .id($0) }
    for column in columns {
      var entry = CodedColumn(reader: try file.column(column))
      if !file.isDictionaryCoded(column) {
        var codes: [UInt32] = []
        codes.reserveCapacity(file.record.rowCount)
        try check(entry.reader.readCodes(file.record.rowCount, into: &codes), file.record.rowCount)
        entry.codes = codes
      }
      coded.append(entry)
    }
  }

  /// The next rows, or nil at the end.
  mutating func next() throws -> EventColumns? {
    let count = min(Limits.scanRowCount, file.record.rowCount - row)
    guard count > 0 else { return nil }
    var batch = EventColumns()
    batch.count = count
    batch.firstLedgerOffset = file.record.firstOffset + Int64(row)
    var ids = ByteValues()
    var isPresent: [UInt8] = []
    try check(eventID.readBytes(count, into: &ids, isPresent: &isPresent), count)
    batch.eventID = ByteStrings(bytes: ids.bytes, offsets: ids.offsets)
    try check(occurredAt.readInt64(count, into: &batch.occurredAt, isPresent: &isPresent), count)
    try check(recordedAt.readInt64(count, into: &batch.recordedAt, isPresent: &isPresent), count)
    try readCoded(&batch, count)
    try check(
      quantity.readInt32(
        count, into: &batch.quantity.values, isPresent: &batch.quantity.isPresent), count)
    try check(
      unitPrice.readInt64(
        count, into: &batch.unitPrice.values, isPresent: &batch.unitPrice.isPresent), count)
    try check(
      amount.readInt64(
        count, into: &batch.amount.values, isPresent: &batch.amount.isPresent), count)
    try readLines(&batch, count)
    row += count
    return batch
  }

  private func check(_ got: Int, _ wanted: Int) throws {
    guard got == wanted else {
      throw LedgerError.damaged(
        path: file.path, detail: "a column ends at row \(row + got) of \(file.record.rowCount)")
    }
  }

  private mutating func readCoded(_ batch: inout EventColumns, _ count: Int) throws {
    var hasGrown = false
    for index in coded.indices {
      var codes: [UInt32] = []
      if let all = coded[index].codes {
        codes = Array(all[row..<row + count])
      } else {
        codes.reserveCapacity(count)
        try check(coded[index].reader.readCodes(count, into: &codes), count)
      }
      if let grown = grown(coded[index].reader, coded[index].dictionary) {
        coded[index].dictionary = grown
        hasGrown = true
      }
      let column = CodedStrings(codes: codes, dictionary: coded[index].dictionary)
      switch index {
      case 0: batch.topic = column
      case 1: batch.source = column
      default: batch.ids[index - 2] = column
      }
    }
    if hasGrown { dictionaryGeneration += 1 }
  }

  /// The reader's dictionary when it holds more than the one known.
  private func grown(_ reader: ColumnReader, _ known: ByteStrings) -> ByteStrings? {
    let values = reader.codeDictionary
    guard values.count > known.count else { return nil }
    return ByteStrings(bytes: values.bytes, offsets: values.offsets)
  }

  private mutating func readLines(_ batch: inout EventColumns, _ count: Int) throws {
    let items = try lineItemID.readLevels(count, asCodes: true)
    let quantities = try lineQuantity.readLevels(count)
    let prices = try lineUnitPrice.readLevels(count)
    try check(items.rowCount, count)
    guard case .codes(let codes) = items.values, case .int32(let counts) = quantities.values,
      case .int64(let amounts) = prices.values,
      items.definitionLevels.count == quantities.definitionLevels.count,
      items.definitionLevels.count == prices.definitionLevels.count
    else { throw LedgerError.damaged(path: file.path, detail: "its lines do not fit together") }
    if let grown = grown(lineItemID, lineItems) {
      lineItems = grown
      dictionaryGeneration += 1
    }
    batch.lineStarts.reserveCapacity(count + 1)
    batch.lineStarts.removeAll(keepingCapacity: true)
    var lineCount: UInt32 = 0
    var next = (code: 0, quantity: 0, price: 0)
    for (entry, level) in items.definitionLevels.enumerated() {
      if items.repetitionLevels[entry] == 0 { batch.lineStarts.append(lineCount) }
      guard level >= 2 else { continue }
      lineCount += 1
      batch.lineItemID.codes.append(level == 3 ? codes[next.code] : CodedStrings.absent)
      next.code += level == 3 ? 1 : 0
      let hasQuantity = quantities.definitionLevels[entry] == 3
      batch.lineQuantity.append(hasQuantity ? counts[next.quantity] : nil)
      next.quantity += hasQuantity ? 1 : 0
      let hasPrice = prices.definitionLevels[entry] == 3
      batch.lineUnitPrice.append(hasPrice ? amounts[next.price] : nil)
      next.price += hasPrice ? 1 : 0
    }
    batch.lineStarts.append(lineCount)
    batch.lineItemID.dictionary = lineItems
  }
}
