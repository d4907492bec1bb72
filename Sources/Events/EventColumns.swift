package import Bytes

/// The optional string columns of an event, in the contract's order.
package enum IDColumn: Int, CaseIterable, Sendable {
  case visitorID, customerID, sessionID, cartID, orderID, paymentID, itemID, channel, campaignID
  case creativeID, currency

  /// The column's name in the ledger and in `data`.
  package var name: String {
    switch self {
    case .visitorID: "visitor_id"
    case .customerID: "customer_id"
    case .sessionID: "session_id"
    case .cartID: "cart_id"
    case .orderID: "order_id"
    case .paymentID: "payment_id"
    case .itemID: "item_id"
    case .channel: "channel"
    case .campaignID: "campaign_id"
    case .creativeID: "creative_id"
    case .currency: "currency"
    }
  }
}

/// A run of events as columns: what a scan of the ledger hands to readers.
///
/// - Shape: every column has `count` rows, in ledger order. Junk ids and empty strings are already
///   absent. `message` is not here; it is read by row where somebody asks for it.
/// - Units: times in microseconds since 1970 UTC; money in minor units.
/// - Source: docs/semantics.md §1.
package struct EventColumns: Sendable {
  package var count = 0
  /// The ledger offset (dense row number across segments) of the first row.
  package var firstLedgerOffset: Int64 = 0
  package var eventID = ByteStrings()
  package var topic = CodedStrings()
  package var source = CodedStrings()
  package var occurredAt: [Int64] = []
  package var recordedAt: [Int64] = []
  /// Indexed by `IDColumn.rawValue`.
  package var ids: [CodedStrings] = Array(repeating: CodedStrings(), count: IDColumn.allCases.count)
  package var quantity = OptionalIntegers<Int32>()
  package var unitPrice = OptionalIntegers<Int64>()
  package var amount = OptionalIntegers<Int64>()
  /// Lines of row `i` are `lineStarts[i]..<lineStarts[i + 1]` of the three columns below.
  package var lineStarts: [UInt32] = [0]
  package var lineItemID = CodedStrings()
  package var lineQuantity = OptionalIntegers<Int32>()
  package var lineUnitPrice = OptionalIntegers<Int64>()

  package init() {}

  package subscript(column: IDColumn) -> CodedStrings {
    get { ids[column.rawValue] }
    set { ids[column.rawValue] = newValue }
  }
}
