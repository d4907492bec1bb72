import Bytes
import Events

// One event as the kept state holds it, so that it can be computed with again:
//
//   4  byte count of the whole record     4  component, as of the writing
//   4  which fields follow                8  occurred at, then recorded at (8) where it differs
//   topic, source, event id, the id columns present in their order, quantity, unit price, amount,
//   lines
//
// A string is its length as a varint, then its bytes. Topic, source, channel, campaign and currency
// are the code of a shared string + 1, or 0 and then a string.

/// Fields of a kept event: the bits of `IDColumn.rawValue`, then these.
enum KeptField {
  static let quantity: UInt32 = 1 << 16
  static let unitPrice: UInt32 = 1 << 17
  static let amount: UInt32 = 1 << 18
  static let lines: UInt32 = 1 << 19
  static let recordedAt: UInt32 = 1 << 20

  /// The columns of ids that sequences depend on.
  static let ids: [IDColumn] = [
    .visitorID, .customerID, .cartID, .orderID, .paymentID, .itemID, .channel, .campaignID,
    .currency,
  ]
  static let headerByteCount = 20
  static let componentOffset = 4

  /// Their raw values, and whether their strings are shared: asked once, for hot loops.
  static let columns: [(index: Int, isShared: Bool)] = ids.map {
    ($0.rawValue, $0 == .channel || $0 == .campaignID || $0 == .currency)
  }
  static let customerIndex = IDColumn.customerID.rawValue
  static let cartIndex = IDColumn.cartID.rawValue
  static let orderIndex = IDColumn.orderID.rawValue
}

/// Codes of a run's or batch's dictionaries among the shared strings of the kept state, and the
/// components of its ids.
struct KeptCodes: Sendable {
  var topics: [UInt32] = []
  var sources: [UInt32] = []
  /// By the raw value of a column of ids, for those whose strings are shared.
  var others: [[UInt32]] = Array(repeating: [], count: IDColumn.allCases.count)
  var visitors: [UInt32] = []
  var customers: [UInt32] = []
  var carts: [UInt32] = []
  var orders: [UInt32] = []

  /// The component of a row, or nil where it names no id.
  @inline(__always)
  func component(_ batch: BatchPointers, _ row: Int) -> UInt32? {
    let visitor = batch[.visitorID].codes[row]
    if visitor != CodedStrings.absent { return visitors[Int(visitor)] }
    let order = batch[.orderID].codes[row]
    if order != CodedStrings.absent { return orders[Int(order)] }
    let customer = batch[.customerID].codes[row]
    if customer != CodedStrings.absent { return customers[Int(customer)] }
    let cart = batch[.cartID].codes[row]
    return cart == CodedStrings.absent ? nil : carts[Int(cart)]
  }
}

/// Writes rows of a batch as kept events.
struct KeptEventWriter {
  let batch: BatchPointers
  let codes: KeptCodes
  private let columns = KeptField.columns

  init(batch: BatchPointers, codes: KeptCodes) {
    self.batch = batch
    self.codes = codes
  }

  func write(_ row: Int, component: UInt32, _ out: inout ByteCursor) {
    let start = out.count
    let id = batch.eventID(row)
    out.reserve(KeptField.headerByteCount + 8 + id.count + 10)
    out.put(raw: UInt32(0))
    out.put(raw: component)
    out.put(raw: UInt32(0))
    out.put(raw: batch.occurredAt[row])
    var fields: UInt32 = 0
    if batch.recordedAt[row] != batch.occurredAt[row] {
      fields |= KeptField.recordedAt
      out.put(raw: batch.recordedAt[row])
    }
    put(batch.topic, codes.topics, batch.topic.codes[row], &out)
    put(batch.source, codes.sources, batch.source.codes[row], &out)
    put(id, &out)
    for column in columns {
      let pointers = batch[ids: column.index]
      let code = pointers.codes[row]
      if code == CodedStrings.absent { continue }
      fields |= 1 << UInt32(column.index)
      if column.isShared {
        put(pointers, codes.others[column.index], code, &out)
      } else {
        put(pointers.text(code), &out)
      }
    }
    putNumbers(row, &fields, &out)
    let base = UnsafeMutableRawPointer(out.base + start)
    base.storeBytes(of: UInt32(truncatingIfNeeded: out.count - start), as: UInt32.self)
    base.storeBytes(of: fields, toByteOffset: 8, as: UInt32.self)
  }

  private func putNumbers(_ row: Int, _ fields: inout UInt32, _ out: inout ByteCursor) {
    out.reserve(40)
    if let quantity = batch.quantity[row] {
      fields |= KeptField.quantity
      out.put(zigzag: Int64(quantity))
    }
    if let price = batch.unitPrice[row] {
      fields |= KeptField.unitPrice
      out.put(zigzag: price)
    }
    if let amount = batch.amount[row] {
      fields |= KeptField.amount
      out.put(zigzag: amount)
    }
    let lines = Int(batch.lineStarts[row])..<Int(batch.lineStarts[row + 1])
    if lines.isEmpty { return }
    fields |= KeptField.lines
    out.put(varint: UInt64(lines.count))
    for line in lines {
      let item = batch.lineItem.codes[line]
      let quantity = batch.lineQuantity[line]
      let price = batch.lineUnitPrice[line]
      out.reserve(32)
      out.put(
        (item == CodedStrings.absent ? 0 : 1) | (quantity == nil ? 0 : 2) | (price == nil ? 0 : 4))
      if item != CodedStrings.absent { put(batch.lineItem.text(item), &out) }
      out.reserve(24)
      if let quantity { out.put(zigzag: Int64(quantity)) }
      if let price { out.put(zigzag: price) }
    }
  }

  @inline(__always)
  private func put(_ text: (start: UnsafePointer<UInt8>, count: Int), _ out: inout ByteCursor) {
    out.reserve(text.count + 10)
    out.put(varint: UInt64(text.count))
    out.put(exact: text.start, text.count)
  }

  @inline(__always)
  private func put(
    _ column: ColumnPointers, _ shared: [UInt32], _ code: UInt32, _ out: inout ByteCursor
  ) {
    out.reserve(10)
    let known = shared[Int(code)]
    if known != InternTable.absent {
      out.put(varint: UInt64(known) + 1)
    } else {
      out.put(0)
      put(column.text(code), &out)
    }
  }
}

/// Turns kept events into columns again, to be computed with like any others.
struct KeptEventReader {
  private var columns = EventColumns()
  private(set) var runs: [any EventRun] = []
  private(set) var rowCount = 0
  /// The effective time of each row.
  private(set) var times: [Int64] = []
  /// The only customer that records are to name, while it is asked whether they do.
  private var expected = UnsafeRawBufferPointer(start: nil, count: 0)
  private var isAsked = false
  private(set) var namesAnother = false
  private let customerIndex = KeptField.customerIndex
  private var textByteCount = 0
  private let idColumns = KeptField.columns
  private let strings: TableView
  private var topics: KeptStringCoder
  private var sources: KeptStringCoder
  /// By column, for those that are shared.
  private var others: [KeptStringCoder]

  /// - Shape: `strings` are the kept state's shared ones.
  init(_ strings: TableView, count: Int) {
    self.strings = strings
    topics = KeptStringCoder(count)
    sources = topics
    others = IDColumn.allCases.map { _ in KeptStringCoder(0) }
    for column in idColumns where column.isShared { others[column.index] = topics }
    begin()
  }

  /// Asks whether records name another customer than this one, or any where it is nil.
  mutating func expect(_ customer: UnsafeRawBufferPointer?) {
    expected = customer ?? UnsafeRawBufferPointer(start: nil, count: 0)
    isAsked = true
    namesAnother = false
  }

  /// Ends the asking.
  mutating func expectAny() { isAsked = false }

  private mutating func begin() {
    columns = EventColumns()
    textByteCount = 0
    columns.firstLedgerOffset = Int64(rowCount)
    columns.topic.isShared = false
    columns.source.isShared = false
    columns.lineItemID.isShared = false
    for index in columns.ids.indices { columns.ids[index].isShared = false }
  }

  /// Ends the last batch.
  mutating func finish() {
    if columns.count == 0 { return }
    runs.append(KeptRows(columns: columns))
    topics.forget()
    sources.forget()
    for index in others.indices { others[index].forget() }
    begin()
  }

  /// Takes in a record that `KeptEventWriter` wrote; gives its length.
  mutating func append(_ record: UnsafePointer<UInt8>) -> Int {
    var cursor = RecordCursor(record)
    let byteCount = Int(cursor.raw(UInt32.self))
    _ = cursor.raw(UInt32.self)
    let fields = cursor.raw(UInt32.self)
    let occurredAt = cursor.raw(Int64.self)
    columns.occurredAt.append(occurredAt)
    let recordedAt = fields & KeptField.recordedAt == 0 ? occurredAt : cursor.raw(Int64.self)
    columns.recordedAt.append(recordedAt)
    times.append(effectiveTime(occurredAt: occurredAt, recordedAt: recordedAt))
    topics.append(&cursor, strings, to: &columns.topic)
    sources.append(&cursor, strings, to: &columns.source)
    appendText(cursor.bytes(cursor.varint()), to: &columns.eventID)
    for (index, isShared) in idColumns {
      if fields & 1 << UInt32(index) == 0 {
        columns.ids[index].codes.append(CodedStrings.absent)
      } else if isShared {
        others[index].append(&cursor, strings, to: &columns.ids[index])
      } else {
        let text = cursor.bytes(cursor.varint())
        if isAsked && index == customerIndex && !equalBytes(text, expected) { namesAnother = true }
        appendOwn(text, to: &columns.ids[index])
      }
    }
    let quantity = fields & KeptField.quantity == 0 ? nil : cursor.zigzag()
    appendNumber(quantity.map { Int32(truncatingIfNeeded: $0) }, to: &columns.quantity)
    appendNumber(fields & KeptField.unitPrice == 0 ? nil : cursor.zigzag(), to: &columns.unitPrice)
    appendNumber(fields & KeptField.amount == 0 ? nil : cursor.zigzag(), to: &columns.amount)
    if fields & KeptField.lines != 0 { appendLines(&cursor) }
    columns.lineStarts.append(UInt32(truncatingIfNeeded: columns.lineItemID.codes.count))
    columns.count += 1
    rowCount += 1
    textByteCount += byteCount
    if columns.count == Limits.keptColumnsRowCount || textByteCount > Limits.keptColumnsByteCount {
      finish()
    }
    return byteCount
  }

  private mutating func appendLines(_ cursor: inout RecordCursor) {
    for _ in 0..<cursor.varint() {
      let bits = cursor.byte()
      if bits & 1 == 0 {
        columns.lineItemID.codes.append(CodedStrings.absent)
      } else {
        appendOwn(cursor.bytes(cursor.varint()), to: &columns.lineItemID)
      }
      let quantity = bits & 2 == 0 ? nil : cursor.zigzag()
      appendNumber(quantity.map { Int32(truncatingIfNeeded: $0) }, to: &columns.lineQuantity)
      appendNumber(bits & 4 == 0 ? nil : cursor.zigzag(), to: &columns.lineUnitPrice)
    }
  }
}

// Like the methods of these types, which are generic or beyond a border of targets, and so slower.

@inline(__always)
private func appendText(_ text: UnsafeRawBufferPointer, to strings: inout ByteStrings) {
  strings.bytes.append(contentsOf: text)
  strings.offsets.append(UInt32(truncatingIfNeeded: strings.bytes.count))
}

@inline(__always)
private func appendOwn(_ text: UnsafeRawBufferPointer, to column: inout CodedStrings) {
  let count = column.dictionary.offsets.count - 1
  // Events lie by component, so that an id mostly is the one before, and is looked up once.
  if count > 0 && isLast(text, of: column.dictionary, count) {
    column.codes.append(UInt32(truncatingIfNeeded: count - 1))
    return
  }
  column.codes.append(UInt32(truncatingIfNeeded: count))
  appendText(text, to: &column.dictionary)
}

@inline(__always)
private func isLast(
  _ text: UnsafeRawBufferPointer, of strings: ByteStrings, _ count: Int
) -> Bool {
  let start = Int(strings.offsets[count - 1])
  guard strings.bytes.count - start == text.count else { return false }
  return strings.bytes.withUnsafeBytes {
    equalBytes(UnsafeRawBufferPointer(rebasing: $0[start...]), text)
  }
}

@inline(__always)
private func appendNumber<Value: FixedWidthInteger>(
  _ value: Value?, to column: inout OptionalIntegers<Value>
) {
  column.values.append(value ?? 0)
  column.isPresent.append(value == nil ? 0 : 1)
}

/// Gives shared strings codes of a batch's own dictionary.
private struct KeptStringCoder {
  /// By shared string: the batch that it occurred in last in the upper half, its code there below.
  private var known: [UInt64]
  private var stamp: UInt64 = 1

  init(_ count: Int) { known = Array(repeating: 0, count: count) }

  mutating func forget() { stamp += 1 }

  mutating func append(
    _ cursor: inout RecordCursor, _ strings: TableView, to column: inout CodedStrings
  ) {
    let code = cursor.varint() - 1
    if code < 0 { return appendOwn(cursor.bytes(cursor.varint()), to: &column) }
    if known[code] >> 32 == stamp {
      column.codes.append(UInt32(truncatingIfNeeded: known[code]))
      return
    }
    known[code] = stamp << 32 | UInt64(column.dictionary.offsets.count - 1)
    appendOwn(strings[UInt32(truncatingIfNeeded: code)], to: &column)
  }
}

/// A batch at hand as a run.
struct KeptRows: EventRun, OpenEventRun {
  let columns: EventColumns

  var rowCount: Int { columns.count }
  var dictionaries: EventColumns { .withoutSharedDictionaries }

  func open(_ columns: EventColumnSet) -> any OpenEventRun { self }

  /// - Shape: all rows or none; a batch has no more than a task takes.
  func scan(
    _ rows: Range<Int>, _ columns: EventColumnSet, _ body: (EventColumns) throws -> Void
  ) throws {
    if !rows.isEmpty { try body(self.columns) }
  }
}

/// The rows of a run from one on.
struct LaterRows: EventRun {
  let run: any EventRun
  let firstRow: Int

  var rowCount: Int { run.rowCount - firstRow }

  func open(_ columns: EventColumnSet) throws -> any OpenEventRun {
    OpenLaterRows(run: try run.open(columns), firstRow: firstRow)
  }
}

private struct OpenLaterRows: OpenEventRun {
  let run: any OpenEventRun
  let firstRow: Int

  var dictionaries: EventColumns { run.dictionaries }

  func scan(
    _ rows: Range<Int>, _ columns: EventColumnSet, _ body: (EventColumns) throws -> Void
  ) throws {
    try run.scan(rows.lowerBound + firstRow..<rows.upperBound + firstRow, columns, body)
  }
}
