extension HostileEvents {
  /// Just as many people as the hub limit, or one more, around one visitor, order or cart.
  mutating func makeCrowd(_ path: inout HostilePath) {
    path.crowd = random.pick(["visitor_id", "customer_id"])
    let role = random.pick([NaiveRole.identify, .view, .checkout, .order, .cartAdd])
    let count = max(1, min(options.hubLimit + random.below(3), 9))
    path.rolesToCome = Array(repeating: role, count: count) + [.view, .order]
    // Guest orders and carts whose customer is told apart give logins of their own.
    path.crowdComesApart = random.chance(30)
  }

  /// The next of the crowd, beside the path's own person.
  mutating func crowdPeople(_ column: String) -> [(String, String)] {
    let isVisitor = column == "visitor_id"
    let names = isVisitor ? ids.visitors : ids.customers
    let member = (column, names[path.crowdCount % names.count])
    path.crowdCount += 1
    if path.crowdComesApart {
      path.order = ids.orders[path.crowdCount / 2 % ids.orders.count]
      let isGuest = path.crowdCount % 2 == 1
      let customer = random.pick(ids.customers)
      return isGuest ? [("visitor_id", path.visitor)] : [("customer_id", customer)]
    }
    if isVisitor { return random.chance(30) ? [member, ("customer_id", path.customer)] : [member] }
    return random.chance(70) ? [("visitor_id", path.visitor), member] : [member]
  }

  /// The person on an event.
  mutating func people() -> [(String, String)] {
    if random.chance(knobs.nobody) { return [] }
    if let crowd = path.crowd, path.rolesToCome.count >= 2 { return crowdPeople(crowd) }
    if path.isAnonymous { return [] }
    var members: [(String, String)] = []
    if path.namesVisitor || random.chance(knobs.crossings / 3) {
      let other = random.chance(knobs.hubs) || random.chance(knobs.crossings)
      members.append(("visitor_id", id(other ? random.pick(ids.visitors) : path.visitor)))
    }
    if path.namesCustomer ? random.chance(90) : random.chance(knobs.crossings / 3) {
      let other = random.chance(knobs.hubs) || random.chance(knobs.crossings)
      members.append(("customer_id", id(other ? random.pick(ids.customers) : path.customer)))
    }
    return members
  }

  /// The order and cart on an event.
  mutating func things(_ role: NaiveRole) -> [(String, String)] {
    var members: [(String, String)] = []
    let isAboutOrder = role.hasLevelPayment || role.isAftermath
    let isUnnamed =
      role == .paymentSuccess
      && random.chance(knobs.strangePayments / 2 + (focus == nil ? 0 : 25))
    if isUnnamed {
      // A success that must find its order by itself.
    } else if random.chance(isAboutOrder ? 85 : path.crowd != nil ? 50 : orderShare / 4) {
      let other = random.chance(knobs.crossings / 2)
      let isSecond = path.rolesToCome.count % 2 == 1
      let own = isSecond ? path.secondOrder ?? path.order : path.order
      members.append(("order_id", id(other ? random.pick(ids.orders) : own)))
    }
    if random.chance(path.crowd != nil || path.isAnonymous ? 60 : cartShare) {
      let other = path.isAnonymous || random.chance(knobs.crossings)
      members.append(("cart_id", id(other ? random.pick(ids.carts) : path.cart)))
    }
    return members
  }

  /// The id, or now and then junk in its place.
  mutating func id(_ text: String) -> String {
    random.chance(knobs.junkIDs) ? HostileIDs.junk(&random) : text
  }
}
