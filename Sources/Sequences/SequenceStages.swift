import Bytes
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
      let links = try self.links(spills.links)
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
  func links(_ spills: LinkSpills, keeping: LinkKeeping = .nothing) throws -> ResolvedLinks {
    let links = try LinkStage(self, spills, keeping: keeping).resolve()
    if isLarge { returnFreedMemory() }
    return links
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
      let ids = TaskLinks(links, task: task.number)
      var counts = PartitionCounts()
      try shared.with(task.run) {
        let run = try runs[task.run].open(columns)
        return (run, try PartitionCodes(run.dictionaries, of: task.run, links, roles))
      } _: { run, codes in
        var partitioner = Partitioner(
          links: links, options: options, purpose: purpose, codes: codes,
          ids: ids, partitionCount: store.partitionCount)
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
    let counts = try spare.with { spare in
      for buffers in spare.buffers { try buffers.flush() }
      spare.buffers = []
      return spare.counts
    }
    if isLarge { returnFreedMemory() }
    return counts
  }

  /// About what all records take.
  private var recordByteCount: Int {
    runs.reduce(0) { $0 + $1.rowCount } * Limits.recordByteCount
  }

  /// Whether most records go to the file in any case.
  private var isLarge: Bool {
    recordByteCount
      > 2 * (resources.memoryByteLimit / 100 * Limits.recordMemoryPercent)
  }

  /// Parts of rows that may wait for an earlier one.
  var waitingPartitionCount: Int {
    min(
      max(resources.memoryByteLimit / Limits.bytesOfWaitingPartition, 1),
      Limits.waitingPartitionCount)
  }

  func partitionStore(_ links: ResolvedLinks, _ spill: SpillFile) -> PartitionStore {
    let wanted = resources.memoryByteLimit / 100 * Limits.recordMemoryPercent
    // Identities stay in memory, so where there are many, records give way to the file; and where
    // most of them go there anyway, the others gain little in memory.
    let other = resources.memoryByteLimit / 100 * Limits.otherMemoryPercent
    let budget = max(
      min(
        isLarge ? wanted / Limits.largeRecordShare : wanted,
        resources.memoryByteLimit - links.byteCount - other), wanted / 8)
    let byteCount = recordByteCount
    let ideal = byteCount / Limits.partitionByteCount + 1
    let count = min(max(ideal, 1), Limits.partitionCount, max(links.actorCount, 1))
    // Where most records go to the file, larger chunks cost the kernel half as much a byte.
    let chunks = isLarge ? wanted / Limits.largeChunkShare : wanted / Limits.chunkShare
    let fair = chunks / count / resources.pool.threadCount
    return PartitionStore(
      partitionCount: count,
      chunkByteCount: min(max(fair, Limits.smallestChunkByteCount), Limits.largestChunkByteCount),
      memoryByteLimit: budget, spill: spill)
  }
}

/// The files of one computation.
struct Spills {
  let links: LinkSpills
  let records: SpillFile

  /// - Parameter suffix: tells computations apart that run at once.
  init(_ resources: SequenceResources, suffix: String = "") {
    let directory = resources.spillDirectory
    func file(_ name: String) -> SpillFile {
      SpillFile(files: resources.files, directory: directory, name: name + ".spill" + suffix)
    }
    links = LinkSpills(
      ids: file("ids"), rows: file("rows"), furtherLogins: file("logins"),
      ranges: file("ranges"), codes: file("codes"), names: file("names"))
    records = file("records")
  }

  func remove() throws {
    try links.remove()
    try records.remove()
  }
}

/// The files of the links.
struct LinkSpills {
  /// Until ids have their integers.
  let ids: SpillFile
  /// Until rows lie in ranges, and what they lie in then.
  let rows: SpillFile
  let furtherLogins: SpillFile
  let ranges: SpillFile
  /// What is needed until the end.
  let codes: SpillFile
  let names: SpillFile

  func remove() throws {
    for file in [ids, rows, furtherLogins, ranges, codes, names] { try file.remove() }
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
