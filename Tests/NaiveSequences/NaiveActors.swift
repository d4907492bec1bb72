/// An accepted event with its role and its place in the order of events.
struct NaiveStep {
  var event: NaiveEvent
  var role: NaiveRole
  /// The position in the order of events, from 0.
  var place: Int

  var time: Microseconds { event.time }
}

/// The order of events: time, rank, event id, source. Nothing else.
func inOrder(_ events: [NaiveEvent], _ options: NaiveOptions) -> [NaiveStep] {
  var steps = events.map {
    NaiveStep(event: $0, role: role(of: $0.topic, userRoles: options.roles), place: 0)
  }
  steps.sort { left, right in
    if left.time != right.time { return left.time < right.time }
    if left.role.rank != right.role.rank { return left.role.rank < right.role.rank }
    if left.event.eventID != right.event.eventID {
      return isBefore(left.event.eventID, right.event.eventID)
    }
    return isBefore(left.event.source, right.event.source)
  }
  for index in steps.indices { steps[index].place = index }
  return steps
}

/// A visitor was this customer, at a place in the order of events.
struct NaiveLogin {
  var visitor: ByteText
  var customer: ByteText
  var time: Microseconds
  var place: Int
  /// At one place: 0 an event's own, 1 an order's, 2 a cart's.
  var kind: Int
}

/// Whose event is it? §3, asked of the whole set of events.
struct NaiveActors {
  let options: NaiveOptions
  /// The events of each order and cart, in order.
  let orders: [ByteText: [NaiveStep]]
  let carts: [ByteText: [NaiveStep]]
  /// The logins of each visitor, in order.
  private(set) var logins: [ByteText: [NaiveLogin]] = [:]

  init(_ steps: [NaiveStep], _ options: NaiveOptions) {
    self.options = options
    orders = grouped(steps) { $0.event.orderID }
    carts = grouped(steps) { $0.event.cartID }
    var all = steps.compactMap(ownLogin)
    all += orders.values.compactMap { groupLogin($0, kind: 1) }
    all += carts.values.compactMap { groupLogin($0, kind: 2) }
    all.sort { ($0.place, $0.kind) < ($1.place, $1.kind) }
    for login in all { logins[login.visitor, default: []].append(login) }
  }

  /// Rule 1: each event that carries both is a login.
  private func ownLogin(_ step: NaiveStep) -> NaiveLogin? {
    guard let visitor = step.event.visitorID, let customer = step.event.customerID else {
      return nil
    }
    return NaiveLogin(
      visitor: visitor, customer: customer, time: step.time, place: step.place, kind: 0)
  }

  /// Rule 1: the earliest event with a visitor and no customer, and the earliest customer.
  private func groupLogin(_ group: [NaiveStep], kind: Int) -> NaiveLogin? {
    if isConstant(group) { return nil }
    let guest = group.first { $0.event.visitorID != nil && $0.event.customerID == nil }
    guard let guest, let visitor = guest.event.visitorID, let customer = firstCustomer(group)
    else { return nil }
    return NaiveLogin(
      visitor: visitor, customer: customer, time: guest.time, place: guest.place, kind: kind)
  }

  /// Rule 3: too many visitors or too many customers: a constant and no id.
  func isConstant(_ group: [NaiveStep]) -> Bool {
    let visitors = Set(group.compactMap(\.event.visitorID))
    let customers = Set(group.compactMap(\.event.customerID))
    return visitors.count > options.hubLimit || customers.count > options.hubLimit
  }

  private func firstCustomer(_ group: [NaiveStep]) -> ByteText? {
    group.compactMap(\.event.customerID).first
  }

  /// Rule 2: a visitor at a time.
  func actor(ofVisitor visitor: ByteText, at time: Microseconds) -> ByteText {
    let itself = bytes("v:") + visitor
    guard options.stitches, let logins = logins[visitor], let first = logins.first else {
      return itself
    }
    if Set(logins.map(\.customer)).count > options.hubLimit { return itself }
    let last = logins.last { $0.time <= time } ?? first
    return bytes("c:") + last.customer
  }

  /// Rule 3: the owner of an order.
  func owner(ofOrder order: ByteText) -> ByteText? {
    let group = orders[order] ?? []
    if isConstant(group) { return nil }
    if let owner = ownOwner(group) { return owner }
    guard let cart = group.compactMap(\.event.cartID).first else { return nil }
    return owner(ofCart: cart)
  }

  /// Rule 3: the owner of a cart.
  func owner(ofCart cart: ByteText) -> ByteText? {
    let group = carts[cart] ?? []
    return isConstant(group) ? nil : ownOwner(group)
  }

  /// The earliest customer, else the earliest visitor at that event's time.
  private func ownOwner(_ group: [NaiveStep]) -> ByteText? {
    if let customer = firstCustomer(group) { return bytes("c:") + customer }
    guard let step = group.first(where: { $0.event.visitorID != nil }),
      let visitor = step.event.visitorID
    else { return nil }
    return actor(ofVisitor: visitor, at: step.time)
  }

  /// Rule 4: the first that there is.
  func actor(of step: NaiveStep) -> ByteText? {
    if let order = step.event.orderID, let owner = owner(ofOrder: order) { return owner }
    if let customer = step.event.customerID { return bytes("c:") + customer }
    if let visitor = step.event.visitorID { return actor(ofVisitor: visitor, at: step.time) }
    if let cart = step.event.cartID { return owner(ofCart: cart) }
    return nil
  }
}

/// Steps by one of their ids, each group in order; those without the id are left out.
private func grouped(
  _ steps: [NaiveStep], by id: (NaiveStep) -> ByteText?
) -> [ByteText: [NaiveStep]] {
  var groups: [ByteText: [NaiveStep]] = [:]
  for step in steps {
    if let id = id(step) { groups[id, default: []].append(step) }
  }
  return groups
}
