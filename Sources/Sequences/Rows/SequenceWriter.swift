import Events
import Threads

/// The rendered rows of one partition, a buffer an output.
final class RowPart {
  var buffers: [RowBuffer] = []

  init(_ formats: [SequenceOutput.Format]) {
    buffers = formats.map { _ in RowBuffer() }
  }

  var byteCount: Int { buffers.reduce(0) { $0 + $1.bytes.count } }
}

/// Rows on their way to one output.
final class RowBuffer {
  var bytes = OutputBytes(capacity: 4_096)
}

/// Walks partitions and renders the rows that pass the filter, one worker a thread.
final class SequenceWorker {
  private var index = PartitionIndex()
  private var walk: ActorWalk
  private var ndjson = NDJSONRows()
  private var csv = CSVRows()
  private let formats: [SequenceOutput.Format]
  private let filter: SequenceFilter
  private let links: ResolvedLinks
  private(set) var counts = SequenceCounts()

  init(
    formats: [SequenceOutput.Format], filter: SequenceFilter, options: SequenceOptions,
    links: ResolvedLinks
  ) {
    self.formats = formats
    self.filter = filter
    self.links = links
    walk = ActorWalk(options: options, links: links)
  }

  /// Renders a partition's rows into `part`; hands it over whenever it has grown large.
  func run(
    _ partition: Int, of store: PartitionStore, into part: RowPart,
    whenLarge: (RowPart) throws -> Void
  ) throws {
    try store.take(partition, into: &index.records)
    index.build(links.shared)
    try index.forEachActor { actor, entries, base in
      walk.walk(actor, entries, base: base)
      walk.finish()
      counts.orphans += walk.takeOrphanCount()
      for row in walk.rowOrder where passes(walk.sequences[row]) {
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
    case .parquet: break
    }
  }

  private func passes(_ sequence: WalkedSequence) -> Bool {
    if filter.isOpen { return true }
    if !filter.outcomes.isEmpty && !filter.outcomes.contains(sequence.outcome) { return false }
    if !filter.levels.isEmpty && !filter.levels.contains(sequence.level) { return false }
    if let since = filter.since, sequence.startedAt < since { return false }
    if let until = filter.until, sequence.startedAt >= until { return false }
    guard let wanted = filter.actor else { return true }
    return wanted.count == walk.actorText.count + 2 && wanted[0] == walk.actorLetter
      && wanted[1] == UInt8(ascii: ":") && wanted[2...].elementsEqual(walk.actorText.raw)
  }

  private func count(_ sequence: WalkedSequence) {
    counts.rows += 1
    let outcome = Int(sequence.outcome.rawValue)
    counts.rowsByOutcomeAndLevel[outcome][Int(sequence.level.rawValue)] += 1
  }
}

extension SequenceStages {
  /// Stage 3: rows of all partitions to all outputs, in order.
  func walk(
    _ store: PartitionStore, _ links: ResolvedLinks, _ filter: SequenceFilter,
    _ outputs: [SequenceOutput]
  ) throws -> SequenceCounts {
    for output in outputs { try writeHeader(output) }
    let formats = outputs.map(\.format)
    let spare = Locked((workers: [SequenceWorker](), parts: [RowPart]()))
    let parts = OrderedParts<RowPart>(limit: Limits.waitingPartitionCount) { part in
      for (place, output) in outputs.enumerated() {
        try output.sink(part.buffers[place].bytes.bytes)
        part.buffers[place].bytes.count = 0
      }
    }
    let progress = StageProgress(.rows, total: store.partitionCount, resources)
    try resources.pool.run(store.partitionCount) { partition in
      do {
        let worker =
          spare.with { $0.workers.popLast() }
          ?? SequenceWorker(
            formats: formats, filter: filter, options: options, links: links)
        let part = spare.with { $0.parts.popLast() } ?? RowPart(formats)
        try worker.run(partition, of: store, into: part) {
          try parts.writeEarly($0, partition)
        }
        let written = try parts.submit(part, partition)
        spare.with { spare in
          spare.workers.append(worker)
          spare.parts.append(contentsOf: written)
        }
      } catch {
        parts.abandon()
        throw error
      }
      progress.advance()
    }
    return spare.with { spare in
      spare.workers.reduce(into: SequenceCounts()) { $0.add($1.counts) }
    }
  }

  private func writeHeader(_ output: SequenceOutput) throws {
    switch output.format {
    case .csv: try output.sink(bytes(of: CSVRows.sequenceHeader))
    case .stepsCSV: try output.sink(bytes(of: CSVRows.stepHeader))
    case .ndjson, .parquet: break
    }
  }

  private func bytes(of text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }
}
