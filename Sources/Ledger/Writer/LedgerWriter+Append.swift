package import Events
import Files
import Parquet
import Threads

extension LedgerWriter {
  /// Decides what is new in some batches, in their order, and plans the rest of the work.
  ///
  /// - Shape: batches were decoded with `identity.hashSeed`; `origin` holds for rows and rejects
  ///   that name none.
  /// - Errors: `LedgerError`, `FileError`, `ParquetError`; the writer is closed then.
  package func plan(_ batches: [EventBatch], origin: [UInt8]) throws -> AppendPlan {
    try guarded {
      // A live writer publishes in its commits alone, which can be tried again.
      if !options.isLive {
        roundNumber += 1
        beginSealing()
        try commitSealed()
      }
      let verdicts = try index.verdicts(batches, pool)
      var planner = RowPlanner(
        options, messageCompressor, current: current, sealing: sealing)
      // Work on earlier rounds comes first: it is independent of this round's.
      var tasks = waitingTasks()
      for (number, batch) in batches.enumerated() {
        try planner.plan(batch, index: number, origin: origin, verdicts: verdicts[number])
      }
      current = planner.current
      sealing = planner.sealing
      var counts = planner.counts
      for conflict in planner.conflicts {
        try keepConflict(batches[conflict.batch], conflict.row, origin, &counts)
      }
      for batch in batches { try keepRejects(batch, origin, &counts) }
      tasks = laneTasks(planner.steps, batches) + tasks
      if options.isLive { tasks += fresh.frameTasks(planner.steps, batches) }
      let plan = AppendPlan(counts: counts, tasks: tasks)
      lastPlan = plan
      return plan
    }
  }

  /// Plans some batches and does all the work on the pool.
  package func append(_ batches: [EventBatch], origin: [UInt8]) throws -> AppendCounts {
    let plan = try plan(batches, origin: origin)
    try pool.run(plan.taskCount) { try plan.run($0) }
    return plan.counts
  }

  /// Compression of pages that are full, and the sealing of segments whose pages are all
  /// compressed, or what comes before it.
  func waitingTasks() -> [@Sendable () throws -> Void] {
    var tasks: [@Sendable () throws -> Void] = []
    for segment in sealing where segment.sealed == nil && !segment.isFinished {
      let hashing = hashTask(segment)
      let pages = segment.takePendingPages()
      if pages.isEmpty {
        tasks += sealingTasks(segment, after: hashing)
      } else {
        tasks += compressions(pages)
        if let hashing { tasks.append(hashing) }
      }
    }
    if let hashing = hashTask(current) { tasks.append(hashing) }
    return tasks + compressions(current.takePendingPages())
  }

  /// A live writer may try more than once to write a segment, and hashes it then.
  private func hashTask(_ segment: OpenSegment) -> (@Sendable () throws -> Void)? {
    options.isLive ? nil : segment.hashTask()
  }

  /// With one thread, with many small segments, and for a live writer that may try it again,
  /// sealing is a task itself.
  private func sealingTasks(
    _ segment: OpenSegment, after hashing: (@Sendable () throws -> Void)?
  ) -> [@Sendable () throws -> Void] {
    let files = self.files
    let directory = self.directory
    if options.isLive { return [{ segment.trySeal(files, directory) }] }
    if pool.threadCount == 1 || sealing.count > pool.threadCount {
      return [
        {
          try hashing?()
          try segment.seal(files, directory)
        }
      ]
    }
    return (hashing.map { [$0] } ?? []) + segment.finishTasks()
  }

  /// Seals segments, whose lanes tasks have finished, on threads of their own.
  func beginSealing() {
    for segment in sealing
    where segment.isFinished && segment.sealed == nil && segment.sealingRound == nil {
      segment.beginSealing(files, directory, round: roundNumber)
    }
  }

  private func compressions(_ pages: [PendingPage]) -> [@Sendable () throws -> Void] {
    pages.map { page in { page.compress() } }
  }

  // MARK: Rejects

  private func keepRejects(
    _ batch: EventBatch, _ origin: [UInt8], _ counts: inout AppendCounts
  ) throws {
    for reject in batch.rejects {
      counts.rejected += 1
      let entry = RejectEntry(
        origin: origin, position: reject.position, reason: reject.reason.code,
        detail: reject.detail, rejectedAt: clock.now())
      let start = Int(reject.start)
      try keep(entry, batch.text[start..<start + Int(reject.length)], &counts)
    }
  }

  private func keepConflict(
    _ batch: EventBatch, _ row: Int, _ origin: [UInt8], _ counts: inout AppendCounts
  ) throws {
    var entry = RejectEntry(
      origin: origin, position: batch.position[row], reason: "conflict",
      detail: "the ledger holds another message with this source and id",
      rejectedAt: clock.now())
    if batch.hasOwnOrigins, batch.origin.lengths[row] != TextColumn.absent {
      let start = Int(batch.origin.starts[row])
      entry.origin = Array(batch.text[start..<start + Int(batch.origin.lengths[row])])
    }
    let start = Int(batch.messages.starts[row])
    try keep(entry, batch.text[start..<start + Int(batch.messages.lengths[row])], &counts)
  }

  private func keep(
    _ entry: RejectEntry, _ bytes: ArraySlice<UInt8>, _ counts: inout AppendCounts
  ) throws {
    if options.isLive {
      if try !keepFresh(entry, bytes) { counts.knownRejects += 1 }
      return
    }
    try rejectFile.begin()
    try bytes.withUnsafeBytes { try rejectFile.write($0) }
    if try !endReject(entry) { counts.knownRejects += 1 }
  }

  /// Whether the reject is a new one.
  private func endReject(_ entry: RejectEntry) throws -> Bool {
    let complete = rejectFile.end(entry)
    if try catalog.hasReject(complete) { return false }
    rejectFile.keep(complete)
    return true
  }

  /// Begins a reject whose bytes come in pieces, because no memory should hold it whole.
  package func beginReject() throws {
    try guarded(needsPlanDone: false) { try rejectFile.begin() }
  }

  /// Takes the next bytes of the reject begun.
  package func writeReject(_ bytes: UnsafeRawBufferPointer) throws {
    try guarded(needsPlanDone: false) { try rejectFile.write(bytes) }
  }

  /// Ends the reject begun.
  package func endReject(
    origin: [UInt8], position: Int64, reason: RejectReason, detail: String
  ) throws -> AppendCounts {
    try guarded(needsPlanDone: false) {
      var counts = AppendCounts()
      counts.rejected = 1
      let isNew = try endReject(
        RejectEntry(
          origin: origin, position: position, reason: reason.code, detail: detail,
          rejectedAt: clock.now()))
      if !isNew { counts.knownRejects = 1 }
      return counts
    }
  }

  /// Closes rejects with the next commit, because repaired messages took their place.
  package func closeRejects(_ ids: [Int64], by closedBy: String) {
    closedRejects += ids.map { ($0, closedBy) }
  }
}
