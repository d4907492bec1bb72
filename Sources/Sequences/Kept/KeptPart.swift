import Bytes

/// What the walks of a batch have to know of its components, and leave for closing their pasts.
///
/// - Concurrency: `@unchecked` because one batch is walked by one thread at a time.
final class KeptPart: @unchecked Sendable {
  /// By actor's rank: the place of its component in the batch.
  let localOfActor: [UInt32]
  /// By place: the time from which on rows are told anew.
  private(set) var firsts: [Int64] = []
  /// Whether actors without rows get an entry: where earlier runs may tell of them.
  private(set) var marksAbsent: [Bool] = []
  private(set) var isPlain: [Bool] = []
  /// New names of plain components; nil where they stay.
  private(set) var names: [[UInt8]?]

  /// By place, once all is walked: when all its actors are settled, and what may be closed.
  private(set) var settledAt: [Int64]
  private(set) var breaks: [[WalkBreak]]
  private var actorCounts: [UInt8]

  init(_ update: KeptUpdate, _ events: borrowing KeptBatchEvents, _ links: ResolvedLinks) {
    let count = events.roots.count
    names = Array(repeating: nil, count: count)
    settledAt = Array(repeating: Int64.min, count: count)
    breaks = Array(repeating: [], count: count)
    actorCounts = Array(repeating: 0, count: count)
    for local in 0..<count {
      let facts = update.facts(events.roots[local])
      switch events.cuts[local] {
      case .whole: firsts.append(Int64.min)
      case .open: firsts.append(next(facts.closedThrough))
      case .new: firsts.append(next(facts.settledAt))
      }
      marksAbsent.append(facts.oldRowCount > 0 && events.cuts[local] != .new)
    }
    var places = [UInt32](repeating: 0, count: links.actorCount)
    for customer in 0..<links.customers.count {
      places[customer] = update.local(
        ofHash: fastHash(links.customers[UInt32(customer)], seed: KeptUpdate.customerSeed))
    }
    for visitor in 0..<links.visitors.count {
      places[links.customers.count + visitor] = update.local(
        ofHash: fastHash(links.visitors[UInt32(visitor)], seed: KeptUpdate.visitorSeed))
    }
    localOfActor = places
    findPlain(update, events, links)
  }

  private func findPlain(
    _ update: KeptUpdate, _ events: borrowing KeptBatchEvents, _ links: ResolvedLinks
  ) {
    let count = events.roots.count
    var customers = [Int32](repeating: -1, count: count)
    isPlain = Array(repeating: true, count: count)
    for customer in 0..<links.customers.count {
      let local = Int(localOfActor[customer])
      if customers[local] >= 0 { isPlain[local] = false }
      customers[local] = Int32(customer)
    }
    // A chain of visitors for each component.
    var heads = [Int32](repeating: -1, count: count)
    var nexts = [Int32](repeating: -1, count: links.visitors.count)
    for visitor in 0..<links.visitors.count {
      let local = Int(localOfActor[links.customers.count + visitor])
      nexts[visitor] = heads[local]
      heads[local] = Int32(visitor)
    }
    var bytes = OutputBytes(capacity: 256)
    for local in 0..<count where isPlain[local] {
      let facts = update.facts(events.roots[local])
      let known = events.cuts[local] == .whole ? nil : update.state.components.names(of: facts)
      var visitors: [UnsafeRawBufferPointer] = []
      var visitor = heads[local]
      while visitor >= 0 {
        let actor = links.visitorActors[Int(visitor)]
        let isCustomer =
          customers[local] >= 0 && actor == UInt32(customers[local])
        if !isCustomer && (known != nil || customers[local] >= 0) { isPlain[local] = false }
        visitors.append(links.visitors[UInt32(visitor)])
        visitor = nexts[Int(visitor)]
      }
      guard isPlain[local], customers[local] >= 0 else { continue }
      if let known, known.visitorCount == visitors.count { continue }
      ComponentNames.write(
        [links.customers[UInt32(customers[local])]] + visitors, to: &bytes)
      names[local] = Array(bytes.bytes)
    }
  }

  /// Takes in what the walk of one actor came to.
  func add(_ actor: UInt32, _ walk: borrowing ActorWalk) {
    let local = Int(localOfActor[Int(actor)])
    guard isPlain[local] else { return }
    settledAt[local] = max(settledAt[local], walk.settledAt())
    // Where there are several actors, one moment would have to do for all of them.
    breaks[local] = actorCounts[local] == 0 ? walk.breaks(atMost: Limits.keptBreakCount) : []
    actorCounts[local] = 1
  }
}

private func next(_ time: Int64) -> Int64 { time == Int64.max ? time : time + 1 }
