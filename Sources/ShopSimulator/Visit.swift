struct CartLine {
  var itemID: String
  var quantity: Int64
  var unitPrice: Int64
}

/// One visit of one person: from the first look to an order and what follows it, or to nothing.
struct Visit {
  /// Lines a visit gives on average, redeliveries included; measured over a million lines.
  static let meanEventCount = 8.2

  struct Event {
    var milliseconds: Int64
    var line: [UInt8]
  }

  var random: RandomNumbers
  private(set) var events: [Event] = []

  private let assortment: Assortment
  private let visitorID: String
  /// Every third person has an account; on half of their visits they log in only at checkout.
  private let customerID: String?
  private var isLoggedIn: Bool
  private let channel: String
  private let device: String
  private let locale: String
  private var nextID: Int
  private var time: Int64
  private var cartID = ""
  private var cart: [CartLine] = []

  init(
    person: Int, start: Int64, assortment: Assortment, random: RandomNumbers, firstID: Int
  ) {
    self.random = random
    self.assortment = assortment
    visitorID = "v-" + hexadecimal(UInt64(person) &* 2_654_435_761 & 0xffff_ffff, digits: 8)
    customerID = person % 3 == 0 ? "cus-" + String(String(10_000_000 + person).suffix(7)) : nil
    let remembersLogin = self.random.chance(0.5)
    isLoggedIn = remembersLogin && person % 3 == 0
    channel = self.random.pick(["direct", "search", "email", "ads", "social"])
    device = self.random.pick(["ios", "android", "web", "web"])
    locale = self.random.pick(["en-US", "de-DE", "ja-JP", "pt-BR"])
    nextID = firstID
    time = start
  }

  mutating func run() {
    arrive()
    browse()
    guard !cart.isEmpty else { return }
    if random.chance(0.06) { return emptyCart() }
    if random.chance(0.25) { shop("cart.viewed") { _ in } }
    guard random.chance(0.45) else { return remind() }
    guard checkOut() else { return remind() }
    let orderID = "ord-" + hexadecimal(random.bits(), digits: 12)
    order(orderID)
    if pay(orderID) { followUp(orderID) } else { cancel(orderID) }
  }

  private mutating func arrive() {
    guard channel == "ads" else { return }
    let campaign = "cmp-\(random.below(50))"
    let creative = "crv-\(random.below(400))"
    shop("ad.clicked", source: "/ads") { text in
      text.member("campaign_id", campaign)
      text.member("creative_id", creative)
    }
    time += 300 + Int64(random.below(1700))
  }

  private mutating func browse() {
    if random.chance(0.3) {
      let query = random.pick(["red shoes", "lamp", "coffee", "gift", "caf\u{e9}", "xl"])
      shop("product.searched") { $0.member("query", query) }
      time += random.exponential(mean: 9000) + 300
    }
    let looks = min(40, 1 + Int(random.exponential(mean: 4)))
    for _ in 0..<looks {
      let item = assortment.pick(&random)
      let line = CartLine(
        itemID: itemName(item), quantity: random.chance(0.85) ? 1 : Int64(2 + random.below(3)),
        unitPrice: assortment.prices[item])
      shop("product.viewed") { text in
        text.member("item_id", line.itemID)
        text.member("unit_price", line.unitPrice)
        text.member("currency", "EUR")
      }
      time += random.exponential(mean: 25_000) + 500
      if random.chance(0.18) { addToCart(line) }
      if random.chance(0.004) { time += Int64(random.below(7_200_000)) }
    }
  }

  private mutating func addToCart(_ line: CartLine) {
    if cartID.isEmpty {
      cartID = "cart-" + hexadecimal(random.bits(), digits: 12)
      shop("cart.created") { _ in }
      time += 20
    }
    shop("cart.item.added") { text in
      text.member("item_id", line.itemID)
      text.member("quantity", line.quantity)
      text.member("unit_price", line.unitPrice)
      text.member("currency", "EUR")
    }
    cart.append(line)
    time += random.exponential(mean: 8000) + 200
    guard random.chance(0.08) else { return }
    shop("cart.item.removed") { text in
      text.member("item_id", line.itemID)
      text.member("quantity", line.quantity)
    }
    cart.removeLast()
    time += 1500
  }

  private mutating func emptyCart() {
    shop("cart.emptied") { _ in }
    cart = []
  }

  /// An abandoned cart of somebody we can write to: a machine event that names the cart.
  private mutating func remind() {
    guard isLoggedIn, random.chance(0.5) else { return }
    time += 3_600_000 + random.exponential(mean: 3_600_000)
    let cartID = cartID
    machine("email.reminder.sent", source: "/email", orderID: nil) { text in
      text.member("cart_id", cartID)
      text.member("template", "forgotten-cart")
    }
  }

  private mutating func checkOut() -> Bool {
    let total = cart.reduce(0) { $0 + $1.quantity * $1.unitPrice }
    shop("checkout.started", source: "/checkout") { text in
      text.member("amount", total)
      text.member("currency", "EUR")
    }
    time += random.exponential(mean: 20_000) + 1000
    if let customerID, !isLoggedIn, random.chance(0.8) {
      isLoggedIn = true
      shop("customer.identified", source: "/accounts") { $0.member("account", customerID) }
      time += 400
    }
    for step in 0..<2 {
      if random.chance(0.14) { return false }
      let topic: StaticString = step == 0 ? "checkout.address.entered" : "checkout.delivery.chosen"
      shop(topic, source: "/checkout") { _ in }
      time += random.exponential(mean: 25_000) + 1500
    }
    return true
  }

  private mutating func order(_ orderID: String) {
    let cart = cart
    let total = cart.reduce(0) { $0 + $1.quantity * $1.unitPrice }
    shop("order.created", source: "/orders") { text in
      text.member("order_id", orderID)
      text.lines(cart, withPrices: true)
      text.member("amount", total)
      text.member("currency", "EUR")
    }
    machine("inventory.reserved", source: "/inventory", orderID: orderID, after: 40) { text in
      text.lines(cart, withPrices: false)
    }
  }

  private mutating func pay(_ orderID: String) -> Bool {
    let total = cart.reduce(0) { $0 + $1.quantity * $1.unitPrice }
    for attempt in 1...3 {
      time += 900 + Int64(random.below(8100))
      let payment = "pay-" + hexadecimal(random.bits(), digits: 10)
      let method = random.pick(["card", "card", "paypal", "klarna", "transfer"])
      let reason = random.pick(["card_declined", "insufficient_funds", "timeout"])
      let tell: (inout EventText) -> Void = { text in
        text.member("payment_id", payment)
        text.member("attempt", Int64(attempt))
        text.member("amount", total)
        text.member("currency", "EUR")
        text.member("method", method)
      }
      machine("order.payment.attempted", source: "/payments", orderID: orderID, tell)
      time += 300 + Int64(random.below(3700))
      // A bank transfer is told days later, long after the shop gave the order up.
      if method == "transfer" { time += 86_400_000 + random.exponential(mean: 86_400_000) }
      if random.chance(0.82) {
        machine("order.payment.succeeded", source: "/payments", orderID: orderID, tell)
        return true
      }
      machine("order.payment.failed", source: "/payments", orderID: orderID) { text in
        tell(&text)
        text.member("reason", reason)
      }
      if random.chance(0.4) { return false }
      time += random.exponential(mean: 40_000)
    }
    return false
  }

  private mutating func followUp(_ orderID: String) {
    let total = cart.reduce(0) { $0 + $1.quantity * $1.unitPrice }
    let carrier = random.pick(["ups", "dhl", "usps"])
    machine("email.confirmation.sent", source: "/email", orderID: orderID, after: 60) {
      $0.member("template", "order-confirmation")
    }
    machine("webhook.delivered", source: "/webhooks", orderID: orderID, after: 90) {
      $0.member("status", 200)
    }
    time += random.exponential(mean: 43_200_000)
    machine("fulfillment.label.created", source: "/fulfilment", orderID: orderID) { _ in }
    time += random.exponential(mean: 43_200_000)
    machine("order.fulfilled", source: "/fulfilment", orderID: orderID) {
      $0.member("carrier", carrier)
    }
    guard random.chance(0.07) else { return }
    time += random.exponential(mean: 3e8)
    let isFull = random.chance(0.6)
    machine("order.refunded", source: "/payments", orderID: orderID) { text in
      text.member("amount", isFull ? total : total / 2)
      text.member("currency", "EUR")
    }
  }

  private mutating func cancel(_ orderID: String) {
    guard random.chance(0.5) else { return }
    time += random.exponential(mean: 7_200_000)
    machine("order.cancelled", source: "/orders", orderID: orderID) { _ in }
    machine("inventory.released", source: "/inventory", orderID: orderID, after: 30) { _ in }
  }

  /// An event the person makes: it names who and, once there is one, the cart.
  private mutating func shop(
    _ topic: StaticString, source: StaticString = "/storefront",
    _ tell: (inout EventText) -> Void
  ) {
    var text = EventText(id: takeID(), source: source, topic: topic, milliseconds: time)
    text.member("visitor_id", visitorID)
    if let customerID, isLoggedIn { text.member("customer_id", customerID) }
    if cartID.isEmpty {
      text.member("channel", channel)
      text.member("device", device)
      text.member("locale", locale)
    } else {
      text.member("cart_id", cartID)
    }
    tell(&text)
    events.append(Event(milliseconds: time, line: text.finish()))
  }

  /// An event a system makes: it knows the order, not the person.
  private mutating func machine(
    _ topic: StaticString, source: StaticString, orderID: String?, after delay: Int64 = 0,
    _ tell: (inout EventText) -> Void
  ) {
    var text = EventText(id: takeID(), source: source, topic: topic, milliseconds: time + delay)
    if let orderID { text.member("order_id", orderID) }
    tell(&text)
    events.append(Event(milliseconds: time + delay, line: text.finish()))
  }

  private mutating func takeID() -> UInt64 {
    nextID += 1
    return UInt64(nextID) &* 0x9e37_79b9_7f4a_7c15
  }

  private func itemName(_ item: Int) -> String {
    "sku-" + String(String(1_000_000 + item).suffix(6))
  }
}
