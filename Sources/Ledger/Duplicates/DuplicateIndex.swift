import Bytes
import Events
import Files
import Threads

/// Finds sealed rows by identity: index runs in memory, rows compared where they lie.
///
/// Invariant: runs cover the offsets of all committed rows without gap or overlap, ascending.
struct DuplicateIndex {
  private let files: any FileSystem
  private let directory: LedgerDirectory
  private let tiers: IndexTiers
  private var runs: [(record: RunRecord, run: IndexRun)] = []
  private var rows: SealedRows

  /// - Errors: `LedgerError.damaged` when runs are missing, broken or do not cover the segments.
  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, segments: [SegmentRecord],
    runs records: [RunRecord], fanIn: Int
  ) throws {
    self.files = files
    self.directory = directory
    tiers = IndexTiers(fanIn: fanIn)
    rows = SealedRows(files, directory, segments)
    var end: Int64 = 0
    for record in records {
      let path = directory.file(.index, record.name)
      let run = try IndexRun(fileBytes: try bytesOfFile(files, path), path: path)
      guard run.firstOffset == end, run.rowCount == record.rowCount else {
        throw LedgerError.damaged(path: path, detail: "it does not begin where the one before ends")
      }
      end = run.endOffset
      runs.append((record, run))
    }
    guard end == segments.last?.endOffset ?? 0 else {
      throw LedgerError.damaged(
        path: directory.folder(.index), detail: "it ends at offset \(end), the segments do not")
    }
  }

  var memoryByteCount: Int { runs.reduce(0) { $0 + $1.run.memoryByteCount } }
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
    try pool.run(batches.count) { index in
      var found: [Candidate] = []
      for run in runs { run.findCandidates(batches[index].identityHash, into: &found) }
      results.set(index, found)
    }
    return results.values
  }

  /// A change of the runs that becomes true with a commit.
  struct Change {
    fileprivate var runs: [(record: RunRecord, run: IndexRun)]
    fileprivate let tiers: IndexTiers
    fileprivate let knownNames: Set<String>
    /// Names that the catalog knows and that go.
    private(set) var removedNames: [String] = []
    /// Files that nobody needs once the commit is done.
    private(set) var obsoleteNames: [String] = []

    var addedRecords: [RunRecord] { runs.map(\.record).filter { !knownNames.contains($0.name) } }

    mutating func add(_ run: IndexRun, _ record: RunRecord) { runs.append((record, run)) }

    /// Merges runs until the tiers are in order.
    mutating func merge(_ files: any FileSystem, _ directory: LedgerDirectory) throws {
      while let range = tiers.mergeRange(runs.map(\.run.rowCount)) {
        let merged = IndexRun(merging: runs[range].map(\.run))
        let record = try writeRun(merged, files, directory)
        for old in runs[range] {
          if knownNames.contains(old.record.name) { removedNames.append(old.record.name) }
          obsoleteNames.append(old.record.name)
        }
        runs.replaceSubrange(range, with: [(record, merged)])
      }
    }

    fileprivate init(
      _ runs: [(record: RunRecord, run: IndexRun)], _ tiers: IndexTiers
    ) {
      self.runs = runs
      self.tiers = tiers
      knownNames = Set(runs.map(\.record.name))
    }
  }

  func change() -> Change { Change(runs, tiers) }

  mutating func install(_ change: Change, segments: [SegmentRecord]) {
    runs = change.runs
    rows.add(segments)
  }
}
