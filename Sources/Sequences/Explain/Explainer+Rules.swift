import Bytes
import Events

/// All logins of the visitors at hand, in the order of events.
struct Logins {
  private var byVisitor: [UInt32: [ExplainedLogin]] = [:]

  init(of visitors: Set<UInt32>, _ explainer: Explainer) throws {
    let links = explainer.links
    let roles = RoleTable(userLines: explainer.options.roles)
    for run in explainer.stages.runs {
      try run.scan { batch in
        for row in 0..<batch.count where explainer.exists(batch, row) {
          guard let customer = explainer.value(batch[.customerID], row) else { continue }
          let visitor = explainer.code(batch[.visitorID], row) { links.visitors.find($0) }
          guard visitors.contains(visitor) else { continue }
          byVisitor[visitor, default: []].append(
            ExplainedLogin(
              visitor: Array(links.visitors[visitor]), customer: customer,
              place: explainer.place(batch, row, roles), origin: .event))
        }
      }
    }
    addDerived(explainer.reasons.orders, visitors, explainer) { .order($0) }
    addDerived(explainer.reasons.carts, visitors, explainer) { .cart($0) }
    for visitor in byVisitor.keys {
      byVisitor[visitor]?.sort { left, right in
        if isBefore(left.place, right.place) { return true }
        if isBefore(right.place, left.place) { return false }
        return left.kind < right.kind
      }
    }
  }

  private mutating func addDerived(
    _ table: LinkTable, _ visitors: Set<UInt32>, _ explainer: Explainer,
    _ origin: ([UInt8]) -> ExplainedLogin.Origin
  ) {
    for (code, facts) in table.facts.enumerated()
    where visitors.contains(facts.guest) && facts.customerPlace.exists
      && !facts.isHub(explainer.options.hubLimit)
    {
      byVisitor[facts.guest, default: []].append(
        ExplainedLogin(
          visitor: Array(explainer.links.visitors[facts.guest]),
          customer: Array(explainer.links.customers[facts.customer]),
          place: table.explained(facts.guestPlace),
          origin: origin(Array(table.ids[UInt32(code)]))))
    }
  }

  /// Rule 2 of the contract's §3.
  func rule(_ visitor: UInt32, at time: Int64, _ explainer: Explainer) -> VisitorRule {
    if explainer.options.stitch == .none { return .stitchingIsOff }
    let count = Int(explainer.reasons.visitorFacts[Int(visitor)].customerCount)
    if count > explainer.options.hubLimit {
      return .sharedTerminal(customersAtLeast: count, limit: explainer.options.hubLimit)
    }
    let logins = byVisitor[visitor] ?? []
    if let last = logins.last(where: { $0.place.time <= time }) { return .login(last) }
    if let first = logins.first { return .firstLogin(first) }
    return .noLogin
  }
}

extension ExplainedLogin {
  fileprivate var kind: Int {
    switch origin {
    case .event: 0
    case .order: 1
    case .cart: 2
    }
  }
}

extension Explainer {
  /// The visitors whose logins decide about these events.
  func visitors(of matches: [Match]) -> Set<UInt32> {
    var visitors: Set<UInt32> = []
    for match in matches {
      visitors.insert(match.visitor)
      if match.cart != InternTable.absent {
        visitors.insert(reasons.carts.facts[Int(match.cart)].guest)
      }
      guard match.order != InternTable.absent else { continue }
      let facts = reasons.orders.facts[Int(match.order)]
      visitors.insert(facts.guest)
      let cart = reasons.orders.carts[Int(match.order)].cart
      if cart != InternTable.absent {
        visitors.insert(reasons.carts.facts[Int(cart)].guest)
      }
    }
    return visitors.subtracting([InternTable.absent])
  }

  /// Rule 4 of the contract's §3, with its reasons.
  func rule(of match: Match, _ logins: Logins) -> ActorRule {
    if match.order != InternTable.absent,
      links.orderOwners[Int(match.order)] != ResolvedLinks.nobody
    {
      return .order(Array(reasons.orders.ids[match.order]), orderRule(match.order, logins))
    }
    if match.customer != InternTable.absent {
      return .ownCustomer(Array(links.customers[match.customer]))
    }
    if match.visitor != InternTable.absent {
      return .visitor(
        Array(links.visitors[match.visitor]),
        logins.rule(match.visitor, at: match.event.place.time, self))
    }
    if match.cart != InternTable.absent {
      return .cart(
        Array(reasons.carts.ids[match.cart]), rule(reasons.carts, match.cart, logins))
    }
    return .nobody
  }

  /// Rule 3 of the contract's §3 for an order.
  func orderRule(_ order: UInt32, _ logins: Logins) -> OwnerRule {
    let own = rule(reasons.orders, order, logins)
    let named = reasons.orders.carts[Int(order)]
    guard own == .nobody, named.place.exists else { return own }
    return .cart(
      Array(reasons.carts.ids[named.cart]), at: reasons.orders.explained(named.place),
      rule(reasons.carts, named.cart, logins))
  }

  private func rule(_ table: LinkTable, _ code: UInt32, _ logins: Logins) -> OwnerRule {
    let facts = table.facts[Int(code)]
    if facts.isHub(options.hubLimit) {
      return .constant(
        visitorsAtLeast: Int(facts.visitorCount), customersAtLeast: Int(facts.customerCount),
        limit: options.hubLimit)
    }
    if facts.customerPlace.exists {
      return .customer(
        Array(links.customers[facts.customer]), at: table.explained(facts.customerPlace))
    }
    guard facts.guestPlace.exists else { return .nobody }
    return .visitor(
      Array(links.visitors[facts.guest]), at: table.explained(facts.guestPlace),
      logins.rule(facts.guest, at: facts.guestPlace.time, self))
  }
}

extension LinkTable {
  /// A kept place for people.
  func explained(_ place: Place) -> EventPlace {
    let texts = known.places.texts(place)
    return EventPlace(
      time: place.time, role: Role(rawValue: place.rank) ?? .other, eventID: Array(texts.id),
      source: Array(texts.source))
  }
}
