import Bytes
import Files
import Threads

// What a commit makes of the index: new runs, merged ones, files.

extension DuplicateIndex {
  /// A change of the runs that becomes true with a commit.
  struct Change {
    fileprivate(set) var runs: [Entry]
    fileprivate let tiers: IndexTiers
    private let fileRowCount: Int
    /// Names that the catalog knows and that go.
    private(set) var removedNames: [String] = []
    /// Files that the commit has to name.
    private(set) var addedRecords: [RunRecord] = []
    /// Files that go after the commit: what was lost may have come back under the same name.
    var obsoleteNames: [String] {
      let added = Set(addedRecords.map(\.name))
      return removedNames.filter { !added.contains($0) }
    }
    /// The filter's new file, if there is one, and the name of the one before.
    fileprivate(set) var filter: FilterRecord?
    fileprivate(set) var removedFilterName: String?

    /// Takes the run of a new segment.
    mutating func add(_ run: IndexRun) {
      runs.append(Entry(run: .memory(run), record: nil, segmentCount: 1))
    }

    /// Merges runs until the tiers are in order, and writes those that have become large, and those
    /// whose files have an old format.
    fileprivate mutating func merge(
      _ files: any FileSystem, _ directory: LedgerDirectory,
      _ load: (PlacedRun) throws -> IndexRun
    ) throws {
      while let range = tiers.mergeRange(runs.map(\.run.rowCount)) {
        let merged = Entry(merging: Array(runs[range]), try runs[range].map { try load($0.run) })
        removedNames += runs[range].compactMap(\.record?.name)
        runs.replaceSubrange(range, with: [merged])
      }
      for index in runs.indices {
        let entry = runs[index]
        guard case .memory(let run) = entry.run,
          entry.isOldFormat
            || entry.record == nil
              && (run.rowCount >= fileRowCount
                || entry.segmentCount >= Limits.indexRunSegmentCount)
        else { continue }
        let record = try writeRun(run, files, directory)
        if let old = entry.record { removedNames.append(old.name) }
        let stored = try StoredRun(files, directory.file(.index, record.name))
        runs[index] = Entry(
          run: .file(stored), record: record, segmentCount: entry.segmentCount)
        addedRecords.append(record)
      }
    }

    fileprivate init(
      _ runs: [Entry], _ tiers: IndexTiers, _ fileRowCount: Int, lostNames: [String]
    ) {
      self.runs = runs
      self.tiers = tiers
      self.fileRowCount = fileRowCount
      removedNames = lostNames
    }
  }

  /// What the index becomes with the runs of new segments; files that the commit names are written.
  ///
  /// - Parameter keepsFilter: whether the filter may be written as well, if it is time.
  mutating func change(
    adding added: [IndexRun], keepsFilter: Bool, _ pool: WorkerPool
  ) throws -> Change {
    _ = try replaceBroken(pool)
    try fillFilter(added, pool)
    var change = Change(runs, tiers, fileRowCount, lostNames: lostNames)
    for run in added { change.add(run) }
    let rebuild = IndexRebuild(files, directory, hashSeed)
    let segments = rows.segmentRecords
    try change.merge(files, directory) { run in
      do {
        return try run.loaded(pool)
      } catch {
        return try rebuild.run(segments, from: run.firstOffset, rowCount: run.rowCount)
      }
    }
    if keepsFilter { try keepFilter(&change) }
    return change
  }

  /// Has the filter know new rows before they are committed: it may know more than there is.
  private mutating func fillFilter(_ added: [IndexRun], _ pool: WorkerPool) throws {
    let added = added.map { PlacedRun.memory($0) }
    try repairing(pool) { index in
      let rowCount = added.reduce(index.rowCount) { $0 + $1.rowCount }
      if index.filter.hasRoom(forRowCount: rowCount) {
        try index.filter.insert(added, pool)
      } else {
        index.filter = try IdentityFilter(index.runs.map(\.run) + added, pool)
        index.filterEnd = 0
      }
    }
  }

  /// Writes the filter when opening without that would read a quarter of all rows again.
  private func keepFilter(_ change: inout Change) throws {
    var rowCount = 0
    var behindCount = 0
    for entry in change.runs {
      rowCount += entry.run.rowCount
      if entry.record != nil, entry.run.endOffset > filterEnd { behindCount += entry.run.rowCount }
    }
    guard let last = change.runs.last, behindCount >= max(rowCount / 4, fileRowCount) else {
      return
    }
    let record = try filter.write(endOffset: last.run.endOffset, files, directory)
    change.filter = record
    if let filterName, filterName != record.name { change.removedFilterName = filterName }
  }

  /// Takes other segments with the same rows.
  mutating func replaceSegments(_ segments: [SegmentRecord]) {
    rows = SealedRows(files, directory, segments)
  }

  mutating func install(_ change: Change, segments: [SegmentRecord]) {
    runs = change.runs
    lostNames = []
    if let record = change.filter {
      (filterName, filterEnd) = (record.name, record.endOffset)
    }
    rows.add(segments)
  }
}
