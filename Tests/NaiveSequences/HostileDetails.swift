extension HostileEvents {
  /// A topic that plays the role by default, or one that the role tables are asked about.
  mutating func topic(_ role: NaiveRole) -> String {
    if random.chance(knobs.otherTopics) {
      return random.pick(HostileEvents.oddTopics + options.roles.map { namedTopic($0.0) })
    }
    return random.pick(HostileEvents.topics[role] ?? ["unheard.of"])
  }

  /// A topic that a line of the user's table is about.
  private mutating func namedTopic(_ name: ByteText) -> String {
    let text = String(decoding: name, as: UTF8.self)
    guard name.last == UInt8(ascii: "*") else { return text }
    return text.dropLast() + random.pick(["x", "x.y", "", "*", "help.returns"])
  }

  private static let oddTopics = [
    "loyalty.points", "page.view", "page.help.returns", "page.help", "page", "checkout",
    "checkout.", "checkout..", "order", "order.", "order.payment.chargeback", "Product.Viewed",
    "product.viewed.", ".checkout.a", "café.order", "a..b", ".", "*", "webhook.delivered",
  ]

  private static let topics: [NaiveRole: [String]] = [
    .ad: ["ad.clicked"], .search: ["product.searched"], .view: ["product.viewed"],
    .identify: ["customer.identified"], .cart: ["cart.created", "cart.viewed"],
    .cartAdd: ["cart.item.added"], .cartRemove: ["cart.item.removed"],
    .cartClear: ["cart.emptied"], .checkout: ["checkout.started", "checkout.pay.chosen"],
    .order: ["order.created"], .paymentAttempt: ["order.payment.attempted"],
    .paymentFailure: ["order.payment.failed"], .paymentSuccess: ["order.payment.succeeded"],
    .fulfilment: ["order.fulfilled"], .refund: ["order.refunded"],
    .cancel: ["order.cancelled"],
    .machine: ["webhook.delivered", "email.sent", "inventory.changed", "fulfillment.done"],
  ]

  /// What an event of a role tells beside its ids.
  mutating func details(_ role: NaiveRole) -> [(String, String)] {
    var members: [(String, String)] = []
    switch role {
    case .cartAdd: members += itemMembers()
    case .cartRemove:
      members += random.chance(40) ? [("item_id", id(item()))] : itemMembers()
    case .order, .paymentSuccess:
      if random.chance(role == .order ? 30 : 12) { members.append(("items", lines())) }
      if random.chance(role == .order ? 60 : 40) { members.append(("amount", money())) }
    case .refund:
      if !random.chance(knobs.strangePayments) { members.append(("amount", money())) }
    case .view:
      members.append(("item_id", id(item())))
    default:
      if random.chance(10) { members += itemMembers() }
    }
    if role == .paymentSuccess || role == .refund || random.chance(5) {
      members += paymentMembers()
    }
    if random.chance(6) { members.append(("channel", random.pick(["\"mail\"", "\"none\"", "7"]))) }
    if random.chance(6) { members.append(("campaign_id", id("\"spring\""))) }
    if random.chance(3) { members.append(("session_id", "\"s1\"")) }
    if random.chance(3) { members.append(("creative_id", id("\"banner\""))) }
    return members
  }

  /// An item, or lines, or both.
  private mutating func itemMembers() -> [(String, String)] {
    var members: [(String, String)] = []
    if random.chance(knobs.cartArithmetic) { members.append(("items", lines())) }
    if !random.chance(knobs.cartArithmetic / 2) {
      members.append(("item_id", id(item())))
    }
    if random.chance(40) { members.append(("quantity", quantity())) }
    if random.chance(50) { members.append(("unit_price", price())) }
    return members
  }

  private mutating func item() -> String {
    random.chance(30 + knobs.crossings) ? random.pick(ids.items) : path.item
  }

  private mutating func lines() -> String {
    let objects = (0..<random.below(4)).map { _ in
      var members: [(String, String)] = []
      if random.chance(85) { members.append(("item_id", id(item()))) }
      if random.chance(60) { members.append(("quantity", quantity())) }
      if random.chance(70) { members.append(("unit_price", price())) }
      return object(members)
    }
    return "[" + objects.joined(separator: ",") + "]"
  }

  private mutating func paymentMembers() -> [(String, String)] {
    var members: [(String, String)] = []
    if random.chance(60) { members.append(("payment_id", id(random.pick(ids.payments)))) }
    if random.chance(40) {
      let isOther = random.chance(knobs.strangePayments / 2)
      members.append(("currency", isOther ? random.pick(["\"USD\"", "\"null\""]) : "\"EUR\""))
    }
    return members
  }

  private mutating func quantity() -> String {
    if random.chance(knobs.hugeNumbers) {
      return random.pick(["2147483647", "-2147483648", "2147483647.0", "2147483.647e3"])
    }
    if random.chance(knobs.cartArithmetic) {
      return random.pick(["0", "-1", "-2", "-0", "null", "2.0", "20e-1", "0e5"])
    }
    return random.pick(["1", "1", "2", "3"])
  }

  private mutating func money() -> String {
    if random.chance(knobs.hugeNumbers) {
      return random.pick([
        "9223372036854775807", "-9223372036854775808", "9223372036854775806",
        "4611686018427387904", "922337203685477580.7e1",
      ])
    }
    if random.chance(knobs.strangePayments / 2) {
      return random.pick(["0", "-5", "null", "1e2", "100.0"])
    }
    return random.pick(["5", "10", "100", "999"])
  }

  private mutating func price() -> String {
    random.chance(15) ? "null" : money()
  }
}
