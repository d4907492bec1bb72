import Bytes
import Events
import Files
import Parquet
import Threads

/// Finds sealed rows by identity: a filter first, index runs for what passes it, and rows compared
/// where they lie.
///
/// Invariant: runs cover the offsets of all committed rows without gap or overlap, ascending.
///
/// A run is written to a file once it has grown by merging, and stays there; the few young ones are
/// made anew from their segments when the ledger is opened. The filter has a file of its own, so
/// opening reads that, the ids of at most a few million events, and a few bytes of each run.
struct DuplicateIndex {
  let files: any FileSystem
  let directory: LedgerDirectory
  let tiers: IndexTiers
  let fileRowCount: Int
  let hashSeed: UInt64
  var runs: [Entry] = []
  /// Of all rows of all runs.
  var filter = IdentityFilter(rowCount: 0)
  /// Rows below this offset are in the filter's file.
  var filterEnd: Int64 = 0
  /// The filter's file that the catalog names.
  var filterName: String?
  var rows: SealedRows
  /// Names of runs that the catalog knows and that were missing or broken.
  var lostNames: [String] = []

  /// Runs that had to be made anew because their files were missing or broken.
  private(set) var rebuiltRunCount = 0

  /// - Errors: `LedgerError.damaged` when the catalog's runs do not cover its segments.
  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, segments: [SegmentRecord],
    runs records: [RunRecord], filter filterRecord: FilterRecord?, fanIn: Int, fileRowCount: Int,
    hashSeed: UInt64, pool: WorkerPool
  ) throws {
    self.fileRowCount = fileRowCount
    self.files = files
    self.directory = directory
    self.hashSeed = hashSeed
    tiers = IndexTiers(fanIn: fanIn)
    rows = SealedRows(files, directory, segments)
    for record in records {
      guard record.firstOffset >= runs.last?.run.endOffset ?? 0 else {
        throw LedgerError.damaged(
          path: directory.file(.index, record.name), detail: "it overlaps the one before")
      }
      runs += try makeRuns(to: record.firstOffset, pool)
      if let run = read(record, pool) {
        runs.append(Entry(run: run, record: record, segmentCount: Limits.indexRunSegmentCount))
      } else {
        try replaceLost(record, pool)
      }
    }
    runs += try makeRuns(to: segments.last?.endOffset ?? 0, pool)
    mergeYoungRuns()
    try openFilter(filterRecord, pool)
  }

  /// A run and, if it has one, its file.
  struct Entry {
    var run: PlacedRun
    var record: RunRecord?
    /// Segments that went into it, as far as they matter.
    var segmentCount: Int

    /// Whether its file has a format of earlier programs.
    var isOldFormat = false

    init(run: PlacedRun, record: RunRecord?, segmentCount: Int) {
      self.run = run
      self.record = record
      self.segmentCount = segmentCount
      if case .memory = run { isOldFormat = record != nil }
    }

    init(merging entries: [Entry], _ runs: [IndexRun]) {
      run = .memory(runs.count == 1 ? runs[0] : IndexRun(merging: runs))
      record = nil
      segmentCount = entries.reduce(0) { $0 + $1.segmentCount }
    }
  }

  // MARK: Runs

  /// The run in a file, or nil when its bytes are not what the catalog says.
  private func read(_ record: RunRecord, _ pool: WorkerPool) -> PlacedRun? {
    do {
      let run = try PlacedRun(
        files, directory.file(.index, record.name), sha256: record.sha256, pool)
      return run.firstOffset == record.firstOffset && run.rowCount == record.rowCount ? run : nil
    } catch {
      return nil
    }
  }

  /// Makes runs for the rows up to an offset that no run covers, one a segment.
  private func makeRuns(to end: Int64, _ pool: WorkerPool) throws -> [Entry] {
    try makeRuns(from: runs.last?.run.endOffset ?? 0, to: end, pool).map {
      Entry(run: .memory($0), record: nil, segmentCount: 1)
    }
  }

  private func makeRuns(
    from first: Int64, to end: Int64, _ pool: WorkerPool
  ) throws -> [IndexRun] {
    let missing = rows.segmentRecords.filter { $0.endOffset > first && $0.firstOffset < end }
    let made = TaskResults<IndexRun?>(count: missing.count, empty: nil)
    let rebuild = IndexRebuild(files, directory, hashSeed)
    try pool.run(missing.count) { index in
      let from = max(first, missing[index].firstOffset)
      let count = Int(min(end, missing[index].endOffset) - from)
      made.set(index, try rebuild.run([missing[index]], from: from, rowCount: count))
    }
    let runs = made.values.compactMap { $0 }
    guard runs.last?.endOffset ?? first >= end else {
      throw LedgerError.damaged(
        path: directory.folder(.segments), detail: "the index goes beyond the last segment")
    }
    return runs
  }

  /// One run of the rows that a lost one had.
  private mutating func replaceLost(_ record: RunRecord, _ pool: WorkerPool) throws {
    let end = record.firstOffset + Int64(record.rowCount)
    let made = try makeRuns(from: record.firstOffset, to: end, pool)
    rebuiltRunCount += 1
    lostNames.append(record.name)
    if made.isEmpty { return }
    var entry = Entry(merging: [], made)
    entry.segmentCount = Limits.indexRunSegmentCount
    runs.append(entry)
  }

  /// Makes runs anew from segments whose files turned out to be broken; whether there were any.
  mutating func replaceBroken(_ pool: WorkerPool) throws -> Bool {
    guard runs.contains(where: \.run.isBroken) else { return false }
    let old = runs
    runs = []
    for (place, entry) in old.enumerated() {
      if entry.run.isBroken, let record = entry.record {
        do {
          try replaceLost(record, pool)
        } catch {
          runs += old[place...]
          throw error
        }
      } else {
        runs.append(entry)
      }
    }
    return true
  }

  /// Brings runs without files in order, as they were before the ledger was closed.
  private mutating func mergeYoungRuns() {
    while let range = tiers.mergeRange(runs.map(\.run.rowCount)) {
      var young: [IndexRun] = []
      for entry in runs[range] {
        if entry.record == nil, case .memory(let run) = entry.run { young.append(run) }
      }
      guard young.count == range.count else { return }
      runs.replaceSubrange(range, with: [Entry(merging: Array(runs[range]), young)])
    }
  }

  /// Forgets all runs for one that covers the same rows, with its filter.
  mutating func replace(
    with record: RunRecord, filter: IdentityFilter, _ filterRecord: FilterRecord
  ) throws {
    let run = try StoredRun(files, directory.file(.index, record.name))
    runs = [Entry(run: .file(run), record: record, segmentCount: Limits.indexRunSegmentCount)]
    lostNames = []
    self.filter = filter
    (filterName, filterEnd) = (filterRecord.name, filterRecord.endOffset)
  }

  var memoryByteCount: Int {
    runs.reduce(filter.memoryByteCount) { $0 + $1.run.memoryByteCount }
  }
  var runCount: Int { runs.count }

  // MARK: Filter

  /// Reads the filter's file and adds what came after it, or makes the filter from the runs.
  private mutating func openFilter(_ record: FilterRecord?, _ pool: WorkerPool) throws {
    filterName = record?.name
    let end = runs.last?.run.endOffset ?? 0
    let read = record.flatMap { $0.endOffset <= end ? readFilter($0, pool) : nil }
    if let record, let read, read.hasRoom(forRowCount: rowCount) {
      (filter, filterEnd) = (read, record.endOffset)
      try repairing(pool) { index in
        let younger = index.runs.map(\.run).filter { $0.endOffset > record.endOffset }
        try read.insert(younger, pool)
      }
    } else {
      try repairing(pool) { index in
        index.filter = try IdentityFilter(index.runs.map(\.run), pool)
      }
    }
  }

  private func readFilter(_ record: FilterRecord, _ pool: WorkerPool) -> IdentityFilter? {
    do {
      return try IdentityFilter(files, directory.file(.filters, record.name), record, pool)
    } catch {
      return nil
    }
  }

  var rowCount: Int { runs.reduce(0) { $0 + $1.run.rowCount } }

  /// Does something that reads runs, and again when some turn out to be broken and are made anew.
  mutating func repairing(
    _ pool: WorkerPool, _ body: (inout DuplicateIndex) throws -> Void
  ) throws {
    while true {
      do {
        return try body(&self)
      } catch {
        guard try replaceBroken(pool) else { throw error }
      }
    }
  }

  // MARK: Look-ups

  /// What runs say of a batch's rows.
  private struct Found {
    var candidates: [Candidate] = []
    /// Rows that a run in memory has a candidate for, and that files were not asked about: a
    /// candidate nearly always is what it looks like, and there is no second one.
    var undecided: [UInt32] = []
  }

  /// For every batch, the rows whose identity a sealed row has, ascending.
  mutating func verdicts(_ batches: [EventBatch], _ pool: WorkerPool) throws -> [[Verdict]] {
    guard !runs.isEmpty else { return Array(repeating: [], count: batches.count) }
    var found: [Found] = []
    try repairing(pool) { found = try $0.candidates(batches, pool) }
    try loadBusyRuns(pool)
    var verdicts: [[Verdict]] = []
    for (batch, found) in zip(batches, found) {
      verdicts.append(try self.verdicts(batch, found, pool))
    }
    return verdicts
  }

  private mutating func verdicts(
    _ batch: EventBatch, _ found: Found, _ pool: WorkerPool
  ) throws -> [Verdict] {
    if found.candidates.isEmpty { return [] }
    let verdicts = try rows.compare(batch, found.candidates)
    let decided = Set(verdicts.map { UInt32(truncatingIfNeeded: $0.row) })
    let left = found.undecided.filter { !decided.contains($0) }
    if left.isEmpty { return verdicts }
    // All runs, as one that was a file a moment ago may be in memory by now.
    let hashes = left.map { batch.identityHash[Int($0)] }
    var all: [Candidate] = []
    try repairing(pool) { index in
      all = []
      for entry in index.runs { try entry.run.findCandidates(hashes, rows: left, into: &all) }
    }
    return (verdicts + (try rows.compare(batch, all))).sorted { $0.row < $1.row }
  }

  private func candidates(_ batches: [EventBatch], _ pool: WorkerPool) throws -> [Found] {
    let results = TaskResults<Found>(count: batches.count, empty: Found())
    var memory: [IndexRun] = []
    var stored: [StoredRun] = []
    for entry in runs {
      switch entry.run {
      case .memory(let run): memory.append(run)
      case .file(let run): stored.append(run)
      }
    }
    let (inMemory, inFiles, filter) = (memory, stored, self.filter)
    try pool.run(batches.count) { index in
      let hashes = batches[index].identityHash
      var rows = filter.passing(hashes)
      guard !rows.isEmpty else { return }
      var found = Found()
      var passed = rows.map { hashes[Int($0)] }
      for run in inMemory { run.findCandidates(passed, rows: rows, into: &found.candidates) }
      if !found.candidates.isEmpty && !inFiles.isEmpty {
        let known = Set(found.candidates.map(\.row))
        found.undecided = rows.filter(known.contains)
        rows.removeAll(where: known.contains)
        passed = rows.map { hashes[Int($0)] }
      }
      for run in inFiles { try run.findCandidates(passed, rows: rows, into: &found.candidates) }
      results.set(index, found)
    }
    return results.values
  }

  /// Reads runs whole that many look-ups go to: redeliveries of old events do so.
  private mutating func loadBusyRuns(_ pool: WorkerPool) throws {
    try repairing(pool) { index in
      for place in index.runs.indices {
        guard case .file(let run) = index.runs[place].run, run.isWorthLoading else { continue }
        index.runs[place].run = .memory(try run.load(pool))
      }
    }
  }
}
