import Files
import FilesTesting
import NaiveSequences
import Sequences
import Testing

/// Pasts that a silence closes: what an update leaves alone, and what makes it come back to it.
@Suite struct `A closed past` {
  /// One visitor's events, each with a day, an hour, a topic and more data.
  private typealias Told = (day: Int, hour: Int, topic: String, data: String)

  private func line(_ number: Int, _ told: Told) -> [UInt8] {
    let day = told.day < 10 ? "0\(told.day)" : "\(told.day)"
    let hour = told.hour < 10 ? "0\(told.hour)" : "\(told.hour)"
    return event("e\(number)", told.topic, "2026-03-\(day)T\(hour):00:00Z", told.data)
  }

  /// Updates after each of some groups of events; gives what each computed with.
  private func computed(_ groups: [[Told]]) throws -> [Int] {
    let files = SimulatedFileSystem(directory: "/kept")
    var lines: [[UInt8]] = []
    return try groups.map { group in
      for told in group { lines.append(line(lines.count, told)) }
      let runs = layout(lines, parts: 2)
      let kept = try update(files, runs, SequenceOptions())
      #expect(try written(kept) == compute(runs, formats: `Kept sequences`.formats))
      return kept.report.computedRowCount
    }
  }

  private let visitor = "\"visitor_id\":\"v\""
  private let both = "\"visitor_id\":\"v\",\"customer_id\":\"c\""
  private let item = ",\"item_id\":\"x\""

  @Test func `is left alone by a visit after a day of silence`() throws {
    let first: [Told] = [(1, 10, "product.viewed", visitor), (1, 11, "product.viewed", visitor)]
    #expect(try computed([first, [(2, 12, "product.viewed", visitor)]]) == [2, 1])
    #expect(try computed([first, [(2, 11, "product.viewed", visitor)]]) == [2, 3])
  }

  @Test func `ends with the recovery window of a cart`() throws {
    let first: [Told] = [(1, 10, "cart.item.added", visitor + item)]
    #expect(try computed([first, [(8, 11, "product.viewed", visitor)]]) == [1, 2])
    #expect(try computed([first, [(8, 12, "order.payment.succeeded", visitor)]]) == [1, 1])
  }

  @Test func `ends with a purchase and its session`() throws {
    let first: [Told] = [(1, 10, "order.payment.succeeded", visitor)]
    #expect(try computed([first, [(1, 11, "product.viewed", visitor)]]) == [1, 1])
  }

  @Test func `lets a visitor stay the customer it was`() throws {
    let first: [Told] = [(1, 10, "product.viewed", both), (1, 11, "product.viewed", visitor)]
    let groups = [
      first, [(3, 10, "product.viewed", visitor)], [(5, 10, "product.viewed", both)],
      [(7, 10, "product.viewed", "\"visitor_id\":\"w\",\"customer_id\":\"c\"")],
      [(9, 10, "product.viewed", "\"visitor_id\":\"w\"")],
      [(11, 10, "product.viewed", visitor)],
    ]
    #expect(try computed(groups) == [2, 1, 1, 1, 1, 1])
  }

  @Test func `comes back with a first login and with a second customer`() throws {
    let other = "\"visitor_id\":\"v\",\"customer_id\":\"d\""
    let groups: [[Told]] = [
      [(1, 10, "product.viewed", visitor)], [(3, 10, "product.viewed", visitor)],
      [(5, 10, "product.viewed", both)], [(7, 10, "product.viewed", visitor)],
      [(9, 10, "product.viewed", other)], [(11, 10, "product.viewed", visitor)],
    ]
    #expect(try computed(groups) == [1, 1, 3, 1, 5, 6])
  }

  @Test func `comes back with a late event and with an old order`() throws {
    let order = visitor + ",\"order_id\":\"o\""
    let groups: [[Told]] = [
      [(1, 10, "order.created", order)], [(12, 10, "product.viewed", visitor)],
      [(14, 10, "order.payment.succeeded", "\"order_id\":\"o\"")],
      [(24, 10, "product.viewed", visitor)], [(2, 10, "product.viewed", visitor)],
    ]
    #expect(try computed(groups) == [1, 1, 3, 1, 5])
  }

  @Test func `is all before the last silence, if no order lies on both sides`() throws {
    let order = visitor + ",\"order_id\":\"o\""
    let cart: Told = (20, 10, "cart.item.added", visitor + item)
    let first: [Told] = [(1, 10, "product.viewed", visitor), (5, 10, "product.viewed", visitor)]
    #expect(try computed([first + [cart], [(21, 10, "product.viewed", visitor)]]) == [3, 2])
    let ordered: [Told] = [(1, 10, "order.created", order), (12, 10, "product.viewed", visitor)]
    let refund: Told = (13, 10, "order.refunded", "\"order_id\":\"o\"")
    #expect(
      try computed([ordered + [refund, cart], [(21, 10, "product.viewed", visitor)]]) == [4, 2])
    let late: Told = (20, 11, "order.refunded", "\"order_id\":\"o\"")
    #expect(
      try computed([ordered + [cart, late], [(21, 10, "product.viewed", visitor)]]) == [4, 5])
  }

  /// Forty days of a few people whose visits are days apart; what arrives on a day may be late, log
  /// in somebody anew, or pay, refund and fulfil old orders.
  @Test(arguments: 0..<4)
  func `gives the rows of the whole computation, day by day`(group: UInt64) throws {
    var left = 0
    for seed in Seeds.chosen(usually: 40) where seed % 4 == group {
      var shop = DailyShop(seed: seed)
      let files = SimulatedFileSystem(directory: "/kept", seed: seed)
      var options = SequenceOptions()
      if seed % 3 == 1 { options.recoveryWindow = 3 * 86_400_000_000 }
      if seed % 5 == 1 { options.stitch = .none }
      if seed % 7 == 1 { options.hubLimit = 1 }
      if seed % 4 == 2 { options.sessionGap = 40 * 3_600_000_000 }
      var lines: [[UInt8]] = []
      for day in 1...28 {
        lines += shop.arrivals(on: day)
        let runs = layout(lines, parts: 1 + Int(seed % 3))
        let kept = try update(files, runs, options)
        left += lines.count - kept.report.computedRowCount
        let same = try written(kept) == compute(runs, options, formats: `Kept sequences`.formats)
        #expect(same, "day \(day); SEED=\(seed) swift test --filter SequencesTests")
        if !same { return }
      }
    }
    #expect(left > 0)
  }
}

/// What arrives at a shop day by day, with everything that reaches back.
private struct DailyShop {
  private var random: SplitMix64
  private var count = 0
  private var orders: [String] = []
  private var carts: [String] = []

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  private mutating func line(_ topic: String, _ day: Int, _ data: [String]) -> [UInt8] {
    count += 1
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time =
      "2026-03-\(two(day))T\(two(random.below(24))):\(two(random.below(60))):00Z"
    return event("e\(count)", topic, time, data.joined(separator: ","))
  }

  mutating func arrivals(on day: Int) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for person in 0..<6 where random.chance(25) {
      // Some arrive late, by days.
      let when = random.chance(8) ? max(1, day - random.below(20)) : day
      var who = ["\"visitor_id\":\"v\(random.chance(6) ? random.below(6) : person)\""]
      if person % 2 == 0 && random.chance(60) {
        who.append("\"customer_id\":\"c\(random.chance(4) ? random.below(3) : person)\"")
      }
      if person % 2 == 1 && random.chance(5) { who.append("\"customer_id\":\"c\(person)\"") }
      for _ in 0...random.below(3) { lines += step(who, when) }
    }
    if !orders.isEmpty && random.chance(25) {
      let order = orders[random.below(orders.count)]
      let topics = [
        "order.payment.succeeded", "order.payment.failed", "order.refunded", "order.fulfilled",
      ]
      lines.append(
        line(topics[random.below(4)], day, ["\"order_id\":\"\(order)\"", "\"amount\":7"]))
    }
    if random.chance(10) { lines.append(line("email.sent", day, ["\"customer_id\":\"c2\""])) }
    if random.chance(5) { lines.append(line("stock.counted", day, ["\"visitor_id\":\"v3\""])) }
    return lines
  }

  private mutating func step(_ who: [String], _ day: Int) -> [[UInt8]] {
    let item = "\"item_id\":\"i\(random.below(3))\""
    switch random.below(6) {
    case 0, 1: return [line("product.viewed", day, who + [item])]
    case 2:
      if carts.isEmpty || random.chance(85) { carts.append("t\(carts.count)") }
      let cart = random.chance(85) ? carts.count - 1 : random.below(carts.count)
      return [line("cart.item.added", day, who + [item, "\"cart_id\":\"\(carts[cart])\""])]
    case 3: return [line("cart.item.added", day, who + [item, "\"unit_price\":5"])]
    case 4: return [line("order.payment.failed", day, who)]
    default:
      orders.append("o\(orders.count)")
      let order = "\"order_id\":\"o\(orders.count - 1)\""
      var lines = [line("order.created", day, who + [order])]
      if random.chance(60) { lines.append(line("order.payment.succeeded", day, [order])) }
      return lines
    }
  }
}
