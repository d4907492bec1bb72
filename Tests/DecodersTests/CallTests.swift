import Decoders
import Testing

/// Shaped after what Segment's and RudderStack's own libraries send.
@Suite struct `Segment calls` {
  static let added = """
    {"integrations":{},"anonymousId":"anon-77","properties":{"cart_id":"c-9","product_id":"42",\
    "quantity":2,"price":18.99},"timestamp":"2024-05-01T12:00:00.123+00:00",\
    "context":{"ip":"203.0.113.7","campaign":{"name":"spring","source":"news","medium":"email",\
    "content":"top"},"library":{"name":"analytics-python","version":"2.4.0"}},"userId":null,\
    "type":"track","event":"Product Added","messageId":"dc625ce0"}
    """
  static let completed = """
    {"properties":{"checkout_id":"ck-1","order_id":"o-5","total":40.5,"revenue":37.98,\
    "shipping":2.52,"tax":0,"coupon":null,"currency":"USD","products":[{"product_id":"42",\
    "sku":"G-42","name":"Monopoly \\u00e9 \\u2603","price":18.99,"quantity":2}]},\
    "timestamp":"2026-11-22T07:34:46.407+00:00","context":{},"userId":"u-1001","type":"track",\
    "event":"Order Completed","messageId":"5844e0c0","anonymousId":null}
    """
  static let alias = """
    {"previousId":"anon-77","timestamp":"2026-11-22T07:34:46.407+00:00","userId":"u-1001",\
    "type":"alias","messageId":"c6ad3333","anonymousId":null}
    """

  @Test func `each call of a batch is an event with its own bytes`() {
    let batch = """
      {"batch": [\(Self.added), \(Self.completed),
      \(Self.alias)], "sentAt": "2026-11-22T07:34:46.906648+00:00", "writeKey": "WRITEKEY"}
      """
    let decoded = Decoded.messages([batch])
    #expect(decoded.rejects.isEmpty)
    #expect(decoded.rows.map(\.message) == [Self.added, Self.completed, Self.alias])
    #expect(decoded.rows.map(\.position) == [7, 7, 7])
    #expect(
      decoded.rows[0].columns == [
        "id": "dc625ce0", "source": "segment", "topic": "cart.item.added",
        "time": "2024-05-01T12:00:00.123000Z", "visitor_id": "anon-77", "cart_id": "c-9",
        "item_id": "42", "quantity": "2", "unit_price": "1899", "channel": "email",
        "campaign_id": "spring", "creative_id": "top",
      ])
    #expect(decoded.rows[1]["topic"] == "order.payment.succeeded")
    #expect(decoded.rows[1]["amount"] == "4050")
    #expect(decoded.rows[1].lines == ["42 2 1899"])
    #expect(decoded.rows[2]["topic"] == "customer.identified")
    #expect(decoded.rows[2]["visitor_id"] == "anon-77")
    #expect(decoded.rows[2]["customer_id"] == "u-1001")
  }

  @Test func `a call of a batch and the same call alone are one event`() {
    let together = Decoded.messages(["{\"batch\":[\(Self.added)]}"])
    let alone = Decoded.messages([Self.added])
    #expect(together.rows == alone.rows)
  }

  @Test(arguments: [
    ("page", "page.viewed"), ("screen", "screen.viewed"), ("identify", "customer.identified"),
    ("group", "group"),
  ])
  func `kinds of calls have topics`(type: String, topic: String) {
    let message = """
      {"type":"\(type)","messageId":"1","userId":"u","originalTimestamp":"2026-08-01T10:00:00Z"}
      """
    #expect(Decoded.messages([message]).rows.map { $0["topic"] } == [topic])
  }

  @Test(arguments: [
    ("Products Searched", "product.searched"), ("Product Viewed", "product.viewed"),
    ("product viewed", "product.viewed"), ("product_viewed", "product.viewed"),
    ("Product Removed", "cart.item.removed"), ("Cart Viewed", "cart.viewed"),
    ("Checkout Started", "checkout.started"), ("Payment Info Entered", "checkout.payment_info.entered"),
    ("Order Refunded", "order.refunded"), ("Order Cancelled", "order.cancelled"),
    ("Wheel Spun", "Wheel Spun"),
  ])
  func `commerce names become our topics`(name: String, topic: String) {
    let message = """
      {"type":"track","event":"\(name)","messageId":"1","userId":"u",\
      "timestamp":"2026-08-01T10:00:00Z"}
      """
    #expect(Decoded.messages([message]).rows.map { $0["topic"] } == [topic])
  }

  @Test func `a call without time has the broker's, one without id its place and digest`() {
    let message = #"{"type":"track","event":"Cart Viewed","anonymousId":"a"}"#
    let decoded = Decoded.messages([message, message + " "])
    #expect(decoded.rows.map { $0["time"] } == Array(repeating: "2026-05-28T20:26:40.000000Z", count: 2))
    #expect(decoded.rows[0]["id"]?.hasPrefix("nats:SHOP@1#7#") == true)
    #expect(decoded.rows[0]["id"] != decoded.rows[1]["id"])
  }

  @Test func `a wrong call is refused alone`() {
    let bad = Self.added.replacing("18.99", with: "\"cheap\"")
    let decoded = Decoded.messages(["{\"batch\":[\(Self.alias),\(bad),7]}"])
    #expect(decoded.rows.map(\.message) == [Self.alias])
    #expect(decoded.rejects == ["unit_price@7: \(bad)", "data@7: 7"])
  }

  @Test func `a track call without a name is refused`() {
    let message = #"{"type":"track","messageId":"1","timestamp":"2026-08-01T10:00:00Z"}"#
    #expect(Decoded.messages([message]).rejects == ["type@7: \(message)"])
  }
}
