import Threads

/// Whose everything is, once all events have been seen.
///
/// - Shape: actors are ranks, dense from 0, in the order of their bytes: all customers (`c:…`),
///   then
///   all visitors (`v:…`).
/// - Concurrency: `@unchecked` because nothing changes after `init`.
final class ResolvedLinks: @unchecked Sendable {
  static let nobody = UInt32.max
  /// Set where a visitor's actor depends on the time; the rest is the index of a timeline.
  static let timelineBit: UInt32 = 1 << 31

  let visitors: InternTable
  let customers: InternTable
  let orders: LinkTable
  let carts: LinkTable
  let shared: SharedStrings
  let acceptedCount: Int
  /// The `as_of` option, else the latest time of any accepted event of the ledger.
  let horizon: Int64
  let customerRanks: [UInt32]
  let visitorRanks: [UInt32]
  /// A rank, or `timelineBit` and the index of a timeline.
  let visitorActors: [UInt32]
  let visitorFacts: [VisitorFacts]
  let orderOwners: [UInt32]
  let cartOwners: [UInt32]
  let timelines: Timelines
  let places: PlaceText
  /// Customers, then visitors, each in the order of their bytes.
  private let customersByRank: [UInt32]
  private let visitorsByRank: [UInt32]

  /// - Parameters:
  ///   - latestTime: that of the whole ledger, where the gatherer saw only some of it.
  ///   - keepsReasons: whether what owners and actors were found by is kept, to be told.
  init(
    _ gatherer: consuming LinkGatherer, _ tables: consuming LinkTables,
    latestTime: Int64? = nil, keepsReasons: Bool = false, pool: WorkerPool
  ) throws {
    let options = gatherer.options
    gatherer.growFacts(
      visitors: tables.visitors.count, orders: tables.orders.count, carts: tables.carts.count)
    let derived = DerivedLogins(&gatherer)
    let timelines = try Timelines(&gatherer, derived: derived)
    let orders = try ByteOrder(tables.customers, tables.visitors, pool)
    customersByRank = orders.first
    visitorsByRank = orders.second
    customerRanks = inverse(orders.first, from: 0)
    visitorRanks = inverse(orders.second, from: UInt32(orders.first.count))
    var actors = visitorRanks
    for visitor in actors.indices {
      let facts = gatherer.visitorFacts[visitor]
      if options.stitch == .none || facts.customerCount == 0
        || facts.customerCount > options.hubLimit
      {
        continue
      }
      let timeline = timelines.indices[UInt32(visitor)]
      actors[visitor] =
        timeline.map { ResolvedLinks.timelineBit | $0 }
        ?? customerRanks[Int(facts.firstCustomer)]
    }
    visitorActors = actors
    self.timelines = timelines
    let owners = Owners(
      gatherer, visitorActors: actors, customerRanks: customerRanks, timelines: timelines)
    orderOwners = owners.orders
    cartOwners = owners.carts
    acceptedCount = gatherer.acceptedCount
    horizon = options.asOf ?? latestTime ?? gatherer.latestTime ?? 0
    tables.shared.freeze()
    let parts = gatherer.takeApart()
    visitorFacts = parts.visitorFacts
    visitors = tables.visitors
    customers = tables.customers
    if keepsReasons {
      places = parts.places
      self.orders = LinkTable(ids: tables.orders, known: parts.orders)
      carts = LinkTable(ids: tables.carts, known: parts.carts)
    } else {
      // A third of what identities take in memory.
      places = PlaceText()
      self.orders = LinkTable(ids: tables.orders, known: LinkFactsTable(haveCarts: true))
      carts = LinkTable(ids: tables.carts, known: LinkFactsTable(haveCarts: false))
    }
    shared = tables.shared
  }

  /// About what all of this takes in memory.
  var byteCount: Int {
    let ids =
      visitors.byteCount + customers.byteCount + orders.ids.byteCount
      + carts.ids.byteCount
    let facts =
      (orders.facts.count + carts.facts.count) * MemoryLayout<LinkFacts>.stride
      + orders.carts.count * MemoryLayout<CartOfOrder>.stride
      + (orderOwners.count + cartOwners.count) * MemoryLayout<UInt32>.stride
    return ids + facts + places.byteCount + actorCount * 5 * MemoryLayout<UInt32>.stride
  }

  var actorCount: Int { customersByRank.count + visitorsByRank.count }

  /// An actor's bytes without the prefix, and the prefix's letter.
  @inline(__always)
  func actor(_ rank: UInt32) -> (letter: UInt8, name: UnsafeRawBufferPointer) {
    let index = Int(rank)
    if index < customersByRank.count {
      return (UInt8(ascii: "c"), customers[customersByRank[index]])
    }
    return (UInt8(ascii: "v"), visitors[visitorsByRank[index - customersByRank.count]])
  }
}

private func inverse(_ order: [UInt32], from first: UInt32) -> [UInt32] {
  var ranks = [UInt32](repeating: 0, count: order.count)
  for place in order.indices { ranks[Int(order[place])] = first + UInt32(place) }
  return ranks
}
