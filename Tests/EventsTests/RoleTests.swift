import Events
import Testing

/// The role table of the contract, §2.
@Suite struct Roles {
  private func role(_ topic: String, _ lines: [RoleTable.Line] = []) -> Role {
    RoleTable(userLines: lines).role(ofTopic: Array(topic.utf8))
  }

  @Test(arguments: [
    ("ad.clicked", Role.ad), ("product.searched", .search), ("product.viewed", .view),
    ("customer.identified", .identify), ("cart.created", .cart), ("cart.viewed", .cart),
    ("cart.item.added", .cartAdd), ("cart.item.removed", .cartRemove), ("cart.emptied", .cartClear),
    ("checkout.started", .checkout), ("checkout.a.b", .checkout), ("checkout.", .checkout),
    ("checkout", .other), (".checkout.a", .other), ("checkouts.a", .other),
    ("order.created", .order), ("order.payment.attempted", .paymentAttempt),
    ("order.payment.failed", .paymentFailure), ("order.payment.succeeded", .paymentSuccess),
    ("order.fulfilled", .fulfilment), ("order.refunded", .refund), ("order.cancelled", .cancel),
    ("inventory.x", .machine), ("email.x", .machine), ("webhook.x", .machine),
    ("fulfillment.x", .machine), ("email", .other), ("order.created.", .other), ("Ad.clicked", .other),
  ])
  func `a topic has its default role`(topic: String, expected: Role) {
    #expect(role(topic) == expected)
  }

  @Test func `ranks, names, people and levels are the contract's`() {
    let names = [
      "ad", "search", "view", "identify", "cart", "cart_add", "cart_remove", "cart_clear",
      "checkout", "order", "payment_attempt", "payment_failure", "payment_success", "fulfilment",
      "refund", "cancel", "machine", "other",
    ]
    #expect(Role.allCases.map(\.name) == names)
    #expect(Role.allCases.map(\.rank) == Array(0...17))
    #expect(Role.allCases.map(\.isHuman) == (0...17).map { $0 <= 10 })
    let levels: [RoleLevel?] = [
      .browse, .browse, .browse, nil, .browse, .cart, .cart, .cart, .checkout, .payment, .payment,
      .payment, .payment, .aftermath, .aftermath, .aftermath, .aftermath, nil,
    ]
    #expect(Role.allCases.map(\.level) == levels)
    for role in Role.allCases { #expect(Role(name: role.name) == role) }
    #expect(Role(name: "View") == nil)
  }

  @Test func `the user's table is asked first, exact before patterns, long before short`() {
    let lines: [RoleTable.Line] = [
      .init(topic: "a.*", role: .view), .init(topic: "a.b.*", role: .cart),
      .init(topic: "a.b.c", role: .order), .init(topic: "order.*", role: .other),
      .init(topic: "product.viewed", role: .search), .init(topic: "product.viewed", role: .ad),
    ]
    #expect(role("a.x", lines) == .view)
    #expect(role("a.b", lines) == .view)
    #expect(role("a.b.x", lines) == .cart)
    #expect(role("a.b.c", lines) == .order)
    #expect(role("a", lines) == .other)
    #expect(role("order.created", lines) == .other)
    #expect(role("product.viewed", lines) == .ad)
    #expect(role("cart.viewed", lines) == .cart)
    #expect(role("x", [.init(topic: "*", role: .machine)]) == .machine)
  }

  @Test func `a pattern has its star as the whole last word`() {
    for good in ["a", "a.*", "*", "a..*", ".", "a.b.*"] { #expect(RoleTable.isWellFormed(good)) }
    for bad in ["", "a*", "*.a", "a.*.b", "a.**", "**"] { #expect(!RoleTable.isWellFormed(bad)) }
  }

  @Test func `topics are compared byte by byte`() {
    let lines: [RoleTable.Line] = [.init(topic: "caf\u{e9}", role: .view)]
    #expect(role("caf\u{e9}", lines) == .view)
    #expect(role("cafe\u{301}", lines) == .other)
  }
}
