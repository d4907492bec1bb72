import Events
import Parquet

/// A column of a segment; lists are their leaves.
enum SegmentColumn: Hashable, Sendable {
  case eventID, topic, source, occurredAt, recordedAt, origin, position, ledgerOffset
  case id(IDColumn)
  case quantity, unitPrice, amount
  case lineItemID, lineQuantity, lineUnitPrice
  case message

  /// All of them, in the order of the file.
  static let all: [SegmentColumn] =
    [.eventID, .topic, .source, .occurredAt, .recordedAt, .origin, .position, .ledgerOffset]
    + IDColumn.allCases.map(SegmentColumn.id)
    + [.quantity, .unitPrice, .amount, .lineItemID, .lineQuantity, .lineUnitPrice, .message]

  /// The column's place in the file.
  var index: Int {
    switch self {
    case .eventID: 0
    case .topic: 1
    case .source: 2
    case .occurredAt: 3
    case .recordedAt: 4
    case .origin: 5
    case .position: 6
    case .ledgerOffset: 7
    case .id(let column): 8 + column.rawValue
    case .quantity: 19
    case .unitPrice: 20
    case .amount: 21
    case .lineItemID: 22
    case .lineQuantity: 23
    case .lineUnitPrice: 24
    case .message: 25
    }
  }
}

/// The Parquet schema of a segment. Field ids never change and are never used twice.
///
/// - Source: docs/formats/ledger.md §2.
enum SegmentSchema {
  static let schema = Schema(
    [
      .string("event_id", .required, fieldID: 1),
      .string("topic", .required, fieldID: 2),
      .string("source", .required, fieldID: 3),
      .timestamp("occurred_at", .required, fieldID: 4),
      .timestamp("recorded_at", .required, fieldID: 5),
      .string("origin", .required, fieldID: 6),
      .column("position", .int64, .required, fieldID: 7),
      .column("ledger_offset", .int64, .required, fieldID: 8),
    ]
      + IDColumn.allCases.map { .string($0.name, fieldID: Int32(9 + $0.rawValue)) }
      + [
        .column("quantity", .int32, fieldID: 20),
        .column("unit_price", .int64, fieldID: 21),
        .column("amount", .int64, fieldID: 22),
        .list("lines", of: line, fieldID: 23, listFieldID: 24),
        .string("message", .required, fieldID: 29),
      ], name: "event")

  private static let line = SchemaNode.structure(
    "element",
    [
      .string("item_id", fieldID: 26),
      .column("quantity", .int32, fieldID: 27),
      .column("unit_price", .int64, fieldID: 28),
    ], .required, fieldID: 25)

  static func keyValues(firstOffset: Int64, rowCount: Int) -> [KeyValue] {
    [
      KeyValue("daybook.format", "1"),
      KeyValue("daybook.first_offset", String(firstOffset)),
      KeyValue("daybook.row_count", String(rowCount)),
    ]
  }

  /// How a column is stored; chosen by size on a shop's events (docs/formats/ledger.md §2).
  static func options(
    _ column: SegmentColumn, compression: Compression, messageCompressor: (any PageCompressor)?
  ) -> ColumnOptions {
    var options = ColumnOptions(encoding: encoding(column), compression: compression)
    options.statistics = statistics(column)
    options.pageRowLimit = Limits.pageRowCount
    options.dictionaryByteLimit = Limits.dictionaryByteCount
    if hasBloomFilter(column) {
      options.bloomFilter = BloomFilterOptions(falsePositiveRate: Limits.bloomFalsePositiveRate)
    }
    if hasBloomFilter(column) || column == .eventID {
      options.pageFilterBitCount = Limits.pageFilterBitCount
    }
    switch column {
    case .eventID, .source: options.pageRowLimit = Limits.identityPageRowCount
    case .occurredAt, .recordedAt: options.pageRowLimit = Limits.lookUpPageRowCount
    case _ where hasBloomFilter(column): options.pageRowLimit = Limits.lookUpPageRowCount
    default: break
    }
    if column == .message {
      options.pageRowLimit = Limits.messagePageRowCount
      options.pageByteLimit = Limits.messagePageByteCount
      options.compressor = messageCompressor
      options.defersCompression = true
    }
    return options
  }

  private static func encoding(_ column: SegmentColumn) -> ColumnEncoding {
    switch column {
    case .eventID: .deltaByteArray
    case .occurredAt, .recordedAt: .byteStreamSplit
    case .position, .ledgerOffset: .deltaBinaryPacked
    // Of one actor's ids, those near by are the same: the codec finds them better than a
    // dictionary of all.
    case .id(.visitorID), .id(.cartID), .message: .deltaLengthByteArray
    default: .dictionary
    }
  }

  /// Columns by whose ids somebody looks for few rows among many. Of event ids, as many as rows,
  /// only pages have filters: a filter of all would say of one segment what these say as well.
  private static func hasBloomFilter(_ column: SegmentColumn) -> Bool {
    switch column {
    case .id(.visitorID), .id(.customerID), .id(.cartID), .id(.orderID): true
    default: false
    }
  }

  private static func statistics(_ column: SegmentColumn) -> StatisticsLevel {
    switch column {
    case .eventID, .occurredAt, .recordedAt, .position, .ledgerOffset, .topic: .page
    case .message: .none
    default: .chunk
    }
  }
}
