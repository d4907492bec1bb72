import Events
import Mappings

/// Messages of Hanzo's event plane (`event.>`): facts, and the envelopes that repeat them.
///
/// - Shape: a fact has `signal`; an envelope has none, and the same `id` as the fact it repeats.
///   An envelope is recorded as it came under the topic `hanzo.envelope` and a source of its own,
///   without columns: nothing is lost, and nothing counts twice.
/// - Source: docs/vocabularies.md, Hanzo event plane.
struct FactVocabulary: ~Copyable {
  private let topics: TopicTable
  private var capture = PathCapture(groups: [Path.names])

  private enum Path: Int, CaseIterable {
    case signal, org, id, name, time, kind, session, distinct, anonymous, person
    case revenue, price, quantity, currency, product, order, transaction, cart, payment
    case channel, source, medium, campaign, content

    static let names = allCases.map(\.name)

    private var name: String {
      switch self {
      case .signal: "signal"
      case .org: "org"
      case .id: "id"
      case .name: "name"
      case .time: "time"
      case .kind: "kind"
      case .session: "session_id"
      case .distinct: "distinct_id"
      case .anonymous: "anonymous_id"
      case .person: "person_id"
      case .revenue: "attributes.revenue"
      case .price: "attributes.price"
      case .quantity: "attributes.quantity"
      case .currency: "attributes.currency"
      case .product: "attributes.product_id"
      case .order: "attributes.order_id"
      case .transaction: "attributes.transaction_id"
      case .cart: "attributes.cart_id"
      case .payment: "attributes.payment_id"
      case .channel: "attributes.channel"
      case .source: "attributes.utm_source"
      case .medium: "attributes.utm_medium"
      case .campaign: "attributes.utm_campaign"
      case .content: "attributes.utm_content"
      }
    }
  }

  init(topics: TopicTable) { self.topics = topics }

  private func value(_ path: Path) -> CapturedValue { capture.value(path.rawValue) }

  /// Translates a message; false when it is not one JSON object.
  mutating func translate(
    _ message: UnsafeBufferPointer<UInt8>, _ place: MessagePlace, into out: inout Translations
  ) -> Bool {
    guard capture.capture(message) else { return false }
    let whole = 0..<message.count
    let tenant = value(.org)
    guard tenant.kind == .text, !tenant.bytes.isEmpty else {
      out.refuse(whole, "source", "source: org, which names the tenant, is missing")
      return true
    }
    let isFact = value(.signal).kind == .text
    let (name, isKnown) = topic(isFact: isFact)
    out.text.begin(isStrict: isKnown)
    out.text.envelope("id", value(.id))
    let plane = isFact ? "hanzo:event/" : "hanzo:envelope/"
    out.text.text("source", Array(plane.utf8) + Array(tenant.bytes))
    out.text.text("type", name)
    out.text.envelope("time", value(.time))
    out.text.beginData()
    if isFact { writeColumns(&out.text) }
    out.finish(keeping: whole)
    return true
  }

  /// The topic, and whether it is one of ours: then its columns must be right.
  private func topic(isFact: Bool) -> (name: [UInt8], isKnown: Bool) {
    guard isFact else { return (Array("hanzo.envelope".utf8), false) }
    let signal = value(.signal).bytes
    let name = value(.name).kind == .text ? Array(value(.name).bytes) : []
    // Errors, logs and spans carry names of any kind, so they stay among themselves.
    guard signal.elementsEqual("act".utf8) else {
      let own = Array("hanzo.".utf8) + Array(signal)
      return (name.isEmpty ? own : own + [UInt8(ascii: ".")] + name, false)
    }
    let kind = value(.kind).bytes
    if kind.elementsEqual("identify".utf8) { return (Array("customer.identified".utf8), true) }
    if let topic = topics.topic(for: name) { return (topic, true) }
    if kind.elementsEqual("page".utf8) { return (Array("page.viewed".utf8), false) }
    return (name, false)
  }

  private func writeColumns(_ text: inout ContractText) {
    let visitor = value(.anonymous).kind == .text ? value(.anonymous) : value(.distinct)
    text.column("visitor_id", visitor)
    // After a login the distinct id is the customer's and differs from the browser's own.
    let distinct = value(.distinct)
    if distinct.kind == .text, !distinct.bytes.elementsEqual(visitor.bytes) {
      text.column("customer_id", distinct)
    } else if !value(.person).bytes.elementsEqual(visitor.bytes) {
      text.column("customer_id", value(.person))
    }
    text.column("session_id", value(.session))
    text.column("cart_id", value(.cart))
    text.column("order_id", value(.order), value(.transaction))
    text.column("payment_id", value(.payment))
    text.column("item_id", value(.product))
    text.column("channel", value(.channel), value(.medium), value(.source))
    text.column("campaign_id", value(.campaign))
    text.column("creative_id", value(.content))
    let currency = currencyCode(value(.currency))
    if !currency.isEmpty { text.text("currency", currency) }
    text.quantity(value(.quantity))
    let scale = minorDigits(ofCurrency: currency)
    text.money("unit_price", value(.price), scale: scale)
    text.money("amount", value(.revenue), scale: scale)
  }
}
