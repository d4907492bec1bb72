import Bytes

/// Accepted events held in memory as one run, redeliveries dropped and conflicts set aside.
///
/// For tests and small jobs; the ledger does the same on disk.
package struct InMemoryEventRun: EventRun {
  private let columns: EventColumns
  /// Messages that came again with the same bytes.
  package let redeliveredCount: Int
  /// Accepted rows of the batches whose source and id another message had taken, in order.
  package let conflicts: [(batch: Int, row: Int)]

  /// Takes the accepted rows of batches in the order given.
  package init(_ batches: [EventBatch]) {
    var builder = Builder()
    for (index, batch) in batches.enumerated() { builder.append(batch, index) }
    columns = builder.columns
    redeliveredCount = builder.redeliveredCount
    conflicts = builder.conflicts
  }

  package var rowCount: Int { columns.count }

  package func open(_ columns: EventColumnSet) -> any OpenEventRun {
    OpenRows(columns: self.columns, batchRowCount: Limits.scanRowCount)
  }
}

/// Rows at hand as an open run.
package struct OpenRows: OpenEventRun {
  private let columns: EventColumns
  private let batchRowCount: Int

  package init(columns: EventColumns, batchRowCount: Int) {
    self.columns = columns
    self.batchRowCount = batchRowCount
  }

  package var dictionaries: EventColumns { columns.rows(0..<0) }

  package func scan(
    _ rows: Range<Int>, _ columns: EventColumnSet, _ body: (EventColumns) throws -> Void
  ) throws {
    var first = rows.lowerBound
    while first < rows.upperBound {
      let last = min(first + batchRowCount, rows.upperBound)
      let isWhole = first == 0 && last == self.columns.count
      try body(isWhole ? self.columns : self.columns.rows(first..<last))
      first = last
    }
  }
}

extension EventColumns {
  /// The accepted events of decoded batches as columns, each event once.
  package init(_ batches: [EventBatch]) {
    var builder = Builder()
    for (index, batch) in batches.enumerated() { builder.append(batch, index) }
    self = builder.columns
  }

  /// Some of the rows, with the same dictionaries.
  package func rows(_ range: Range<Int>) -> EventColumns {
    func cut(_ column: CodedStrings) -> CodedStrings {
      CodedStrings(
        codes: Array(column.codes[range]), dictionary: column.dictionary,
        isShared: column.isShared)
    }
    func cut<Value>(_ column: OptionalIntegers<Value>, _ range: Range<Int>)
      -> OptionalIntegers<Value>
    {
      OptionalIntegers(
        values: Array(column.values[range]), isPresent: Array(column.isPresent[range]))
    }
    let lines = Int(lineStarts[range.lowerBound])..<Int(lineStarts[range.upperBound])
    var part = EventColumns()
    part.count = range.count
    part.firstLedgerOffset = firstLedgerOffset + Int64(range.lowerBound)
    for row in range { part.eventID.append(eventID[row]) }
    part.topic = cut(topic)
    part.source = cut(source)
    part.occurredAt = Array(occurredAt[range])
    part.recordedAt = Array(recordedAt[range])
    part.ids = ids.map(cut)
    part.quantity = cut(quantity, range)
    part.unitPrice = cut(unitPrice, range)
    part.amount = cut(amount, range)
    part.lineStarts = lineStarts[range.lowerBound...range.upperBound].map {
      $0 - UInt32(lines.lowerBound)
    }
    part.lineItemID = CodedStrings(
      codes: Array(lineItemID.codes[lines]), dictionary: lineItemID.dictionary)
    part.lineQuantity = cut(lineQuantity, lines)
    part.lineUnitPrice = cut(lineUnitPrice, lines)
    return part
  }
}

/// Collects rows into columns, coding strings and remembering every identity.
private struct Builder {
  var columns = EventColumns()
  var redeliveredCount = 0
  var conflicts: [(batch: Int, row: Int)] = []
  /// Source, LF, id → the message accepted for it.
  private var messages: [[UInt8]: [UInt8]] = [:]
  private var topicCoder = StringCoder()
  private var sourceCoder = StringCoder()
  private var idCoders = Array(repeating: StringCoder(), count: IDColumn.allCases.count)
  private var lineItemCoder = StringCoder()

  mutating func append(_ batch: EventBatch, _ batchIndex: Int) {
    for row in 0..<batch.count {
      let source = batch.bytes(batch.source, row) ?? []
      let eventID = batch.bytes(batch.eventID, row) ?? []
      let message = Array(batch.bytes(batch.messages, row) ?? [])
      let identity = Array(source) + [UInt8(ascii: "\n")] + eventID
      if let earlier = messages[identity] {
        if earlier == message {
          redeliveredCount += 1
        } else {
          conflicts.append((batchIndex, row))
        }
        continue
      }
      messages[identity] = message
      columns.eventID.append(eventID)
      sourceCoder.append(source, to: &columns.source)
      appendRow(batch, row)
    }
  }

  private mutating func appendRow(_ batch: EventBatch, _ row: Int) {
    topicCoder.append(batch.bytes(batch.topic, row), to: &columns.topic)
    columns.occurredAt.append(batch.occurredAt[row])
    columns.recordedAt.append(batch.recordedAt[row])
    for index in columns.ids.indices {
      idCoders[index].append(batch.bytes(batch.ids[index], row), to: &columns.ids[index])
    }
    columns.quantity.append(batch.quantity[row])
    columns.unitPrice.append(batch.unitPrice[row])
    columns.amount.append(batch.amount[row])
    for line in Int(batch.lineStarts[row])..<Int(batch.lineStarts[row + 1]) {
      lineItemCoder.append(batch.bytes(batch.lineItemID, line), to: &columns.lineItemID)
      columns.lineQuantity.append(batch.lineQuantity[line])
      columns.lineUnitPrice.append(batch.lineUnitPrice[line])
    }
    columns.lineStarts.append(UInt32(columns.lineItemID.codes.count))
    columns.count += 1
  }
}

/// Gives equal strings equal codes, in the order of their first appearance.
private struct StringCoder {
  private var codes: [[UInt8]: UInt32] = [:]

  mutating func append(_ string: ArraySlice<UInt8>?, to column: inout CodedStrings) {
    guard let string else {
      column.codes.append(CodedStrings.absent)
      return
    }
    let key = Array(string)
    if let code = codes[key] {
      column.codes.append(code)
      return
    }
    let code = UInt32(column.dictionary.count)
    codes[key] = code
    column.dictionary.append(string)
    column.codes.append(code)
  }
}
