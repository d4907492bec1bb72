import Events
import Threads

/// What of the links stays at hand besides whose everything is.
enum LinkKeeping { case nothing, names, reasons }

/// Stage 1 of every computation: whose everything is.
///
/// A scan leaves ids and rows (`LinkGatherer`). Ids become integers a bucket at a time (`IDUnits`),
/// rows go to ranges of orders, carts and visitors (`IdentityRows`), each of which is worked on for
/// itself. So memory is that of a few buckets and ranges, and a few bytes an id.
final class LinkStage: Sendable {
  private let stages: SequenceStages
  private let options: SequenceOptions
  private let resources: SequenceResources
  private let spills: LinkSpills
  private let keeping: LinkKeeping
  private let tasks: RunTasks
  private let kinds: [IDUnits]
  private let gatherer: LinkGatherer
  private let rowMemory: SpillMemory
  private let nameMemory: SpillMemory

  init(_ stages: SequenceStages, _ spills: LinkSpills, keeping: LinkKeeping) {
    self.stages = stages
    options = stages.options
    resources = stages.resources
    self.spills = spills
    self.keeping = keeping
    tasks = RunTasks(stages.runs)
    let share = resources.memoryByteLimit / 100 * Limits.linkMemoryPercent
    let loginShare = share / Limits.furtherLoginShare
    let budget = SpillBudget(byteCount: share - loginShare)
    rowMemory = SpillMemory(budget: budget, file: spills.rows)
    let loginMemory = SpillMemory(
      budget: SpillBudget(byteCount: loginShare), file: spills.furtherLogins)
    let names = keeping == .nothing ? share / Limits.nameShare : Int.max
    nameMemory = SpillMemory(budget: SpillBudget(byteCount: names), file: spills.names)
    let rowCount = stages.runs.reduce(0) { $0 + $1.rowCount }
    let bucketCount = LinkStage.bucketCount(rowCount, resources.memoryByteLimit)
    let (runCount, taskCount) = (stages.runs.count, tasks.numberCount)
    let codes = SpillMemory(budget: budget, file: spills.codes)
    let ids = SpillMemory(budget: budget, file: spills.ids)
    kinds = LinkKind.allCases.map { _ in
      IDUnits(
        runCount: runCount, taskCount: taskCount, bucketCount: bucketCount, memory: ids,
        codeMemory: codes)
    }
    gatherer = LinkGatherer(
      options, kinds: kinds, rows: TaskRows(taskCount: taskCount, memory: rowMemory),
      furtherLogins: TaskRows(taskCount: taskCount, memory: loginMemory))
  }

  /// A power of two: a bucket of ids of so many rows fits well into a small part of memory.
  private static func bucketCount(_ rowCount: Int, _ memoryByteLimit: Int) -> Int {
    let rows = max(
      min(memoryByteLimit / Limits.bytesOfBucketRow, Limits.bucketRowCount),
      Limits.smallestBucketRowCount)
    var count = 1
    while count * rows < rowCount && count < Limits.bucketCount { count *= 2 }
    return count
  }

  func resolve() throws -> ResolvedLinks {
    try gather()
    let (customers, visitors, orderIDs, cartIDs) = try number()
    let shared = FrozenStrings(gatherer.takeShared())
    let rows = try distribute(shared)
    let known = try findClues(rows, shared, customerCount: customers.count)
    let people = try findVisitors(rows, shared, customerCount: customers.count)
    try spills.ranges.remove()
    let carts = try owners(known.cartClues, people, customerCount: customers.count, carts: [])
    let orders = try owners(
      known.orderClues, people, customerCount: customers.count, carts: carts)
    try spills.rows.remove()
    var reasons: LinkReasons?
    if let orderIDs, let cartIDs, let knownOrders = known.orders, let knownCarts = known.carts {
      reasons = LinkReasons(
        orders: LinkTable(ids: orderIDs, known: knownOrders),
        carts: LinkTable(ids: cartIDs, known: knownCarts), visitorFacts: people.facts)
    }
    let total = gatherer.total
    return ResolvedLinks(
      shared: shared.take(), acceptedCount: total.acceptedCount,
      horizon: options.asOf ?? stages.latestTime ?? total.latestTime ?? 0, customers: customers,
      visitors: visitors, kinds: kinds, visitorActors: people.actors, orderOwners: orders,
      cartOwners: carts, timelines: people.timelines, reasons: reasons)
  }

  /// Scans everything.
  private func gather() throws {
    let (runs, tasks, gatherer) = (stages.runs, self.tasks, self.gatherer)
    let shared = SharedRuns<(any OpenEventRun, LinkCodes)>(tasks, runCount: runs.count)
    let progress = StageProgress(.links, total: tasks.count, resources)
    let rowCount = tasks.tasks.reduce(0) { max($0, $1.rows.count) }
    let spare = Locked([LinkTask]())
    try resources.pool.run(tasks.count) { index in
      let task = tasks[index]
      try shared.with(task.run) {
        let run = try runs[task.run].open(LinkGatherer.columns)
        return (run, try gatherer.add(run: task.run, run.dictionaries))
      } _: { run, runCodes in
        if task.rows.isEmpty { return }
        let work = spare.with { $0.popLast() } ?? LinkTask(rowCount: rowCount)
        work.number = task.number
        let columns = LinkGatherer.columns(of: run.dictionaries)
        try run.scan(task.rows, columns) { try gatherer.add($0, runCodes, to: work) }
        try gatherer.finish(work)
        spare.with { $0.append(work) }
      }
      progress.advance()
    }
  }

  /// Makes ids integers; orders and carts are only sorted for reasons.
  private func number() throws -> (
    customers: SortedTexts, visitors: SortedTexts, orders: SortedTexts?, carts: SortedTexts?
  ) {
    let (kinds, nameMemory) = (self.kinds, self.nameMemory)
    let bucketCount = kinds[0].bucketCount
    let sorted = LinkKind.allCases.map {
      $0 == .visitors || $0 == .customers || keeping == .reasons
    }
    try resources.pool.run(kinds.count * bucketCount) { index in
      let kind = index % kinds.count
      try kinds[kind].number(index / kinds.count, isSorted: sorted[kind])
    }
    let names = Locked([SortedTexts?](repeating: nil, count: kinds.count))
    try resources.pool.run(kinds.count) { kind in
      if sorted[kind] {
        let texts = try kinds[kind].sort(namesIn: nameMemory)
        names.with { $0[kind] = texts }
      } else {
        kinds[kind].concatenate()
      }
    }
    try resources.pool.run(kinds[0].unitCount) { unit in
      for kind in kinds { try kind.assemble(unit) }
    }
    for kind in kinds { kind.endNumbering() }
    try spills.ids.remove()
    func texts(_ kind: LinkKind) -> SortedTexts? { names.with { $0[kind.rawValue] } }
    guard let customers = texts(.customers), let visitors = texts(.visitors) else {
      preconditionFailure("actors are always sorted")
    }
    return (customers, visitors, texts(.orders), texts(.carts))
  }

  /// Brings rows to the ranges of what they name.
  private func distribute(_ shared: FrozenStrings) throws -> IdentityRows {
    let gatherer = self.gatherer
    func count(_ kind: LinkKind) -> Int { kinds[kind.rawValue].count }
    let ids = max(
      min(resources.memoryByteLimit / Limits.bytesOfRangeID, Limits.rangeIDCount),
      Limits.smallestRangeIDCount)
    let all = keeping == .reasons
    let rows = IdentityRows(
      orders: count(.orders), carts: count(.carts), visitors: count(.visitors),
      idsOfRange: (order: all ? Int.max : ids, visitor: 2 * ids),
      memoryByteLimit: resources.memoryByteLimit / 100 * Limits.linkMemoryPercent,
      threadCount: resources.pool.threadCount, spill: spills.ranges)
    try forEachTask(writingTo: rows) { writer, task, codes in
      try gatherer.rows.take(of: task) { try writer.add($0, codes) }
    }
    try gatherer.rows.removeAll()
    return rows
  }

  /// Goes through all tasks, with a writer of rows and the integers of a task's ids.
  private func forEachTask(
    writingTo rows: IdentityRows,
    _ body:
      @escaping @Sendable (IdentityRowWriter, _ task: Int, IdentityRowWriter.Codes) throws -> Void
  ) throws {
    let kinds = self.kinds
    var units: [(run: Int, task: Int)] = []
    for task in tasks.tasks where !task.rows.isEmpty { units.append((task.run, task.number)) }
    let work = units
    let wantsLogins = options.stitch != .none
    let writers = Locked([IdentityRowWriter]())
    try resources.pool.run(work.count) { index in
      let writer =
        writers.with { $0.popLast() } ?? IdentityRowWriter(rows, wantsLogins: wantsLogins)
      let (run, task) = work[index]
      func codes(_ kind: LinkKind) throws -> [UInt32] {
        try kinds[kind.rawValue].codes(run: run, task: task)
      }
      try body(
        writer, task,
        IdentityRowWriter.Codes(
          visitors: try codes(.visitors), customers: try codes(.customers),
          orders: try codes(.orders), carts: try codes(.carts)))
      writers.with { $0.append(writer) }
    }
    try writers.with { for writer in $0 { try writer.flush() } }
  }

  /// What decides about orders and carts.
  private struct Known {
    var orderClues: [SpilledBytes?]
    var cartClues: [SpilledBytes?]
    /// Of those whose reasons are wanted, which are of one range.
    var orders: KnownFacts?
    var carts: KnownFacts?
  }

  /// Finds what decides about orders and carts, and adds the logins that they give.
  private func findClues(
    _ rows: IdentityRows, _ shared: FrozenStrings, customerCount: Int
  ) throws -> Known {
    let (hubLimit, keeping, memory) = (options.hubLimit, self.keeping, rowMemory)
    let wantsLogins = options.stitch != .none
    let writers = Locked([IdentityRowWriter]())
    let result = Locked(
      Known(
        orderClues: Array(repeating: nil, count: rows.orders.rangeCount),
        cartClues: Array(repeating: nil, count: rows.carts.rangeCount)))
    try resources.pool.run(rows.orders.rangeCount + rows.carts.rangeCount) { index in
      let isOrder = index < rows.orders.rangeCount
      let number = isOrder ? index : index - rows.orders.rangeCount
      let range = OwnerRange(
        rows: rows, ids: isOrder ? rows.orders : rows.carts, kind: isOrder ? .orders : .carts,
        hubLimit: hubLimit, customerCount: customerCount)
      let writer =
        writers.with { $0.popLast() } ?? IdentityRowWriter(rows, wantsLogins: wantsLogins)
      let known = try range.facts(number, shared.strings)
      try range.addLogins(of: known, to: writer, shared.strings)
      let clues = try range.clues(known).withUnsafeBytes { try memory.keep($0) }
      let kept = keeping == .reasons ? known : nil
      result.with { result in
        if isOrder {
          result.orderClues[number] = clues
          result.orders = kept
        } else {
          result.cartClues[number] = clues
          result.carts = kept
        }
      }
      writers.with { $0.append(writer) }
    }
    try writers.with { for writer in $0 { try writer.flush() } }
    return result.with { $0 }
  }

  /// Who the visitors are.
  private struct People {
    var actors: [UInt32] = []
    var timelines = Timelines()
    var facts: [VisitorFacts] = []

    func owner(_ clue: OwnerClue, customerCount: Int) -> UInt32 {
      if clue.actor == ResolvedLinks.nobody || clue.actor < customerCount { return clue.actor }
      let actor = actors[Int(clue.actor) - customerCount]
      if actor & ResolvedLinks.timelineBit == 0 { return actor }
      return timelines.customer(actor & ~ResolvedLinks.timelineBit, at: clue.guestTime)
    }
  }

  private func findVisitors(
    _ rows: IdentityRows, _ shared: FrozenStrings, customerCount: Int
  ) throws -> People {
    let hubLimit = options.hubLimit
    let keepsFacts = keeping == .reasons
    let found = Locked([VisitorRange?](repeating: nil, count: rows.visitors.rangeCount))
    try resources.pool.run(rows.visitors.rangeCount) { number in
      let first = UInt32(customerCount + rows.visitors.codes(number).lowerBound)
      var range = try VisitorRange(rows, number, firstRank: first, hubLimit: hubLimit)
      if !keepsFacts { range.forgetFacts() }
      found.with { $0[number] = range }
    }
    try addFurtherLogins(to: rows, of: found)
    try resources.pool.run(rows.visitors.rangeCount) { number in
      guard var range = found.with({ $0[number] }), range.needsTimelines else { return }
      try range.makeTimelines(rows, shared.strings)
      found.with { $0[number] = range }
    }
    var people = People()
    people.actors.reserveCapacity(rows.visitors.count)
    for number in 0..<rows.visitors.rangeCount {
      let range = found.with { found in
        defer { found[number] = nil }
        return found[number]
      }
      guard let range else { continue }
      let base = UInt32(people.timelines.count)
      for actor in range.actors {
        let isTimeline = actor & ResolvedLinks.timelineBit != 0
        people.actors.append(isTimeline ? actor + base : actor)
      }
      people.timelines.append(range.timelines)
      people.facts += range.facts
    }
    return people
  }

  /// Brings the further logins of visitors with several customers to their ranges.
  private func addFurtherLogins(
    to rows: IdentityRows, of found: Locked<[VisitorRange?]>
  ) throws {
    let gatherer = self.gatherer
    let isWanted = found.with { found -> [Bool] in
      if !found.contains(where: { $0?.needsTimelines == true }) { return [] }
      var isWanted = [Bool](repeating: false, count: rows.visitors.count)
      for number in found.indices {
        let first = rows.visitors.codes(number).lowerBound
        for (index, several) in (found[number]?.haveSeveral ?? []).enumerated() where several {
          isWanted[first + index] = true
        }
      }
      return isWanted
    }
    if !isWanted.isEmpty {
      try forEachTask(writingTo: rows) { writer, task, codes in
        try gatherer.furtherLogins.take(of: task) {
          try writer.addLogins($0, codes, of: isWanted)
        }
      }
    }
    try gatherer.furtherLogins.removeAll()
  }

  /// Whose all orders or carts are; orders also ask their carts.
  private func owners(
    _ clues: [SpilledBytes?], _ people: People, customerCount: Int, carts: [UInt32]
  ) throws -> [UInt32] {
    let stride = MemoryLayout<OwnerClue>.stride
    var owners: [UInt32] = []
    owners.reserveCapacity(clues.reduce(0) { $0 + ($1?.count ?? 0) / stride })
    for part in clues {
      try part?.withBytes(of: rowMemory.file) { bytes in
        for place in 0..<bytes.count / stride {
          let clue = bytes.loadUnaligned(fromByteOffset: place * stride, as: OwnerClue.self)
          let own = people.owner(clue, customerCount: customerCount)
          let asksCart = own == ResolvedLinks.nobody && clue.cart != InternTable.absent
          owners.append(asksCart ? carts[Int(clue.cart)] : own)
        }
      }
      if let part { rowMemory.forget(part) }
    }
    return owners
  }
}

/// Strings of few distinct values that several threads read.
///
/// - Concurrency: `@unchecked` because nothing changes until one thread takes them away at the end.
final class FrozenStrings: @unchecked Sendable {
  private(set) var strings: SharedStrings

  init(_ strings: consuming SharedStrings) {
    strings.freeze()
    self.strings = strings
  }

  /// Hands them over, and is without them afterwards.
  func take() -> SharedStrings {
    var taken = SharedStrings()
    swap(&taken, &strings)
    return taken
  }
}
