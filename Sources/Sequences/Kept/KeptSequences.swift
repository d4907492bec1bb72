import Bytes
package import Events
import Files

/// What bringing kept sequences up to date came to.
package struct KeptReport: Sendable {
  /// Why everything was computed anew; nil where it was not, or where nothing had been kept.
  package var rebuilt: String?
  /// Rows of the ledger that were new, and those that were computed with.
  package var newRowCount = 0
  package var computedRowCount = 0
  /// Whether what earlier updates left was merged.
  package var hasMerged = false
  /// Size of the folder's files.
  package var byteCount = 0

  /// Nothing was done yet.
  package init(rebuilt: String? = nil) { self.rebuilt = rebuilt }
}

/// Sequences of a ledger that are kept in a folder, and brought up to date by what is new.
///
/// Everything that a row depends on, but for the horizon, is told by events whose ids hang
/// together: they form a *component*. So an update computes the components of new events anew, by
/// the ordinary stages, and leaves all others alone; of these it leaves what a long silence
/// separates from them (`KeptCut`). What the horizon will make of a row is told in advance.
/// - Source: docs/decisions/0017-kept-sequences.md.
package final class KeptSequences {
  /// Part of every key: raised whenever rows or what the folder holds change their form.
  private static let version = "3"
  private let folder: KeptFolder
  private let state: KeptState
  package let report: KeptReport

  /// Brings what a folder holds up to the ledger, and holds the folder.
  ///
  /// - Parameters:
  ///   - ledger: names the ledger for ever.
  ///   - program: names the program's version: another may render otherwise.
  ///   - runs: the whole ledger, by offset from 0.
  ///   - formats: renderings that will be asked for; never Parquet: it is no row after the other.
  /// - Errors: `FileError` with `.locked` where another process holds the folder; what runs and
  ///   files throw. The folder then holds what it held.
  package init(
    in directory: String, ledger: String, program: String, runs: [any EventRun],
    options: SequenceOptions, formats: [SequenceOutput.Format], resources: SequenceResources
  ) throws {
    precondition(options.asOf == nil, "kept sequences are those of the whole ledger")
    precondition(!formats.contains(.parquet), "Parquet is not kept")
    let folder = try KeptFolder(resources.files, directory)
    let key = Array("\(KeptSequences.version)\n\(program)\n\(options)".utf8)
    var report = KeptReport()
    var kept = formats
    do {
      if let state = try folder.load() {
        kept = SequenceOutput.Format.allCases.filter {
          formats.contains($0) || state.formats.contains($0)
        }
        try KeptSequences.check(state, key, Array(ledger.utf8), kept, runs)
        try KeptSequences.update(state, folder, runs, options, resources, &report)
        (self.folder, self.state, self.report) = (folder, state, report)
        return
      }
    } catch let error as KeptStateUnusable {
      report = KeptReport(rebuilt: error.description)
    }
    let state = KeptState(key: key, ledger: Array(ledger.utf8), formats: kept)
    state.number = try folder.freeNumber()
    try KeptSequences.update(state, folder, runs, options, resources, &report)
    (self.folder, self.state, self.report) = (folder, state, report)
  }

  private static func check(
    _ state: KeptState, _ key: [UInt8], _ ledger: [UInt8], _ formats: [SequenceOutput.Format],
    _ runs: [any EventRun]
  ) throws {
    guard state.key == key else {
      throw KeptStateUnusable("it was made with other options, or by another version")
    }
    guard state.ledger == ledger else { throw KeptStateUnusable("it is of another ledger") }
    guard state.formats == formats else {
      throw KeptStateUnusable("it does not keep every format asked for")
    }
    let rowCount = runs.reduce(0) { $0 + $1.rowCount }
    guard state.endOffset <= Int64(rowCount),
      try state.endOffset == 0 || hash(ofRow: Int(state.endOffset) - 1, runs) == state.lastRowHash
    else {
      throw KeptStateUnusable("the ledger's events are not those that it was made of")
    }
  }

  private static func update(
    _ state: KeptState, _ folder: KeptFolder, _ runs: [any EventRun],
    _ options: SequenceOptions, _ resources: SequenceResources, _ report: inout KeptReport
  ) throws {
    let new = later(runs, from: Int(state.endOffset))
    report.newRowCount = new.reduce(0) { $0 + $1.rowCount }
    let isFirst = state.files.isEmpty
    if report.newRowCount > 0 || isFirst {
      let update = try KeptUpdate(folder, state, options, resources)
      try update.run(new)
      report.computedRowCount = update.computedRowCount
      if state.endOffset > 0 {
        state.lastRowHash = try hash(ofRow: Int(state.endOffset) - 1, runs)
      }
      if isFirst { state.mergedByteCount = state.rowByteCount }
      report.hasMerged = try KeptMerging(folder, state).run()
      try folder.save(state, report.hasMerged ? nil : update.changed)
    }
    report.byteCount = state.files.values.reduce(0, +)
  }

  /// The rows from one on.
  private static func later(_ runs: [any EventRun], from first: Int) -> [any EventRun] {
    var later: [any EventRun] = []
    var start = 0
    for run in runs {
      let end = start + run.rowCount
      if end > first {
        later.append(start >= first ? run : LaterRows(run: run, firstRow: first - start))
      }
      start = end
    }
    return later
  }

  /// A hash of what identifies a row.
  private static func hash(ofRow row: Int, _ runs: [any EventRun]) throws -> UInt64 {
    var hash: UInt64 = 0
    guard let run = later(runs, from: row).first else { return hash }
    let columns: EventColumnSet = [.eventID, .source]
    try run.open(columns).scan(0..<1, columns) { batch in
      let source = batch.source.dictionary[Int(batch.source.codes[0])]
      let identity = Array(source) + [UInt8(ascii: "\n")] + Array(batch.eventID[0])
      hash = identity.withUnsafeBytes { fastHash($0, seed: 0x6b65_7074_6c61_7374) }
    }
    return hash
  }

  /// Writes the rows as they are at the ledger's horizon: the bytes that `computeSequences` gives.
  ///
  /// - Errors: `KeptStateUnusable` where what was kept is damaged; what sinks throw.
  package func write(
    to outputs: [SequenceOutput], filter: SequenceFilter = SequenceFilter()
  ) throws -> SequenceCounts {
    var counts = SequenceCounts()
    counts.accepted = Int(state.endOffset)
    counts.unattributed = state.unattributedCount
    let writers = outputs.map { KeptOutput($0, of: state.formats) }
    for writer in writers { try writer.begin() }
    let horizon = state.horizon ?? 0
    let formatCount = state.formats.count
    var merge = try KeptRowMerge(state.readers(in: folder))
    try merge.forEachEntry { entry, end in
      let passes = filter.passes(entry: entry)
      try KeptRow.forEach(in: entry, formatCount: formatCount) { row in
        guard row.startedAt < end else { return }
        counts.orphans += row.orphanCount
        guard passes, row.orphanCount == 0, row.first <= horizon, horizon <= row.last,
          filter.passes(row)
        else { return }
        counts.rows += 1
        counts.rowsByOutcomeAndLevel[Int(row.outcome.rawValue)][Int(row.level.rawValue)] += 1
        for writer in writers { try writer.write(row) }
      }
    }
    for writer in writers { try writer.flush() }
    return counts
  }
}

/// One output of kept rows.
private final class KeptOutput {
  private let output: SequenceOutput
  /// Which of the kept renderings it is.
  private let place: Int
  private var bytes = OutputBytes(capacity: 1 << 20)

  init(_ output: SequenceOutput, of formats: [SequenceOutput.Format]) {
    guard let place = formats.firstIndex(of: output.format) else {
      preconditionFailure("the output's format is kept")
    }
    self.output = output
    self.place = place
  }

  func begin() throws { try RowOutput(output).begin() }

  func write(_ row: KeptRow) throws {
    try row.forEachPart(ofFormat: place) { part in
      guard let start = part.baseAddress else { return }
      if bytes.count + part.count > bytes.capacity { try flush() }
      bytes.reserve(part.count)
      bytes.put(start.assumingMemoryBound(to: UInt8.self), part.count)
    }
  }

  func flush() throws {
    try output.sink(bytes.bytes)
    bytes.count = 0
  }
}

extension SequenceFilter {
  fileprivate func passes(entry: UnsafeRawBufferPointer) -> Bool {
    guard let actor else { return true }
    let count = Int(entry.loadUnaligned(fromByteOffset: 8, as: Int64.self))
    return entry[KeptEntry.actorOffset..<KeptEntry.actorOffset + count].elementsEqual(actor)
  }

  fileprivate func passes(_ row: KeptRow) -> Bool {
    passes(row.outcome, row.level) && passes(startedAt: row.startedAt)
  }
}

extension KeptState {
  /// All runs of rows, to be read side by side.
  func readers(in folder: KeptFolder) -> [KeptRowReader] {
    runs.map { run in KeptRowReader(run) { try folder.open(KeptState.rowFile($0)) } }
  }
}
