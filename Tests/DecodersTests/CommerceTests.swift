import Decoders
import Testing

@Suite struct `Hanzo commerce` {
  static let created = """
    {"id":"ord_1","type":"order.created","timestamp":"2026-08-01T10:00:00.25Z",\
    "organization_id":"acme","user_id":"usr_9","data":{"order_id":"ord_1","revenue":40.5,\
    "currency":"usd","email":"a@example.com"},"ga4":{"event_name":"begin_checkout",\
    "currency":"USD","value":40.5,"items":[{"item_id":"sku-1","item_name":"Game",\
    "price":19.99,"quantity":2},{"item_id":"sku-2","item_name":"Dice","price":0.52,\
    "quantity":1}],"parameters":{"transaction_id":"ord_1"}},"facebook_capi":{"event_name":\
    "InitiateCheckout","event_time":1785578400,"user_data":{"em":"ab12","external_id":"usr_9"}}}
    """
  static let refunded = """
    {"id":"ord_1","type":"order.refunded","timestamp":"2026-08-03T10:00:00Z",\
    "organization_id":"acme","user_id":"usr_9","data":{"order_id":"ord_1",\
    "refunded_amount":0.29,"currency":"usd"}}
    """

  @Test func `an order has its place as identity, minor units, capitals and lines`() throws {
    let decoded = Decoded.messages([Self.created, Self.refunded])
    #expect(decoded.rejects.isEmpty)
    let row = try #require(decoded.rows.first)
    #expect(
      row.columns == [
        "id": "nats:SHOP@1#7", "source": "hanzo:commerce/acme", "topic": "order.created",
        "time": "2026-08-01T10:00:00.250000Z", "customer_id": "usr_9", "order_id": "ord_1",
        "currency": "USD", "amount": "4050",
      ])
    #expect(row.lines == ["sku-1 2 1999", "sku-2 1 52"])
    #expect(row.message == Self.created)
    #expect(decoded.rows[1]["topic"] == "order.refunded")
    #expect(decoded.rows[1]["amount"] == "29")
    #expect(decoded.rows[1]["id"] == "nats:SHOP@1#8")
  }

  @Test(arguments: [
    ("order.created", "order.created"), ("order.completed", "order.payment.succeeded"),
    ("order.refunded", "order.refunded"), ("order.canceled", "order.cancelled"),
    ("checkout.started", "checkout.started"), ("checkout.failed", "order.payment.failed"),
    ("product.created", "product.created"), ("referral.claimed", "referral.claimed"),
  ])
  func `subjects become our topics, others keep their name`(type: String, topic: String) {
    let message = """
      {"id":"x","type":"\(type)","timestamp":"2026-08-01T10:00:00Z","organization_id":"acme",\
      "data":{"currency":"jpy","value":1.5}}
      """
    let decoded = Decoded.messages([message])
    #expect(decoded.rows.map { $0["topic"] } == [topic])
    // The amount is minor units divided by 100, whatever the currency.
    #expect(decoded.rows.first?["amount"] == "150")
  }

  @Test func `one's own table is asked before the shipped one`() {
    let message = """
      {"id":"x","type":"payment.received","timestamp":"2026-08-01T10:00:00Z",\
      "organization_id":"acme","data":{}}
      """
    let own = TopicRename(
      name: Array("payment.received".utf8), topic: Array("order.payment.succeeded".utf8))
    #expect(
      Decoded.messages([message], .hanzoCommerce, topics: [own]).rows.first?["topic"]
        == "order.payment.succeeded")
    #expect(Decoded.messages([message]).rows.first?["topic"] == "payment.received")
  }

  @Test func `a message without tenant or with a wrong amount is refused and kept`() {
    let noTenant = #"{"id":"x","type":"order.created","timestamp":"2026-08-01T10:00:00Z"}"#
    let wrong = """
      {"id":"x","type":"order.created","timestamp":"2026-08-01T10:00:00Z",\
      "organization_id":"a","data":{"revenue":true}}
      """
    let decoded = Decoded.messages([noTenant, wrong], .hanzoCommerce)
    #expect(decoded.rows.isEmpty)
    #expect(decoded.rejects == ["source@7: \(noTenant)", "amount@8: \(wrong)"])
  }

  @Test func `the same order in another life of the stream is another event`() {
    let first = Decoded.messages([Array(Self.created.utf8)], origin: "nats:SHOP@1")
    let second = Decoded.messages([Array(Self.created.utf8)], origin: "nats:SHOP@2")
    #expect(first.rows[0]["id"] != second.rows[0]["id"])
    let long = Decoded.messages(
      [Array(Self.created.utf8)], origin: String(repeating: "a", count: 5_000))
    #expect(long.rows[0]["id"]?.hasPrefix("sha256:") == true)
  }
}
