import Bytes

/// A login of a visitor of several customers.
///
/// - Source: docs/semantics.md §3.1.
struct DerivedLogin {
  var visitor: UInt32
  var customer: UInt32
  var place: Place
  /// 1 an order's, 2 a cart's; an event's own is 0. Decides at one place.
  var kind: UInt8

  fileprivate var time: Int64 { place.time }
}

/// For visitors with several customers: who was logged in at a time.
///
/// - Shape: customers are actors' ranks.
/// - Source: docs/semantics.md §3.2.
struct Timelines: Sendable {
  /// Timeline `i` is `times[starts[i]..<starts[i + 1]]`, ascending, one entry a distinct time.
  private var starts: [Int] = [0]
  private var times: [Int64] = []
  private var customers: [UInt32] = []

  var count: Int { starts.count - 1 }
  var byteCount: Int { starts.count * 8 + times.count * 12 }

  /// Adds the timeline of one visitor, whose logins are in the order of events.
  fileprivate mutating func append(_ logins: ArraySlice<DerivedLogin>) {
    let first = starts[starts.count - 1]
    for login in logins {
      // Before any login the first one in order holds: among equal times the last one takes its
      // place only from that time on, so the first is kept as an entry of its own.
      if times.count - first <= 1 || times.last != login.time {
        times.append(login.time)
        customers.append(login.customer)
      } else {
        customers[customers.count - 1] = login.customer
      }
    }
    starts.append(times.count)
  }

  /// Adds the timelines of others behind these.
  mutating func append(_ others: Timelines) {
    let first = times.count
    starts += others.starts.dropFirst().map { $0 + first }
    times += others.times
    customers += others.customers
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

/// Who the visitors of one range are, from all their logins.
///
/// First their customers are counted, for which some logins of each are enough; then all logins of
/// those with several make timelines.
struct VisitorRange: Sendable {
  private let codes: Range<Int>
  private let partition: Int
  /// By visitor: a rank, or `timelineBit` and the index of a timeline of this range.
  private(set) var actors: [UInt32] = []
  private(set) var timelines = Timelines()
  private(set) var facts: [VisitorFacts] = []
  /// By visitor: whether who it is depends on the time.
  private(set) var haveSeveral: [Bool] = []

  /// - Parameter firstRank: that of the range's first visitor.
  init(_ rows: IdentityRows, _ range: Int, firstRank: UInt32, hubLimit: Int) throws {
    codes = rows.visitors.codes(range)
    partition = rows.visitors.first + range
    facts = Array(repeating: VisitorFacts(), count: codes.count)
    var pairs = PairSet()
    let first = codes.lowerBound
    try rows.forEachLogin(partition) { visitor, customer, cursor in
      cursor.place += 10
      cursor.skipIdentity()
      count(customer, of: Int(visitor) - first, hubLimit, &pairs)
    }
    actors = facts.enumerated().map { index, facts in
      facts.customerCount == 0 || facts.customerCount > hubLimit
        ? firstRank + UInt32(index) : facts.firstCustomer
    }
    haveSeveral = facts.map { $0.customerCount > 1 && $0.customerCount <= hubLimit }
    if !haveSeveral.contains(true) {
      haveSeveral = []
      rows.store.forget(partition)
    }
  }

  /// Whether there is anybody whose further logins are needed.
  var needsTimelines: Bool { !haveSeveral.isEmpty }

  /// Forgets what only reasons tell.
  mutating func forgetFacts() { facts = [] }

  /// Counts a login's customer among those of its visitor.
  private mutating func count(
    _ customer: UInt32, of index: Int, _ hubLimit: Int, _ pairs: inout PairSet
  ) {
    let known = facts[index]
    guard customer != known.firstCustomer, known.customerCount <= hubLimit else { return }
    if known.customerCount == 0 {
      facts[index] = VisitorFacts(firstCustomer: customer, customerCount: 1)
    } else if pairs.insert(UInt32(index), customer) {
      facts[index].customerCount += 1
    }
  }

  /// Makes the timelines of those with several customers, all of whose logins are in `rows` now.
  mutating func makeTimelines(_ rows: IdentityRows, _ shared: borrowing SharedStrings) throws {
    var logins: [DerivedLogin] = []
    var places = PlaceText()
    let first = codes.lowerBound
    try rows.forEachLogin(partition) { visitor, customer, cursor in
      let time = cursor.raw(Int64.self)
      let rank = cursor.byte()
      let kind = cursor.byte()
      var candidate = cursor.candidate(time: time, rank: rank, shared)
      guard haveSeveral[Int(visitor) - first] else { return }
      logins.append(
        DerivedLogin(
          visitor: visitor, customer: customer, place: places.keep(&candidate), kind: kind))
    }
    logins.sort { left, right in
      if left.visitor != right.visitor { return left.visitor < right.visitor }
      if places.precedes(left.place, right.place) { return true }
      if places.precedes(right.place, left.place) { return false }
      return left.kind < right.kind
    }
    var start = 0
    while start < logins.count {
      let visitor = logins[start].visitor
      let end = logins[start...].firstIndex { $0.visitor != visitor } ?? logins.count
      actors[Int(visitor) - first] = ResolvedLinks.timelineBit | UInt32(timelines.count)
      timelines.append(logins[start..<end])
      start = end
    }
    haveSeveral = []
    rows.store.forget(partition)
  }
}

extension IdentityRows {
  /// Hands over every login of a partition, the cursor behind its customer.
  fileprivate func forEachLogin(
    _ partition: Int,
    _ body: (_ visitor: UInt32, _ customer: UInt32, _ cursor: inout RecordCursor) throws -> Void
  ) throws {
    try store.visit(partition) { bytes in
      guard let base = bytes.baseAddress else { return }
      var cursor = RecordCursor(base.assumingMemoryBound(to: UInt8.self))
      let end = cursor.place + bytes.count
      while cursor.place < end {
        let visitor = cursor.raw(UInt32.self)
        let customer = cursor.raw(UInt32.self)
        try body(visitor, customer, &cursor)
      }
    }
  }
}
