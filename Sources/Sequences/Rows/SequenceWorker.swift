import Events

/// Walks partitions and renders the rows that pass the filter, one worker a thread.
final class SequenceWorker: RowWorker {
  private var index = PartitionIndex()
  private var walk: ActorWalk
  private var ndjson = NDJSONRows()
  private var csv = CSVRows()
  private let formats: [SequenceOutput.Format]
  private let filter: SequenceFilter
  private let links: ResolvedLinks
  private var names: ActorNameReader
  private(set) var counts = SequenceCounts()

  init(
    formats: [SequenceOutput.Format], filter: SequenceFilter, options: SequenceOptions,
    links: ResolvedLinks
  ) {
    self.formats = formats
    self.filter = filter
    self.links = links
    names = ActorNameReader(links)
    walk = ActorWalk(options: options, links: links)
  }

  /// Renders a partition's rows into `part`; hands it over whenever it has grown large.
  func run(
    _ partition: Int, of store: PartitionStore, into part: RowPart,
    whenLarge: (RowPart) throws -> Void
  ) throws {
    try index.forEachActor(of: partition, in: store, links.shared) { actor, entries, base in
      walk.walk(actor, try names.name(actor), entries, base: base)
      walk.finish()
      counts.orphans += walk.takeOrphanCount()
      for row in walk.rowOrder.buffer where passes(walk.sequences[row]) {
        count(walk.sequences[row])
        for (place, format) in formats.enumerated() {
          render(row, format, into: part.buffers[place])
        }
        if part.byteCount > Limits.largePartByteCount { try whenLarge(part) }
      }
    }
  }

  @inline(__always)
  private func render(_ row: Int, _ format: SequenceOutput.Format, into buffer: RowBuffer) {
    switch format {
    case .ndjson: ndjson.write(row, of: walk, to: &buffer.bytes)
    case .csv: csv.writeSequence(row, of: walk, to: &buffer.bytes)
    case .stepsCSV: csv.writeSteps(row, of: walk, to: &buffer.bytes)
    case .parquet: buffer.columns?.append(sequence: row, of: walk)
    }
  }

  private func passes(_ sequence: WalkedSequence) -> Bool {
    if filter.isOpen { return true }
    return filter.passes(sequence.outcome, sequence.level)
      && filter.passes(startedAt: sequence.startedAt)
      && filter.passes(actor: walk.actorText, letter: walk.actorLetter)
  }

  private func count(_ sequence: WalkedSequence) {
    counts.rows += 1
    let outcome = Int(sequence.outcome.rawValue)
    counts.rowsByOutcomeAndLevel[outcome][Int(sequence.level.rawValue)] += 1
  }
}

extension SequenceFilter {
  func passes(_ outcome: Outcome, _ level: Level) -> Bool {
    (outcomes.isEmpty || outcomes.contains(outcome)) && (levels.isEmpty || levels.contains(level))
  }
}
