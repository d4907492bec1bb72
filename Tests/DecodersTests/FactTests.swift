import Decoders
import Testing

@Suite struct `Hanzo event plane` {
  static let fact = """
    {"signal":"act","org":"acme","id":"m-1","name":"order_completed",\
    "time":"2026-08-01T10:00:00Z","kind":"track","product":"shop","env":"prod",\
    "url":"https://shop.example/thanks","path":"/thanks","session_id":"s-1",\
    "distinct_id":"usr_9","anonymous_id":"anon-1","person_id":"p-1","groups":{},\
    "attributes":{"revenue":"40.50","quantity":"2","currency":"usd","product_id":"sku-1",\
    "utm_source":"news","utm_medium":"email","utm_campaign":"spring","utm_content":"top"},\
    "el":{"label":"Pay","role":"button","path":["main","form"]}}
    """
  static let twin = """
    {"org":"acme","id":"m-1","name":"order_completed","distinct_id":"usr_9",\
    "anonymous_id":"anon-1","time":"2026-08-01T10:00:00Z","revenue":40.5,"currency":"usd",\
    "properties":{"revenue":40.5}}
    """

  @Test func `a fact fills the columns, its twin is recorded and counts nothing`() {
    let decoded = Decoded.messages([Self.fact, Self.twin])
    #expect(decoded.rejects.isEmpty)
    #expect(
      decoded.rows[0].columns == [
        "id": "m-1", "source": "hanzo:event/acme", "topic": "order.payment.succeeded",
        "time": "2026-08-01T10:00:00.000000Z", "visitor_id": "anon-1", "customer_id": "usr_9",
        "session_id": "s-1", "item_id": "sku-1", "channel": "email", "campaign_id": "spring",
        "creative_id": "top", "currency": "USD", "quantity": "2", "amount": "4050",
      ])
    #expect(
      decoded.rows[1].columns == [
        "id": "m-1", "source": "hanzo:envelope/acme", "topic": "hanzo.envelope",
        "time": "2026-08-01T10:00:00.000000Z",
      ])
    #expect(decoded.rows.map(\.message) == [Self.fact, Self.twin])
  }

  @Test(arguments: [
    ("product_viewed", "track", "product.viewed"), ("product_added", "track", "cart.item.added"),
    ("add_to_cart", "track", "cart.item.added"), ("begin_checkout", "track", "checkout.started"),
    ("checkout_started", "track", "checkout.started"),
    ("purchase", "track", "order.payment.succeeded"), ("pricing_viewed", "track", "pricing_viewed"),
    ("$pageview", "page", "page.viewed"), ("Home", "page", "page.viewed"),
    ("x", "identify", "customer.identified"),
  ])
  func `names become our topics`(name: String, kind: String, topic: String) {
    let message = """
      {"signal":"act","org":"a","id":"1","name":"\(name)","kind":"\(kind)",\
      "time":"2026-08-01T10:00:00Z","distinct_id":"d"}
      """
    #expect(Decoded.messages([message]).rows.map { $0["topic"] } == [topic])
  }

  @Test(arguments: ["error", "log", "span", "clip"])
  func `other signals stay among themselves`(signal: String) {
    let message = """
      {"signal":"\(signal)","org":"a","id":"1","name":"checkout.started",\
      "time":"2026-08-01T10:00:00Z"}
      """
    #expect(
      Decoded.messages([message]).rows.map { $0["topic"] } == ["hanzo.\(signal).checkout.started"])
  }

  @Test(arguments: [
    ("JPY", "1500", "1500"), ("kwd", "1.5", "1500"), ("usd", "19.999", "2000"), ("", "0.29", "29"),
  ])
  func `amounts are units of their currency`(currency: String, revenue: String, amount: String) {
    let message = """
      {"signal":"act","org":"a","id":"1","name":"purchase","time":"2026-08-01T10:00:00Z",\
      "attributes":{"revenue":"\(revenue)","currency":"\(currency)"}}
      """
    #expect(Decoded.messages([message]).rows.first?["amount"] == amount)
  }

  @Test func `a browser that nobody logged in on has no customer`() {
    let message = """
      {"signal":"act","org":"a","id":"1","name":"product_viewed","time":"2026-08-01T10:00:00Z",\
      "distinct_id":"anon-1","anonymous_id":"anon-1","person_id":"anon-1"}
      """
    let row = Decoded.messages([message]).rows.first
    #expect(row?["visitor_id"] == "anon-1")
    #expect(row?["customer_id"] == nil)
  }

  @Test func `attributes of unknown names are left out when they fit no column`() {
    func message(_ name: String) -> String {
      """
      {"signal":"act","org":"a","id":"1","name":"\(name)","time":"2026-08-01T10:00:00Z",\
      "attributes":{"revenue":"a lot","quantity":"1.5"}}
      """
    }
    let decoded = Decoded.messages([message("survey_answered"), message("purchase")])
    #expect(decoded.rows.map { $0["topic"] } == ["survey_answered"])
    #expect(decoded.rows.first?["amount"] == nil)
    #expect(decoded.rejects == ["quantity@8: \(message("purchase"))"])
  }
}
