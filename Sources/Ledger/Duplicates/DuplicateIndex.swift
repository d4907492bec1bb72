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

  /// Runs that had to be made anew because their files were missing or broken.
  private(set) var rebuiltRunCount = 0

  /// - Errors: `LedgerError.damaged` when the catalog's runs do not cover its segments.
  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, segments: [SegmentRecord],
    runs records: [RunRecord], fanIn: Int, hashSeed: UInt64
  ) throws {
    self.files = files
    self.directory = directory
    tiers = IndexTiers(fanIn: fanIn)
    rows = SealedRows(files, directory, segments)
    var end: Int64 = 0
    for record in records {
      let path = directory.file(.index, record.name)
      guard record.firstOffset == end else {
        throw LedgerError.damaged(path: path, detail: "it does not begin where the one before ends")
      }
      var run = DuplicateIndex.read(files, path, record)
      if run == nil {
        rebuiltRunCount += 1
        run = try IndexRebuild(files, directory, hashSeed)
          .run(segments, from: record.firstOffset, rowCount: record.rowCount)
      }
      guard let run else { continue }
      end = run.endOffset
      runs.append((record, run))
    }
    guard end == segments.last?.endOffset ?? 0 else {
      throw LedgerError.damaged(
        path: directory.folder(.index), detail: "it ends at offset \(end), the segments do not")
    }
  }

  /// The run in a file, or nil when its bytes are not what the catalog says.
  private static func read(
    _ files: any FileSystem, _ path: String, _ record: RunRecord
  ) -> IndexRun? {
    do {
      let bytes = try bytesOfFile(files, path)
      guard SHA256.hash(bytes) == record.sha256 else { return nil }
      let run = try IndexRun(fileBytes: bytes, path: path)
      return run.firstOffset == record.firstOffset && run.rowCount == record.rowCount ? run : nil
    } catch {
      return nil
    }
  }

  /// Forgets all runs for one that covers the same rows.
  mutating func replace(with run: IndexRun, _ record: RunRecord) { runs = [(record, run)] }

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
