/// A login that an order or a cart gives, beside those of single events.
struct DerivedLogin {
  var visitor: UInt32
  var customer: UInt32
  var place: Place
  /// 1 an order's, 2 a cart's; an event's own is 0. Decides at one place.
  var kind: UInt8
}

/// The logins of all orders and carts, counted among their visitors' customers.
///
/// - Source: docs/semantics.md §3.1.
struct DerivedLogins {
  var logins: [DerivedLogin] = []

  init(_ gatherer: inout LinkGatherer) {
    let limit = gatherer.options.hubLimit
    collect(gatherer.orders.facts.buffer, kind: 1, limit)
    collect(gatherer.carts.facts.buffer, kind: 2, limit)
    for login in logins { gatherer.addCustomer(login.customer, to: login.visitor) }
  }

  private mutating func collect(
    _ facts: UnsafeMutableBufferPointer<LinkFacts>, kind: UInt8, _ limit: Int
  ) {
    for facts in facts
    where facts.guestPlace.exists && facts.customerPlace.exists && !facts.isHub(limit) {
      logins.append(
        DerivedLogin(
          visitor: facts.guest, customer: facts.customer, place: facts.guestPlace, kind: kind))
    }
  }
}

/// For visitors with several customers: who was logged in at a time.
///
/// - Source: docs/semantics.md §3.2.
struct Timelines {
  /// The timeline of a visitor; a visitor of one customer needs none.
  private(set) var indices: [UInt32: UInt32] = [:]
  /// Timeline `i` is `times[starts[i]..<starts[i + 1]]`, ascending, one entry a distinct time.
  private var starts: [Int] = [0]
  private var times: [Int64] = []
  private var customers: [UInt32] = []

  init(_ gatherer: inout LinkGatherer, derived: DerivedLogins) throws {
    let limit = gatherer.options.hubLimit
    if gatherer.options.stitch == .none { return }
    var several: [Bool] = []
    for facts in gatherer.visitorFacts {
      several.append(facts.customerCount > 1 && facts.customerCount <= limit)
    }
    if !several.contains(true) { return }
    var logins = derived.logins.filter { several[Int($0.visitor)] }
    try gatherer.keepLogins(of: several, in: &logins)
    sort(&logins, gatherer.places)
    fill(logins)
  }

  private func sort(_ logins: inout [DerivedLogin], _ places: borrowing PlaceText) {
    logins.sort { left, right in
      if left.visitor != right.visitor { return left.visitor < right.visitor }
      if places.precedes(left.place, right.place) { return true }
      if places.precedes(right.place, left.place) { return false }
      return left.kind < right.kind
    }
  }

  private mutating func fill(_ logins: [DerivedLogin]) {
    for (index, login) in logins.enumerated() {
      let isFirst = index == 0 || logins[index - 1].visitor != login.visitor
      if isFirst {
        if index > 0 { starts.append(times.count) }
        indices[login.visitor] = UInt32(starts.count - 1)
      }
      // Before any login the first one in order holds: among equal times the last one takes its
      // place only from that time on, so the first is kept as an entry of its own.
      if isFirst || times.count - (starts.last ?? 0) == 1 || times.last != login.time {
        times.append(login.time)
        customers.append(login.customer)
      } else {
        customers[customers.count - 1] = login.customer
      }
    }
    starts.append(times.count)
  }

  /// The customer of the last login at or before `time`, else of the first.
  func customer(_ timeline: UInt32, at time: Int64) -> UInt32 {
    let start = starts[Int(timeline)]
    var low = start
    var high = starts[Int(timeline) + 1]
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return customers[low > start ? low - 1 : start]
  }
}

extension DerivedLogin {
  fileprivate var time: Int64 { place.time }
}

extension LinkGatherer {
  /// Adds the logins that single events of the marked visitors gave.
  mutating func keepLogins(of marked: [Bool], in logins: inout [DerivedLogin]) throws {
    var places = PlaceText()
    swap(&places, &self.places)
    defer { swap(&places, &self.places) }
    try self.logins.visit { visitor, customer, candidate in
      guard marked[Int(visitor)] else { return }
      var kept = candidate
      logins.append(
        DerivedLogin(
          visitor: visitor, customer: customer, place: places.keep(&kept), kind: 0))
    }
  }
}
