import Bytes
import Events
import Mappings

/// Calls of Segment and of the many libraries that speak like it: track, page, screen, identify,
/// alias and group, alone or as the `batch` that libraries send.
///
/// - Shape: every call of a batch is an event of its own and keeps its own bytes. Amounts are in
///   major units of the currency.
/// - Source: docs/vocabularies.md, Segment calls.
struct CallVocabulary: ~Copyable {
  private let topics: TopicTable
  private var capture = PathCapture(groups: [["batch"] + Path.names, Path.names, Line.names])

  private enum Path: Int, CaseIterable {
    case messageID, type, event, timestamp, originalTimestamp, user, anonymous, previous
    case session, campaign, medium, source, content
    case product, sku, order, cart, payment, quantity, price, currency, total, revenue, value
    case products, query

    static let names = allCases.map(\.name)

    private var name: String {
      switch self {
      case .messageID: "messageId"
      case .type: "type"
      case .event: "event"
      case .timestamp: "timestamp"
      case .originalTimestamp: "originalTimestamp"
      case .user: "userId"
      case .anonymous: "anonymousId"
      case .previous: "previousId"
      case .session: "context.sessionId"
      case .campaign: "context.campaign.name"
      case .medium: "context.campaign.medium"
      case .source: "context.campaign.source"
      case .content: "context.campaign.content"
      case .product: "properties.product_id"
      case .sku: "properties.sku"
      case .order: "properties.order_id"
      case .cart: "properties.cart_id"
      case .payment: "properties.payment_id"
      case .quantity: "properties.quantity"
      case .price: "properties.price"
      case .currency: "properties.currency"
      case .total: "properties.total"
      case .revenue: "properties.revenue"
      case .value: "properties.value"
      case .products: "properties.products"
      case .query: "properties.query"
      }
    }
  }

  private enum Line: Int {
    case id, sku, price, quantity
    static let names = ["product_id", "sku", "price", "quantity"]
  }

  init(topics: TopicTable) { self.topics = topics }

  /// Translates a call or a batch of them; false when it is not one JSON object.
  mutating func translate(
    _ message: UnsafeBufferPointer<UInt8>, _ place: MessagePlace, into out: inout Translations
  ) -> Bool {
    guard capture.capture(message), let base = message.baseAddress else { return false }
    let batch = capture.value(0)
    guard batch.kind == .structure, batch.bytes.first == UInt8(ascii: "[") else {
      Call(group: 0, topics: topics, place: place).write(
        &capture, message, keeping: 0..<message.count, into: &out)
      return true
    }
    let topics = topics
    var isEmpty = true
    _ = capture.forEachElement(of: batch, group: 1) { capture, element, isObject in
      isEmpty = false
      let start = (element.baseAddress ?? base) - base
      let range = start..<start + element.count
      guard isObject else { return out.refuse(range, "data", "data: a call that is no object") }
      Call(group: 1, topics: topics, place: place).write(
        &capture, element, keeping: range, into: &out)
    }
    if isEmpty { out.refuse(0..<message.count, "data", "data: a batch without calls") }
    return true
  }

  /// One call, whose values are captured in a group.
  private struct Call {
    let group: Int
    let topics: TopicTable
    let place: MessagePlace

    private func value(_ path: Path, _ capture: borrowing PathCapture) -> CapturedValue {
      capture.value(path.rawValue + (group == 0 ? 1 : 0), group: group)
    }

    func write(
      _ capture: inout PathCapture, _ call: UnsafeBufferPointer<UInt8>,
      keeping range: Range<Int>, into out: inout Translations
    ) {
      let (topic, isKnown) = topic(capture)
      out.text.begin(isStrict: isKnown)
      let id = value(.messageID, capture)
      if id.kind == .absent || id.bytes.isEmpty {
        out.text.text("id", ownID(call))
      } else {
        out.text.envelope("id", id)
      }
      out.text.text("source", "segment".utf8)
      if let topic { out.text.text("type", topic) }
      writeTime(&out.text, capture)
      out.text.beginData()
      writeColumns(&out.text, capture)
      writeLines(&out.text, &capture)
      out.finish(keeping: range)
    }

    /// Of a call without id: its place, and a digest of it, since calls of a batch share the place.
    private func ownID(_ call: UnsafeBufferPointer<UInt8>) -> [UInt8] {
      place.eventID + [UInt8(ascii: "#")]
        + Array(hexadecimal(SHA256.hash(Array(call)).prefix(8)).utf8)
    }

    /// The topic, and whether it is one of ours: then its columns must be right.
    private func topic(_ capture: borrowing PathCapture) -> (name: [UInt8]?, isKnown: Bool) {
      let type = value(.type, capture)
      let event = value(.event, capture)
      guard type.kind == .text else { return named(event) }
      switch String(decoding: type.bytes.prefix(16), as: UTF8.self) {
      case "track": return named(event)
      case "identify", "alias": return (Array("customer.identified".utf8), true)
      case "page": return (Array("page.viewed".utf8), false)
      case "screen": return (Array("screen.viewed".utf8), false)
      default: return (Array(type.bytes), false)
      }
    }

    private func named(_ event: CapturedValue) -> (name: [UInt8]?, isKnown: Bool) {
      guard event.kind == .text else { return (nil, false) }
      if let topic = topics.topic(for: event.bytes) { return (topic, true) }
      return (Array(event.bytes), false)
    }

    private func writeTime(_ text: inout ContractText, _ capture: borrowing PathCapture) {
      for path in [Path.timestamp, .originalTimestamp] {
        let time = value(path, capture)
        if time.kind == .absent || time.kind == .text && time.bytes.isEmpty { continue }
        return text.envelope("time", time)
      }
      // Libraries leave the time to the server: the broker's is the nearest there is.
      if let recordedAt = place.recordedAt { text.time("time", recordedAt) }
    }

    private func writeColumns(_ text: inout ContractText, _ capture: borrowing PathCapture) {
      text.column("visitor_id", value(.anonymous, capture), value(.previous, capture))
      text.column("customer_id", value(.user, capture))
      text.column("session_id", value(.session, capture))
      text.column("cart_id", value(.cart, capture))
      text.column("order_id", value(.order, capture))
      text.column("payment_id", value(.payment, capture))
      text.column("item_id", value(.product, capture), value(.sku, capture))
      text.column("channel", value(.medium, capture), value(.source, capture))
      text.column("campaign_id", value(.campaign, capture))
      text.column("creative_id", value(.content, capture))
      let currency = currencyCode(value(.currency, capture))
      if !currency.isEmpty { text.text("currency", currency) }
      let scale = minorDigits(ofCurrency: currency)
      text.quantity(value(.quantity, capture))
      text.money("unit_price", value(.price, capture), scale: scale)
      let amounts: [Path] = [.total, .revenue, .value]
      let amount = amounts.first { value($0, capture).kind != .absent } ?? .value
      text.money("amount", value(amount, capture), scale: scale)
    }

    private func writeLines(_ text: inout ContractText, _ capture: inout PathCapture) {
      let products = value(.products, capture)
      guard products.kind == .structure, products.bytes.first == UInt8(ascii: "[") else { return }
      let scale = minorDigits(ofCurrency: currencyCode(value(.currency, capture)))
      text.beginLines()
      _ = capture.forEachElement(of: products, group: 2) { capture, _, isObject in
        guard isObject else { return text.refuseLine() }
        text.beginLine()
        text.column(
          "item_id", capture.value(Line.id.rawValue, group: 2),
          capture.value(Line.sku.rawValue, group: 2))
        text.quantity(capture.value(Line.quantity.rawValue, group: 2))
        text.money("unit_price", capture.value(Line.price.rawValue, group: 2), scale: scale)
        text.endLine()
      }
      text.endLines()
    }
  }
}
