import Mappings

/// Hanzo commerce's messages (`commerce.>`).
///
/// - Shape: `{"id", "type", "timestamp", "organization_id", "user_id"?, "data": {…}, "ga4"?: {…}}`.
///   `id` is that of the order or product, so it cannot tell events apart: the place in the stream
///   does. Amounts are the currency's minor units divided by 100, whatever the currency.
/// - Source: docs/vocabularies.md, Hanzo commerce.
struct CommerceVocabulary: ~Copyable {
  private let topics: TopicTable
  private var capture = PathCapture(groups: [Path.names, Item.names])

  private enum Path: Int, CaseIterable {
    case id, type, timestamp, organization, user, session
    case order, revenue, refunded, value, amount, commission, currency, product
    case ga4Currency, ga4Value, ga4Items, ga4Order

    static let names = allCases.map(\.name)

    private var name: String {
      switch self {
      case .id: "id"
      case .type: "type"
      case .timestamp: "timestamp"
      case .organization: "organization_id"
      case .user: "user_id"
      case .session: "session_id"
      case .order: "data.order_id"
      case .revenue: "data.revenue"
      case .refunded: "data.refunded_amount"
      case .value: "data.value"
      case .amount: "data.amount"
      case .commission: "data.commission"
      case .currency: "data.currency"
      case .product: "data.product_id"
      case .ga4Currency: "ga4.currency"
      case .ga4Value: "ga4.value"
      case .ga4Items: "ga4.items"
      case .ga4Order: "ga4.parameters.transaction_id"
      }
    }
  }

  private enum Item: Int {
    case id, price, quantity
    static let names = ["item_id", "price", "quantity"]
  }

  init(topics: TopicTable) { self.topics = topics }

  private func value(_ path: Path) -> CapturedValue { capture.value(path.rawValue) }

  private func first(_ paths: Path...) -> CapturedValue {
    for path in paths where value(path).kind != .absent { return value(path) }
    return value(.id)
  }

  /// Translates a message; false when it is not one JSON object.
  mutating func translate(
    _ message: UnsafeBufferPointer<UInt8>, _ place: MessagePlace, into out: inout Translations
  ) -> Bool {
    guard capture.capture(message) else { return false }
    let whole = 0..<message.count
    let tenant = value(.organization)
    guard tenant.kind == .text, !tenant.bytes.isEmpty else {
      out.refuse(whole, "source", "source: organization_id, which names the tenant, is missing")
      return true
    }
    let type = value(.type)
    let topic = type.kind == .text ? topics.topic(for: type.bytes) : nil
    out.text.begin(isStrict: topic != nil)
    out.text.text("id", place.eventID)
    out.text.text("source", Array("hanzo:commerce/".utf8) + Array(tenant.bytes))
    if let topic { out.text.text("type", topic) } else { out.text.envelope("type", type) }
    out.text.envelope("time", value(.timestamp))
    out.text.beginData()
    out.text.column("customer_id", value(.user))
    out.text.column("session_id", value(.session))
    let isOrder = type.bytes.starts(with: "order.".utf8)
    if isOrder {
      out.text.column("order_id", value(.order), value(.ga4Order), value(.id))
    } else {
      out.text.column("order_id", value(.order))
    }
    out.text.column("item_id", value(.product))
    let currency = currencyCode(value(.currency), value(.ga4Currency))
    if !currency.isEmpty { out.text.text("currency", currency) }
    out.text.money("amount", amount(), scale: 2)
    writeLines(&out.text)
    out.finish(keeping: whole)
    return true
  }

  private func amount() -> CapturedValue {
    let paths: [Path] = [.refunded, .revenue, .value, .amount, .commission, .ga4Value]
    return value(paths.first { value($0).kind != .absent } ?? .ga4Value)
  }

  private mutating func writeLines(_ text: inout ContractText) {
    let items = value(.ga4Items)
    guard items.kind == .structure, items.bytes.first == UInt8(ascii: "[") else { return }
    text.beginLines()
    _ = capture.forEachElement(of: items, group: 1) { capture, _, isObject in
      guard isObject else { return text.refuseLine() }
      text.beginLine()
      text.column("item_id", capture.value(Item.id.rawValue, group: 1))
      text.quantity(capture.value(Item.quantity.rawValue, group: 1))
      text.money("unit_price", capture.value(Item.price.rawValue, group: 1), scale: 2)
      text.endLine()
    }
    text.endLines()
  }
}
