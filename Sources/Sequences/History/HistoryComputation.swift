package import Events
import Threads

/// Computes every actor's history and hands it to workers; what they append is given to `sink`, in
/// the order of actors: customers by their bytes, then visitors by theirs.
///
/// - Shape: `topics` are those whose events are kept although they play no role.
/// - Errors: what runs, workers, the sink and the file system throw.
/// - Cost: as `computeSequences`; a history is held while its worker looks at it.
package func computeHistories(
  of runs: [any EventRun], options: SequenceOptions, topics: [[UInt8]] = [],
  resources: SequenceResources, makeWorker: @escaping @Sendable () -> any HistoryWorker,
  sink: @escaping ([UInt8]) throws -> Void
) throws -> HistoryCounts {
  let stages = SequenceStages(runs: runs, options: options, resources: resources)
  let spills = Spills(resources)
  let result: Result<HistoryCounts, any Error>
  do {
    let links = try stages.links(spills.links)
    let store = stages.partitionStore(links, spills.records)
    var purpose = PartitionPurpose(content: .history)
    purpose.topics = topics
    let partitioned = try stages.partition(links, purpose, into: store)
    var counts = try stages.writeHistories(of: store, links, makeWorker, sink)
    counts.accepted = links.acceptedCount
    counts.unattributed = partitioned.unattributed
    counts.orphans += partitioned.orphans
    counts.horizon = links.horizon
    result = .success(counts)
  } catch {
    result = .failure(error)
  }
  try spills.remove()
  return try result.get()
}

extension SequenceStages {
  fileprivate func writeHistories(
    of store: PartitionStore, _ links: ResolvedLinks,
    _ makeWorker: @escaping @Sendable () -> any HistoryWorker,
    _ sink: @escaping ([UInt8]) throws -> Void
  ) throws -> HistoryCounts {
    let spare = Locked((walkers: [HistoryWalker](), counts: HistoryCounts()))
    let parts = OrderedParts<[UInt8]>(limit: waitingPartitionCount, outputCount: 1) {
      part, _, _ in try sink(part)
    } recycle: { _ in
    }
    let progress = StageProgress(.rows, total: store.partitionCount, resources)
    let options = self.options
    try resources.pool.run(store.partitionCount) { partition in
      do {
        let walker =
          spare.with { $0.walkers.popLast() }
          ?? HistoryWalker(options: options, links: links, worker: makeWorker())
        var bytes: [UInt8] = []
        try walker.run(partition, of: store, into: &bytes) {
          try parts.writeEarly($0, partition)
          $0.removeAll(keepingCapacity: true)
        }
        try parts.submit(bytes, partition)
        spare.with { spare in
          spare.counts.actors += walker.actorCount
          spare.counts.orphans += walker.orphanCount
          walker.actorCount = 0
          walker.orphanCount = 0
          spare.walkers.append(walker)
        }
      } catch {
        parts.abandon()
        throw error
      }
      progress.advance()
    }
    return spare.with { $0.counts }
  }
}

/// Walks partitions and makes histories, one a thread.
private final class HistoryWalker {
  private var index = PartitionIndex()
  private var walk: ActorWalk
  private var builder = HistoryBuilder()
  private let worker: any HistoryWorker
  private let links: ResolvedLinks
  private var names: ActorNameReader
  var actorCount = 0
  var orphanCount = 0

  init(options: SequenceOptions, links: ResolvedLinks, worker: any HistoryWorker) {
    walk = ActorWalk(options: options, links: links)
    self.links = links
    names = ActorNameReader(links)
    self.worker = worker
  }

  func run(
    _ partition: Int, of store: PartitionStore, into bytes: inout [UInt8],
    whenLarge: (inout [UInt8]) throws -> Void
  ) throws {
    try store.take(partition, into: &index.records)
    index.build(links.shared)
    try index.forEachActor { actor, entries, base in
      let name = try names.name(actor)
      walk.walk(actor, name, entries, base: base)
      walk.finish()
      orphanCount += walk.takeOrphanCount()
      actorCount += 1
      builder.build(walk, actor: name.written)
      try worker.add(builder.history, to: &bytes)
      if bytes.count > Limits.largePartByteCount { try whenLarge(&bytes) }
    }
  }
}
