package import Files
package import Ledger
package import MessageSources
package import Threads

/// Why a subscriber has ended.
package struct SubscriberEnd: Sendable {
  /// Sources that will not deliver, and why.
  package var refusals: [(name: String, error: SourceError)] = []
  package var status: SubscriberStatus
}

/// Keeps a ledger current from several sources: for months, exactly once.
///
/// Every source has a thread that pulls into a bounded queue; the thread that calls `run` owns the
/// ledger: it takes from the queues, decodes on the pool, appends, commits positions together with
/// events, and only then lets the sources confirm. Whatever fails between two commits is pulled
/// again, and what comes twice is dropped by its position.
///
/// - Concurrency: `run` on one thread, once; `stop`, `update` and `status` from any.
package final class Subscriber: @unchecked Sendable {
  // - Concurrency: `@unchecked` because fields below `monitor` are touched under it, the ledger's
  //   side by the thread of `run` only.
  let files: any FileSystem
  let directory: String
  let clock: WallClock
  let steady: SteadyClock
  let say: @Sendable (Incident) -> Void
  let board: StatusBoard
  let committed = CommittedTable()
  let ledger: LedgerDriver
  /// Told once a second at most, with the status: for `status.json`.
  package var onStatus: (SubscriberStatus) -> Void = { _ in }

  let monitor = Monitor()
  let lanes: [Lane]
  var options: SubscriberOptions
  var isStopping = false
  /// The last commit is made: threads confirm, close and end.
  var isOver = false
  var isPaused = false

  var nextDiskLook: Int64 = 0
  var nextStatus: Int64 = 0
  var diskTrouble = OnceAMinute()
  var commitTrouble = OnceAMinute()
  var mergeTrouble = OnceAMinute()
  var commitBackOff = BackOff(seed: 1)

  /// Opens the ledger; sources are opened by `run`.
  ///
  /// - Parameter openWriter: opens the ledger's writer, also again after a failure.
  /// - Errors: those of opening the ledger.
  package init(
    sources: [SubscribedSource], directory: String, files: any FileSystem, pool: WorkerPool,
    clock: WallClock, steady: SteadyClock = .system, options: SubscriberOptions,
    processID: Int32 = 0, say: @escaping @Sendable (Incident) -> Void,
    openWriter: @escaping () throws -> LedgerWriter
  ) throws {
    precondition(!sources.isEmpty, "a subscriber has at least one source")
    self.files = files
    self.directory = directory
    self.clock = clock
    self.steady = steady
    self.say = say
    self.options = options
    var status = SubscriberStatus()
    status.startedAt = clock.now()
    status.processID = processID
    status.sources = sources.map { SubscriberStatus.Source(name: $0.name) }
    let board = StatusBoard(status)
    self.board = board
    ledger = try LedgerDriver(
      openWriter: openWriter, decoders: sources.map(\.decoder), pool: pool, clock: clock,
      steady: steady, board: board, committed: committed, options: options)
    let positions = committed.positions
    let claims = OriginClaims()
    lanes = sources.enumerated().map { index, source in
      Lane(
        SourceDriver(
          source.source, lane: index, committed: positions, claims: claims, clock: clock,
          steady: steady, board: board, options: options, say: say))
    }
  }

  /// How it fares now.
  package var status: SubscriberStatus {
    var status = board.value
    status.updatedAt = clock.now()
    monitor.locked {
      for (index, lane) in lanes.enumerated() {
        status.sources[index].queuedByteCount = lane.queuedByteCount
        if isPaused, status.sources[index].state == .live { status.sources[index].state = .paused }
      }
    }
    return status
  }

  /// Asks for an orderly end: pulls stop, everything is committed and confirmed.
  package func stop() {
    monitor.locked {
      isStopping = true
      monitor.wakeAll()
    }
    for lane in lanes { lane.driver.source.interrupt() }
  }

  /// Takes other limits from now on; sources stay.
  package func update(_ options: SubscriberOptions) {
    monitor.locked {
      self.options = options
      monitor.wakeAll()
    }
  }

  // MARK: The ledger's thread

  /// Runs until `stop`, or until every source has ended.
  ///
  /// - Errors: those of the ledger that do not pass by themselves. What was committed stands.
  package func run() throws -> SubscriberEnd {
    let threads = lanes.indices.map { index in OwnThread { [self] in runLane(lanes[index]) } }
    say(
      Incident(
        .info, "subscriber started",
        [
          "ledger": directory, "sources": "\(lanes.count)",
          "checkpoints": "\(committed.count)",
        ]))
    do {
      while turn() {
        try attempt {
          // A commit that failed is due still: nothing more is taken before it stands.
          if ledger.microsecondsUntilCommit != 0 { try ledger.take(takeRound()) }
          if ledger.microsecondsUntilCommit == 0 { try confirm(ledger.commit()) }
        }
        try lookAround()
      }
      try finish()
    } catch {
      end()
      waitForLanes()
      throw error
    }
    end()
    waitForLanes()
    withExtendedLifetime(threads) {}
    try ledger.close()
    onStatus(status)
    say(Incident(.info, "subscriber ended", ["ledger": directory]))
    let refusals = lanes.compactMap { lane in
      lane.refusal.map { (lane.driver.source.name, $0) }
    }
    return SubscriberEnd(refusals: refusals, status: status)
  }

  /// Waits until there is something to do; false when there is nothing left to do.
  private func turn() -> Bool {
    monitor.locked {
      ledger.options = options
      while true {
        if lanes.contains(where: { !$0.queue.isEmpty }) { return true }
        // What more could a commit wait for?
        if lanes.allSatisfy({ $0.isDrained || $0.isEnded || $0.refusal != nil }) {
          ledger.noteDrained()
        }
        if isStopping || lanes.allSatisfy({ $0.isEnded || $0.refusal != nil }) { return false }
        if lanes.contains(where: { $0.refusal != nil }), !options.goesOnWithoutRefused {
          return false
        }
        let now = steady.now()
        let wait = min(
          ledger.microsecondsUntilCommit ?? Int64.max, nextDiskLook - now, nextStatus - now)
        if wait <= 0 { return true }
        monitor.wait(atMost: .microseconds(wait))
      }
    }
  }

  /// A fair share of what waits in each queue.
  private func takeRound() -> [Delivery] {
    monitor.locked {
      let share = max(1, Limits.roundByteCount / lanes.count)
      var round: [Delivery] = []
      for lane in lanes { round += lane.takeRound(byteCount: share) }
      monitor.wakeAll()
      return round.filter { $0.generation == lanes[$0.lane].generation }
    }
  }

  private func confirm(_ confirmations: [LedgerDriver.Confirmation]) {
    tellMergeFailure()
    if commitTrouble.end() { say(Incident(.info, "ledger can be written again")) }
    commitBackOff.reset()
    monitor.locked {
      for confirmation in confirmations {
        lanes[confirmation.lane].confirmations += confirmation.positions
      }
      monitor.wakeAll()
    }
  }

  /// After the last pull: commits what is there and seals it.
  private func finish() throws {
    for lane in lanes { lane.driver.source.interrupt() }
    try confirm(ledger.commit())
    do {
      // Somebody may wait for the end; of a run that ends by itself nobody knows when it is over.
      let isUrgent = monitor.locked { isStopping }
      try ledger.seal(mergesUpTo: isUrgent ? Limits.lastMergeByteCount : Int.max)
      tellMergeFailure()
    } catch {
      // All is committed; the next start reads it from where it is.
      say(Incident(.warning, "events stay unsealed", ["error": "\(error)"]))
    }
  }

  private func end() {
    monitor.locked {
      isStopping = true
      isOver = true
      monitor.wakeAll()
    }
    for lane in lanes { lane.driver.source.interrupt() }
  }

  /// A source that hangs while it closes must not keep the process: it knows how to go on.
  private func waitForLanes() {
    let end = steady.now() + Limits.closingMicroseconds
    monitor.locked {
      while lanes.contains(where: { !$0.isGone }), steady.now() < end {
        monitor.wait(atMost: .milliseconds(50))
      }
    }
  }
}
