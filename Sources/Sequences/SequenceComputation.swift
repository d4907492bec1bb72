package import Events
package import Files
package import Threads

/// Takes rendered bytes, in order; called by one thread at a time, but not always the same.
package typealias ByteSink = @Sendable (UnsafeRawBufferPointer) throws -> Void

/// A rendering of sequence rows and where it goes.
package struct SequenceOutput: Sendable {
  package enum Format: Sendable, CaseIterable {
    case ndjson, csv, stepsCSV, parquet
  }

  package var format: Format
  package var sink: ByteSink

  package init(_ format: Format, to sink: @escaping ByteSink) {
    self.format = format
    self.sink = sink
  }
}

/// What a computation counted.
package struct SequenceCounts: Sendable, Equatable {
  /// Events that exist (under `as_of`).
  package var accepted = 0
  /// Events without actor.
  package var unattributed = 0
  /// Aftermath on no sequence, and payment failures that opened none.
  package var orphans = 0
  /// Rows written, after filters.
  package var rows = 0
  /// Rows written, by outcome and level.
  package var rowsByOutcomeAndLevel = Array(
    repeating: Array(repeating: 0, count: Level.allCases.count), count: Outcome.allCases.count)

  package init() {}

  package func rows(_ outcome: Outcome, _ level: Level) -> Int {
    rowsByOutcomeAndLevel[Int(outcome.rawValue)][Int(level.rawValue)]
  }

  mutating func add(_ other: SequenceCounts) {
    accepted += other.accepted
    unattributed += other.unattributed
    orphans += other.orphans
    rows += other.rows
    for outcome in rowsByOutcomeAndLevel.indices {
      for level in rowsByOutcomeAndLevel[outcome].indices {
        rowsByOutcomeAndLevel[outcome][level] += other.rowsByOutcomeAndLevel[outcome][level]
      }
    }
  }
}

/// How far a computation is, for a progress bar.
package struct SequenceProgress: Sendable {
  package enum Stage: Sendable { case links, partitions, rows }

  package var stage: Stage
  package var done: Int
  package var total: Int
}

/// What computations stand on: threads, memory and a place for what does not fit.
package struct SequenceResources: Sendable {
  package var pool: WorkerPool
  package var files: any FileSystem
  /// A directory of this computation alone; made when something spills.
  package var spillDirectory: String
  /// For the whole process; this target keeps records, ids and rows of links within a part of it.
  package var memoryByteLimit: Int
  package var report: (@Sendable (SequenceProgress) -> Void)?

  package init(
    pool: WorkerPool, files: any FileSystem, spillDirectory: String,
    memoryByteLimit: Int = 512 << 20
  ) {
    self.pool = pool
    self.files = files
    self.spillDirectory = spillDirectory
    self.memoryByteLimit = memoryByteLimit
  }
}

/// Computes the sequences of a set of runs and renders them, all in bounded memory.
///
/// Three stages, each a pure function of explicit inputs: links, partitions, rows. No written byte
/// depends on the order or layout of runs, the number of threads or the memory limit.
/// - Shape: rows sorted by actor, start and id, to every output.
/// - Errors: what runs, sinks and the file system throw.
/// - Cost: beyond the limit, memory grows by 4 bytes a distinct visitor, order and cart; a single
///   actor's records must fit into memory.
/// - Source: docs/semantics.md §2 to §6.
package func computeSequences(
  of runs: [any EventRun], options: SequenceOptions, filter: SequenceFilter = SequenceFilter(),
  outputs: [SequenceOutput], resources: SequenceResources
) throws -> SequenceCounts {
  let stages = SequenceStages(runs: runs, options: options, resources: resources)
  return try stages.run(.sequences) { links, store in
    let formats = outputs.map(\.format)
    return try stages.writeRows(of: store, to: outputs.map(RowOutput.init)) {
      SequenceWorker(formats: formats, filter: filter, options: options, links: links)
    }
  }
}

extension RowOutput {
  convenience init(_ output: SequenceOutput) {
    switch output.format {
    case .ndjson: self.init(header: "", sink: output.sink)
    case .csv: self.init(header: CSVRows.sequenceHeader, sink: output.sink)
    case .stepsCSV: self.init(header: CSVRows.stepHeader, sink: output.sink)
    case .parquet: self.init(.sequences, sink: output.sink)
    }
  }
}
