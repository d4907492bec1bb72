import Bytes
import Events
import Files
import Threads

/// Finds sealed rows by identity: index runs in memory, rows compared where they lie.
///
/// Invariant: runs cover the offsets of all committed rows without gap or overlap, ascending.
///
/// A run is written to a file once it has grown by merging; the few young ones are made anew from
/// their segments when the ledger is opened. So a small ledger has no index on disk, and opening
/// reads the ids of at most a few million events.
struct DuplicateIndex {
  private let files: any FileSystem
  private let directory: LedgerDirectory
  private let tiers: IndexTiers
  private let fileRowCount: Int
  private var runs: [Entry] = []
  /// Of all rows of all runs.
  private var filter: IdentityFilter
  private var rows: SealedRows

  /// Runs that had to be made anew because their files were missing or broken.
  private(set) var rebuiltRunCount = 0

  /// - Errors: `LedgerError.damaged` when the catalog's runs do not cover its segments.
  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, segments: [SegmentRecord],
    runs records: [RunRecord], fanIn: Int, fileRowCount: Int, hashSeed: UInt64,
    pool: WorkerPool
  ) throws {
    self.fileRowCount = fileRowCount
    self.files = files
    self.directory = directory
    tiers = IndexTiers(fanIn: fanIn)
    filter = IdentityFilter(rowCount: 0)
    rows = SealedRows(files, directory, segments)
    for record in records {
      let path = directory.file(.index, record.name)
      guard record.firstOffset >= runs.last?.run.endOffset ?? 0 else {
        throw LedgerError.damaged(path: path, detail: "it overlaps the one before")
      }
      try fill(to: record.firstOffset, segments, hashSeed, pool)
      if let run = DuplicateIndex.read(files, path, record, pool) {
        runs.append(Entry(run: run, record: record, segmentCount: Limits.indexRunSegmentCount))
      } else {
        rebuiltRunCount += 1
        try fill(to: record.firstOffset + Int64(record.rowCount), segments, hashSeed, pool)
      }
    }
    try fill(to: segments.last?.endOffset ?? 0, segments, hashSeed, pool)
    mergeYoungRuns()
    try makeFilter(pool)
  }

  private mutating func makeFilter(_ pool: WorkerPool) throws {
    filter = try IdentityFilter(runs.map(\.run), pool)
  }

  /// Brings runs without files in order, as they were before the ledger was closed.
  private mutating func mergeYoungRuns() {
    while let range = tiers.mergeRange(runs.map(\.run.rowCount)),
      runs[range].allSatisfy({ $0.record == nil })
    {
      runs.replaceSubrange(range, with: [Entry(merging: Array(runs[range]))])
    }
  }

  /// Makes runs for the rows up to an offset that no run covers, one a segment.
  private mutating func fill(
    to end: Int64, _ segments: [SegmentRecord], _ hashSeed: UInt64, _ pool: WorkerPool
  ) throws {
    let first = runs.last?.run.endOffset ?? 0
    let missing = segments.filter { $0.endOffset > first && $0.firstOffset < end }
    let made = TaskResults<IndexRun?>(count: missing.count, empty: nil)
    let rebuild = IndexRebuild(files, directory, hashSeed)
    try pool.run(missing.count) { index in
      let from = max(first, missing[index].firstOffset)
      let count = Int(min(end, missing[index].endOffset) - from)
      made.set(index, try rebuild.run([missing[index]], from: from, rowCount: count))
    }
    for case let run? in made.values {
      runs.append(Entry(run: run, record: nil, segmentCount: 1))
    }
    guard runs.last?.run.endOffset ?? 0 >= end else {
      throw LedgerError.damaged(
        path: directory.folder(.segments), detail: "the index goes beyond the last segment")
    }
  }

  /// A run and, if it has one, its file.
  fileprivate struct Entry {
    var run: IndexRun
    var record: RunRecord?
    /// Segments that went into it, as far as they matter.
    var segmentCount: Int

    init(run: IndexRun, record: RunRecord?, segmentCount: Int) {
      self.run = run
      self.record = record
      self.segmentCount = segmentCount
    }

    init(merging entries: [Entry]) {
      run = IndexRun(merging: entries.map(\.run))
      record = nil
      segmentCount = entries.reduce(0) { $0 + $1.segmentCount }
    }
  }

  /// The run in a file, or nil when its bytes are not what the catalog says.
  private static func read(
    _ files: any FileSystem, _ path: String, _ record: RunRecord, _ pool: WorkerPool
  ) -> IndexRun? {
    do {
      let run = try IndexRun(files, path, sha256: record.sha256, pool)
      return run.firstOffset == record.firstOffset && run.rowCount == record.rowCount ? run : nil
    } catch {
      return nil
    }
  }

  /// Forgets all runs for one that covers the same rows.
  mutating func replace(with run: IndexRun, _ record: RunRecord, _ pool: WorkerPool) throws {
    runs = [Entry(run: run, record: record, segmentCount: Limits.indexRunSegmentCount)]
    try makeFilter(pool)
  }

  var memoryByteCount: Int {
    runs.reduce(filter.memoryByteCount) { $0 + $1.run.memoryByteCount }
  }
  var runCount: Int { runs.count }

  /// For every batch, the rows whose identity a sealed row has, ascending.
  func verdicts(_ batches: [EventBatch], _ pool: WorkerPool) throws -> [[Verdict]] {
    guard !runs.isEmpty else { return Array(repeating: [], count: batches.count) }
    let candidates = try candidates(batches, pool)
    var verdicts: [[Verdict]] = []
    for (batch, found) in zip(batches, candidates) {
      verdicts.append(found.isEmpty ? [] : try rows.compare(batch, found))
    }
    return verdicts
  }

  private func candidates(
    _ batches: [EventBatch], _ pool: WorkerPool
  ) throws -> [[Candidate]] {
    let results = TaskResults<[Candidate]>(count: batches.count, empty: [])
    let runs = self.runs.map(\.run)
    let filter = self.filter
    try pool.run(batches.count) { index in
      let hashes = batches[index].identityHash
      let rows = filter.passing(hashes)
      guard !rows.isEmpty else { return }
      let passed = rows.map { hashes[Int($0)] }
      var found: [Candidate] = []
      for run in runs { run.findCandidates(passed, rows: rows, into: &found) }
      results.set(index, found)
    }
    return results.values
  }

  /// A change of the runs that becomes true with a commit.
  struct Change {
    fileprivate var runs: [Entry]
    fileprivate let tiers: IndexTiers
    private let fileRowCount: Int
    /// The runs of new segments, before they were merged.
    fileprivate private(set) var addedRuns: [IndexRun] = []
    /// Names that the catalog knows and that go.
    private(set) var removedNames: [String] = []
    /// Files that the commit has to name.
    private(set) var addedRecords: [RunRecord] = []

    /// Takes the run of a new segment.
    mutating func add(_ run: IndexRun) {
      addedRuns.append(run)
      runs.append(Entry(run: run, record: nil, segmentCount: 1))
    }

    /// Merges runs until the tiers are in order, and writes those that have become large.
    mutating func merge(_ files: any FileSystem, _ directory: LedgerDirectory) throws {
      while let range = tiers.mergeRange(runs.map(\.run.rowCount)) {
        let merged = Entry(merging: Array(runs[range]))
        removedNames += runs[range].compactMap(\.record?.name)
        runs.replaceSubrange(range, with: [merged])
      }
      for index in runs.indices
      where runs[index].record == nil
        && (runs[index].run.rowCount >= fileRowCount
          || runs[index].segmentCount >= Limits.indexRunSegmentCount)
      {
        let record = try writeRun(runs[index].run, files, directory)
        runs[index].record = record
        addedRecords.append(record)
      }
    }

    fileprivate init(_ runs: [Entry], _ tiers: IndexTiers, _ fileRowCount: Int) {
      self.runs = runs
      self.tiers = tiers
      self.fileRowCount = fileRowCount
    }
  }

  func change() -> Change { Change(runs, tiers, fileRowCount) }

  /// Takes other segments with the same rows.
  mutating func replaceSegments(_ segments: [SegmentRecord]) {
    rows = SealedRows(files, directory, segments)
  }

  mutating func install(
    _ change: Change, segments: [SegmentRecord], _ pool: WorkerPool
  ) throws {
    runs = change.runs
    if filter.hasRoom(forRowCount: runs.reduce(0) { $0 + $1.run.rowCount }) {
      for run in change.addedRuns { filter.insert(run) }
    } else {
      try makeFilter(pool)
    }
    rows.add(segments)
  }
}
