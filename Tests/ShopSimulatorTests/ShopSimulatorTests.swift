import ShopSimulator
import Testing

@Suite struct SimulatedShops {
  private func lines(seed: UInt64, count: Int) -> [UInt8] {
    var shop = ShopSimulator(seed: seed, eventCount: count)
    var lines: [UInt8] = []
    while shop.appendNext(to: &lines) {}
    return lines
  }

  @Test func `the same seed gives the same bytes and another seed others`() {
    #expect(lines(seed: 1, count: 2000) == lines(seed: 1, count: 2000))
    #expect(lines(seed: 1, count: 2000) != lines(seed: 2, count: 2000))
  }

  @Test(arguments: [0, 1, 2, 999, 5000])
  func `it gives as many lines as were asked for`(count: Int) {
    #expect(lines(seed: 3, count: count).count(where: { $0 == 0x0a }) == count)
  }

  @Test func `lines come late and twice, and nearly every topic of the contract occurs`() {
    let all = lines(seed: 4, count: 60_000).split(separator: 0x0a)
    let distinct = Set(all.map { String(decoding: $0, as: UTF8.self) })
    let doubled = all.count - distinct.count
    #expect(doubled > all.count / 200 && doubled < all.count / 50)
    let times = all.map { line in
      String(decoding: line, as: UTF8.self).split(separator: "\"time\":\"")[1].prefix(24)
    }
    let late = zip(times, times.dropFirst()).count(where: { $0 > $1 })
    #expect(late > all.count / 100)
    for topic in [
      "ad.clicked", "product.searched", "product.viewed", "customer.identified", "cart.created",
      "cart.viewed", "cart.item.added", "cart.item.removed", "cart.emptied", "checkout.started",
      "order.created", "order.payment.attempted", "order.payment.failed",
      "order.payment.succeeded", "order.fulfilled", "order.refunded", "order.cancelled",
      "inventory.reserved", "email.confirmation.sent", "webhook.delivered",
      "fulfillment.label.created",
    ] {
      #expect(distinct.contains { $0.contains("\"type\":\"\(topic)\"") }, "no \(topic)")
    }
  }
}
