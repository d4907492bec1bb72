/// Who owns each order and cart.
///
/// - Source: docs/semantics.md §3.3.
struct Owners {
  var orders: [UInt32] = []
  var carts: [UInt32] = []

  init(
    _ gatherer: borrowing LinkGatherer, visitorActors: [UInt32], customerRanks: [UInt32],
    timelines: Timelines
  ) {
    let limit = gatherer.options.hubLimit
    func owner(_ facts: LinkFacts) -> UInt32 {
      if facts.customerPlace.exists { return customerRanks[Int(facts.customer)] }
      guard facts.guestPlace.exists else { return ResolvedLinks.nobody }
      let actor = visitorActors[Int(facts.guest)]
      if actor & ResolvedLinks.timelineBit == 0 { return actor }
      let timeline = actor & ~ResolvedLinks.timelineBit
      return customerRanks[Int(timelines.customer(timeline, at: facts.guestPlace.time))]
    }
    carts.reserveCapacity(gatherer.carts.facts.count)
    for facts in gatherer.carts.facts.buffer {
      carts.append(facts.isHub(limit) ? ResolvedLinks.nobody : owner(facts))
    }
    orders.reserveCapacity(gatherer.orders.facts.count)
    for (order, facts) in gatherer.orders.facts.buffer.enumerated() {
      var found = facts.isHub(limit) ? ResolvedLinks.nobody : owner(facts)
      let named = gatherer.orders.carts[order]
      if found == ResolvedLinks.nobody && named.place.exists && !facts.isHub(limit) {
        found = carts[Int(named.cart)]
      }
      orders.append(found)
    }
  }
}
