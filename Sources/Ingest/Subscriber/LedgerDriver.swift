import Decoders
import Events
import Files
import Ledger
import MessageSources
import Threads

/// The ledger's side of a subscriber, one step at a time: decodes deliveries, appends what is new
/// and commits it together with the positions.
///
/// - Concurrency: one thread at a time.
final class LedgerDriver {
  /// Positions that a source may hear of now.
  struct Confirmation {
    var lane: Int
    var positions: [SourcePosition]
  }

  private let openWriter: () throws -> LedgerWriter
  private let runMerge: (SegmentMerge) -> Void
  private let pool: WorkerPool
  private let clock: WallClock
  private let steady: SteadyClock
  private let board: StatusBoard
  private let committed: CommittedTable
  var options: SubscriberOptions

  private var writer: LedgerWriter
  private let decoders: [MessageDecoding]
  /// A merge that waits until the sources have nothing more, and since when, steady.
  private var heldMerge: (merge: SegmentMerge, since: Int64)?
  /// The writer has failed for good.
  private(set) var needsReopen = false
  /// The tasks of the rows planned last, and what they read.
  private var waiting: (plan: AppendPlan, deliveries: [Delivery])?
  private var open = OpenCommit()
  /// Messages taken since the last commit that was not made for their number alone.
  private var countSinceDrained = 0
  private var isDrained = false

  /// What the next commit will hold.
  private struct OpenCommit {
    var ends: [[UInt8]: (lane: Int, end: SourcePosition)] = [:]
    var pulls: [(pulledAt: Int64, messageCount: Int)] = []
    var newest: [Int: Int64] = [:]
    var messageCount = 0
    var byteCount = 0
    var since: Int64?
  }

  init(
    openWriter: @escaping () throws -> LedgerWriter,
    decoders: [DecoderOptions], pool: WorkerPool, clock: WallClock, steady: SteadyClock,
    board: StatusBoard, committed: CommittedTable,
    options: SubscriberOptions,
    runMerge: @escaping (SegmentMerge) -> Void = { merge in
      _ = OwnThread(yields: true) { merge.run() }
    }
  ) throws {
    self.runMerge = runMerge
    self.openWriter = openWriter
    self.pool = pool
    self.clock = clock
    self.steady = steady
    self.board = board
    self.committed = committed
    self.options = options
    writer = try openWriter()
    let seed = writer.identity.hashSeed
    self.decoders = decoders.map { MessageDecoding($0, seed: seed) }
    committed.reset(try writer.checkpoints())
    holdMerges()
  }

  /// Messages that wait for a commit.
  var uncommittedCount: Int { open.messageCount }

  /// How long until the open commit is due, in microseconds; nil when there is nothing to commit.
  var microsecondsUntilCommit: Int64? {
    guard let since = open.since else { return nil }
    if open.messageCount >= options.maximumRowCount || open.byteCount >= options.maximumByteCount {
      return 0
    }
    if isDrained, countSinceDrained >= Limits.caughtUpMessageCount { return 0 }
    return max(0, since + options.maximumDelay - steady.now())
  }

  /// No source has more at the moment. A commit that ends a backlog waits no longer then; one of a
  /// steady trickle does, or each of its messages would have a commit.
  func noteDrained() {
    isDrained = true
    startMerge()
  }

  /// While it catches up, memory and processors are for that: a merge waits for its end, or for so
  /// long that the end may never come.
  private func startMerge() {
    guard let held = heldMerge,
      isDrained || steady.now() - held.since >= Limits.mergeMicroseconds
    else { return }
    heldMerge = nil
    runMerge(held.merge)
  }

  private func holdMerges() {
    writer.runMerge = { [unowned self] merge in heldMerge = (merge, steady.now()) }
  }

  /// Decodes and appends some deliveries, in order.
  ///
  /// - Errors: the writer's; after one, `reopen`.
  func take(_ deliveries: [Delivery]) throws {
    guard !deliveries.isEmpty else { return }
    isDrained = false
    // Cleared again at the end: whatever fails between has closed the writer.
    needsReopen = true
    try decode(deliveries)
    writer.writeAhead()
    var groups: [(origin: [UInt8], deliveries: [Delivery])] = []
    for delivery in deliveries {
      if let place = groups.lastIndex(where: { $0.origin == delivery.origin }) {
        groups[place].deliveries.append(delivery)
      } else {
        groups.append((delivery.origin, [delivery]))
      }
    }
    for group in groups {
      try finishWaiting()
      let plan = try writer.plan(group.deliveries.map(\.batch), origin: group.origin)
      waiting = (plan, group.deliveries)
      note(group.deliveries, plan.counts)
    }
    needsReopen = false
  }

  /// Decodes beside the work that the rows planned last still need.
  private func decode(_ deliveries: [Delivery]) throws {
    let decoders = decoders
    let plan = waiting?.plan
    let planned = plan?.taskCount ?? 0
    try pool.run(planned + deliveries.count) { task in
      if task < planned {
        try plan?.run(task)
      } else {
        let delivery = deliveries[task - planned]
        delivery.decode(decoders[delivery.lane])
      }
    }
    waiting = nil
  }

  private func finishWaiting() throws {
    guard let plan = waiting?.plan else { return }
    try pool.run(plan.taskCount) { try plan.run($0) }
    waiting = nil
  }

  private func note(_ deliveries: [Delivery], _ counts: AppendCounts) {
    guard let lane = deliveries.first?.lane else { return }
    var reasons: [String: Int64] = [:]
    for delivery in deliveries {
      open.ends[delivery.origin] = (lane, delivery.end)
      open.pulls.append((delivery.pulledAt, delivery.messageCount))
      open.messageCount += delivery.messageCount
      countSinceDrained += delivery.messageCount
      open.byteCount += delivery.byteCount
      open.since = min(open.since ?? Int64.max, delivery.pulledAt)
      for reject in delivery.batch.rejects { reasons[reject.reason.code, default: 0] += 1 }
      if let newest = delivery.recordedAt.max() {
        open.newest[lane] = max(open.newest[lane] ?? Int64.min, newest)
      }
    }
    let (count, byteCount) = (open.messageCount, open.byteCount)
    board.change { status in
      status.sources[lane].accepted += Int64(counts.accepted)
      status.sources[lane].redelivered += Int64(counts.redelivered)
      status.sources[lane].conflicts += Int64(counts.conflicts)
      status.sources[lane].rejected.merge(reasons) { $0 + $1 }
      status.uncommittedCount = count
      status.uncommittedByteCount = byteCount
    }
  }

  /// Makes everything taken durable, with the positions; sources may be told what is returned.
  ///
  /// - Errors: the writer's. One that can be tried again leaves everything as it was; after another
  ///   one, `reopen`.
  func commit() throws -> [Confirmation] {
    if open.ends.isEmpty { return [] }
    needsReopen = true
    try finishWaiting()
    needsReopen = false
    let begun = steady.now()
    let ends = open.ends.values.map(\.end)
      .sorted { $0.origin.lexicographicallyPrecedes($1.origin) }
    let checkpoints = ends.map {
      Checkpoint(origin: $0.origin, position: $0.position, detail: $0.detail)
    }
    do {
      try writer.commitFresh(checkpoints: checkpoints)
    } catch {
      needsReopen = (error as? LedgerError)?.canRetry != true
      throw error
    }
    committed.take(ends)
    startMerge()
    let isFull =
      open.messageCount >= options.maximumRowCount || open.byteCount >= options.maximumByteCount
    if !isFull || isDrained { countSinceDrained = 0 }
    report(begun)
    var confirmations: [Int: Confirmation] = [:]
    for (_, entry) in open.ends {
      confirmations[entry.lane, default: Confirmation(lane: entry.lane, positions: [])]
        .positions.append(entry.end)
    }
    open = OpenCommit()
    return confirmations.values.sorted { $0.lane < $1.lane }
  }

  private func report(_ begun: Int64) {
    let end = steady.now()
    let now = clock.now()
    let open = open
    board.change { status in
      status.commitCount += 1
      status.lastCommitAt = now
      status.lastCommitMicroseconds = end - begun
      status.uncommittedCount = 0
      status.uncommittedByteCount = 0
      for pull in open.pulls {
        status.countDelay(end - pull.pulledAt, messageCount: pull.messageCount)
      }
      for (lane, newest) in open.newest {
        let known = status.sources[lane].newestCommitted ?? Int64.min
        status.sources[lane].newestCommitted = max(known, newest)
      }
      for (_, entry) in open.ends {
        status.sources[entry.lane].setPosition(entry.end)
      }
    }
  }

  /// Gives the failed writer up and opens the ledger again: what was not committed is dropped, and
  /// the sources must begin again behind what is.
  func reopen() throws {
    waiting = nil
    heldMerge = nil
    open = OpenCommit()
    try writer.close()
    writer = try openWriter()
    holdMerges()
    committed.reset(try writer.checkpoints())
    needsReopen = false
  }

  /// Puts what is committed into segments, for an orderly end, and merges the last small ones when
  /// they are no more than so many bytes.
  func seal(mergesUpTo byteCount: Int) throws {
    try finishWaiting()
    try writer.commit()
    writer.compactSealed(upTo: byteCount)
  }

  /// Takes a merge that has ended, when nothing waits for a commit that would take it.
  func takeMerge() throws {
    guard open.ends.isEmpty, waiting == nil else { return }
    do {
      try writer.commitFresh()
    } catch {
      needsReopen = (error as? LedgerError)?.canRetry != true
      throw error
    }
  }

  /// Why small segments could not be merged; told once.
  func takeMergeFailure() -> (any Error)? { writer.takeCompactionFailure() }

  func close() throws { try writer.close() }
}

extension SubscriberStatus.Source {
  /// The newest positions are kept, so that thousands of finished files do not fill the status.
  mutating func setPosition(_ end: SourcePosition) {
    positions.removeAll { $0.origin == end.origin }
    if positions.count >= Limits.shownPositionCount { positions.removeFirst() }
    positions.append(
      SubscriberStatus.Position(
        origin: end.origin, position: end.position, detail: end.detail))
  }
}
