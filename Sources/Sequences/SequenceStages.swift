import Events
import Files
import Synchronization
import Threads

/// The stages every computation goes through, and the memory they share.
struct SequenceStages: Sendable {
  var runs: [any EventRun]
  let options: SequenceOptions
  let resources: SequenceResources
  /// The latest time of the whole ledger, where `runs` are only some of it.
  var latestTime: Int64?

  /// Links and partitions, then whatever `body` makes of them; nothing spilled remains.
  func run(
    _ content: PartitionPurpose.Content,
    _ body: (ResolvedLinks, PartitionStore) throws -> SequenceCounts
  ) throws -> SequenceCounts {
    let spills = Spills(resources)
    let result: Result<SequenceCounts, any Error>
    do {
      let links = try self.links(spills.logins)
      var counts = SequenceCounts()
      let store = partitionStore(links, spills.records)
      counts.accepted = links.acceptedCount
      let partitioned = try partition(links, PartitionPurpose(content: content), into: store)
      counts.unattributed = partitioned.unattributed
      counts.orphans = content == .sessions ? 0 : partitioned.orphans
      counts.add(try body(links, store))
      result = .success(counts)
    } catch {
      result = .failure(error)
    }
    try spills.remove()
    return try result.get()
  }

  /// Stage 1: whose everything is, with the reasons if somebody asks for them.
  func links(_ spill: SpillFile, keepsReasons: Bool = false) throws -> ResolvedLinks {
    let budget = resources.memoryByteLimit / 100 * Limits.loginMemoryPercent
    let logins = LoginLog(spill: spill, memoryByteLimit: budget)
    let gatherer = Locked<LinkGatherer?>(LinkGatherer(options: options, logins: logins))
    let ids = LinkIDs(options)
    let tasks = RunTasks(runs)
    let shared = SharedRuns<(any OpenEventRun, LinkCodes)>(tasks, runCount: runs.count)
    let progress = StageProgress(.links, total: tasks.count, resources)
    let asOf = options.asOf ?? Int64.max
    try resources.pool.run(tasks.count) { index in
      let task = tasks[index]
      try shared.with(task.run) {
        let run = try runs[task.run].open(LinkGatherer.columns)
        return (run, ids.codes(of: run.dictionaries))
      } _: { run, runCodes in
        let columns = LinkGatherer.columns(of: run.dictionaries)
        try run.scan(task.rows, columns) { batch in
          try BatchPointers.with(batch) { pointers in
            let rows = LinkRows(pointers, asOf: asOf)
            let codes = ids.codes(of: batch, runCodes)
            try gatherer.with { try $0?.add(pointers, rows, codes) }
          }
        }
      }
      progress.advance()
    }
    guard let gathered = gatherer.with({ $0.take() }) else {
      preconditionFailure("links are resolved once")
    }
    return try ResolvedLinks(
      gathered, ids.takeTables(), latestTime: latestTime, keepsReasons: keepsReasons,
      pool: resources.pool)
  }

  /// Stage 2: every event to the partition of its actor.
  func partition(
    _ links: ResolvedLinks, _ purpose: PartitionPurpose, into store: PartitionStore
  ) throws -> PartitionCounts {
    let spare = Locked((buffers: [PartitionBuffers](), counts: PartitionCounts()))
    let tasks = RunTasks(runs)
    let shared = SharedRuns<(any OpenEventRun, PartitionCodes)>(tasks, runCount: runs.count)
    let roles = RoleTable(userLines: options.roles)
    let columns = purpose.keepsKnowledge ? Partitioner.historyColumns : Partitioner.columns
    let progress = StageProgress(.partitions, total: tasks.count, resources)
    try resources.pool.run(tasks.count) { index in
      let task = tasks[index]
      let buffers = spare.with { $0.buffers.popLast() } ?? PartitionBuffers(store: store)
      var counts = PartitionCounts()
      try shared.with(task.run) {
        let run = try runs[task.run].open(columns)
        return (run, PartitionCodes(run.dictionaries, links, roles))
      } _: { run, codes in
        var partitioner = Partitioner(
          links: links, options: options, purpose: purpose, codes: codes,
          partitionCount: store.partitionCount)
        try run.scan(task.rows, columns) {
          try partitioner.add($0, roles, to: buffers)
        }
        counts = partitioner.counts
      }
      spare.with { spare in
        spare.buffers.append(buffers)
        spare.counts.unattributed += counts.unattributed
        spare.counts.unattributedOffsets += counts.unattributedOffsets
        spare.counts.orphans += counts.orphans
      }
      progress.advance()
    }
    return try spare.with { spare in
      for buffers in spare.buffers { try buffers.flush() }
      return spare.counts
    }
  }

  func partitionStore(_ links: ResolvedLinks, _ spill: SpillFile) -> PartitionStore {
    let wanted = resources.memoryByteLimit / 100 * Limits.recordMemoryPercent
    // Identities stay in memory, so where there are many, records give way to the file.
    let other = resources.memoryByteLimit / 100 * Limits.otherMemoryPercent
    let budget = max(
      min(wanted, resources.memoryByteLimit - links.byteCount - other), wanted / 8)
    let rowCount = runs.reduce(0) { $0 + $1.rowCount }
    let byteCount = rowCount * Limits.recordByteCount
    let ideal = byteCount / Limits.partitionByteCount + 1
    let count = min(max(ideal, 1), Limits.partitionCount, max(links.actorCount, 1))
    let fair = budget / 8 / count / resources.pool.threadCount
    return PartitionStore(
      partitionCount: count,
      chunkByteCount: min(max(fair, Limits.smallestChunkByteCount), Limits.largestChunkByteCount),
      memoryByteLimit: budget, spill: spill)
  }
}

/// The files of one computation.
struct Spills {
  let logins: SpillFile
  let records: SpillFile

  /// - Parameter suffix: tells computations apart that run at once.
  init(_ resources: SequenceResources, suffix: String = "") {
    let directory = resources.spillDirectory
    func file(_ name: String) -> SpillFile {
      SpillFile(files: resources.files, directory: directory, name: name + suffix)
    }
    logins = file("logins.spill")
    records = file("records.spill")
  }

  func remove() throws {
    try logins.remove()
    try records.remove()
  }
}

/// Counts the finished parts of a stage for whoever draws a bar.
final class StageProgress: Sendable {
  private let stage: SequenceProgress.Stage
  private let total: Int
  private let report: (@Sendable (SequenceProgress) -> Void)?
  private let done = Atomic(0)

  init(_ stage: SequenceProgress.Stage, total: Int, _ resources: SequenceResources) {
    self.stage = stage
    self.total = total
    report = resources.report
  }

  func advance() {
    let done = done.add(1, ordering: .relaxed).newValue
    report?(SequenceProgress(stage: stage, done: done, total: total))
  }
}
