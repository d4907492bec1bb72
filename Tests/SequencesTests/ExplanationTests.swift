import Events
import Sequences
import Testing

@Suite struct `Explanations` {
  private static let guest = """
    {"specversion":"1.0","id":"e1","source":"s","type":"product.viewed","time":"2021-03-01T09:00:00Z","data":{"visitor_id":"v"}}
    {"specversion":"1.0","id":"e2","source":"s","type":"order.created","time":"2021-03-01T09:01:00Z","data":{"visitor_id":"v","order_id":"o"}}
    {"specversion":"1.0","id":"e3","source":"s","type":"order.payment.succeeded","time":"2021-03-01T09:02:00Z","data":{"order_id":"o","customer_id":"k"}}
    {"specversion":"1.0","id":"e4","source":"s","type":"product.viewed","time":"2021-03-03T09:00:00Z","data":{"visitor_id":"v"}}
    {"specversion":"1.0","id":"e5","source":"s","type":"cart.viewed","time":"2021-03-01T09:00:00Z","data":{"cart_id":"lost"}}

    """

  private func explanation(_ subject: ExplanationSubject) throws -> Explanation {
    try explain(
      subject, in: [run(of: Array(Self.guest.utf8))], options: SequenceOptions(),
      resources: testResources(Circumstances()))
  }

  @Test func `of an order say who owns it and why`() throws {
    let found = try explanation(.order(Array("o".utf8)))
    #expect(found.events.map { text($0.place.eventID) } == ["e2", "e3"])
    #expect(found.events.map { text($0.actor ?? []) } == ["c:k", "c:k"])
    let place = try #require(found.events.last).place
    let rule = OwnerRule.customer(Array("k".utf8), at: place)
    #expect(found.events.map(\.rule) == Array(repeating: .order(Array("o".utf8), rule), count: 2))
  }

  @Test func `of a visitor name the login that an order gave`() throws {
    let found = try explanation(.visitor(Array("v".utf8)))
    let first = try #require(found.events.first)
    guard case .visitor(_, .firstLogin(let login)) = first.rule else {
      Issue.record("\(first.rule)")
      return
    }
    #expect(login.origin == .order(Array("o".utf8)))
    #expect(text(login.customer) == "k")
    #expect(text(login.place.eventID) == "e2")
  }

  @Test func `show why sequences start and end`() throws {
    let found = try explanation(.event(Array("e4".utf8)))
    let actor = try #require(found.actors.first)
    #expect(text(actor.actor) == "c:k")
    #expect(actor.sequences.map(\.isSubject) == [false, true])
    let first = try #require(actor.sequences.first)
    let last = try #require(actor.sequences.last)
    #expect(first.start == .first)
    #expect(first.end == .purchase(at: first.endedAt))
    #expect(first.steps.map(\.ledgerOffset) == [0, 1, 2])
    #expect(first.steps.map(\.silence) == [nil, 60_000_000, 60_000_000])
    #expect(last.start == .afterPurchase(sequenceID: first.sequenceID))
    #expect(last.end == .stillOpen(silence: 0, patience: 86_400_000_000))
    let again = try explanation(.sequence(last.sequenceID))
    #expect(again.actors.first?.sequences.map(\.isSubject) == [false, true])
  }

  @Test func `of a sequence say whose it is and why`() throws {
    let first = try #require(try explanation(.order(Array("o".utf8))).actors.first?.sequences.first)
    let found = try explanation(.sequence(first.sequenceID))
    #expect(found.events.map { text($0.place.eventID) } == ["e1", "e2", "e3"])
    #expect(found.events.map { text($0.actor ?? []) } == ["c:k", "c:k", "c:k"])
    guard case .visitor(_, .firstLogin) = found.events.first?.rule,
      case .order(let order, .customer) = found.events.last?.rule
    else {
      Issue.record("\(found.events.map(\.rule))")
      return
    }
    #expect(text(order) == "o")
    #expect(try explanation(.sequence(Array("0123456789abcdef".utf8))).events.isEmpty)
  }

  @Test func `of what nobody owns and of what nobody named are empty`() throws {
    let lost = try explanation(.event(Array("e5".utf8)))
    #expect(lost.events.map(\.rule) == [.cart(Array("lost".utf8), .nobody)])
    #expect(lost.actors.isEmpty)
    #expect(try explanation(.customer(Array("nobody".utf8))).events.isEmpty)
    #expect(try explanation(.sequence(Array("0123456789abcdef".utf8))).actors.isEmpty)
  }
}
