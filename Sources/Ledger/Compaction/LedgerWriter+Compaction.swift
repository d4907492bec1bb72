import Files

/// What a compaction did.
package struct CompactionReport: Sendable, Equatable {
  /// How many merges there were, and of how many segments in all.
  package var mergeCount = 0
  package var inputCount = 0
  /// Rows that were written anew.
  package var rowCount = 0
  /// Segments of the ledger before and after.
  package var segmentCountBefore = 0
  package var segmentCountAfter = 0
  package var byteCountBefore = 0
  package var byteCountAfter = 0
  /// Replaced files that wait for their last reader.
  package var waitingFileCount = 0
}

extension LedgerWriter {
  /// Merges neighbouring segments until no two would fit into one. Offsets, rows and readers stay
  /// as they are; each merge is a commit of its own.
  ///
  /// - Shape: only between commits, when nothing is uncommitted; `progress` is told of each merge.
  /// - Errors: the writer goes on after one: what was merged stands, the rest is as it was.
  package func compact(
    progress: (CompactionReport) -> Void = { _ in }
  ) throws -> CompactionReport {
    precondition(uncommittedRowCount == 0, "compaction comes after a commit")
    if hasFailed { throw LedgerError.closed }
    var report = CompactionReport()
    var segments = try catalog.segments().segments
    report.segmentCountBefore = segments.count
    report.byteCountBefore = segments.reduce(0) { $0 + $1.byteCount }
    while let range = compactionPlan.next(segments) {
      try merge(Array(segments[range]))
      report.mergeCount += 1
      report.inputCount += range.count
      report.rowCount += segments[range].reduce(0) { $0 + $1.rowCount }
      segments = try catalog.segments().segments
      progress(report)
    }
    try removeReplaced()
    report.segmentCountAfter = segments.count
    report.byteCountAfter = segments.reduce(0) { $0 + $1.byteCount }
    report.waitingFileCount = try catalog.waitingSegments().count
    return report
  }

  /// What a live writer does after it has sealed: merges the last few segments if it is time. A
  /// failure is kept for whoever asks, and tried again after the next sealing.
  func compactTail(upTo byteCount: Int = Limits.compactedByteCount) {
    do {
      compactionFailure = nil
      let segments = try catalog.segments().segments
      var plan = compactionPlan
      plan.byteCount = min(plan.byteCount, byteCount)
      if let range = plan.tail(segments) { try merge(Array(segments[range])) }
      try removeReplaced()
    } catch {
      compactionFailure = error
    }
  }

  /// The same after the last commit of a run, which has sealed what was fresh: many short runs
  /// would else leave as many small segments. Nothing is merged where the options say so.
  ///
  /// - Parameter byteCount: the most that is merged, of the files to be read.
  package func compactSealed(upTo byteCount: Int) {
    precondition(uncommittedRowCount == 0, "compaction comes after a commit")
    guard options.compactsSealed, !hasFailed else { return }
    compactTail(upTo: byteCount)
  }

  /// Why the last merge of a live writer failed, if it did; told once.
  package func takeCompactionFailure() -> (any Error)? {
    defer { compactionFailure = nil }
    return compactionFailure
  }

  private var compactionPlan: CompactionPlan {
    var plan = CompactionPlan()
    plan.rowCount = options.segmentRowCount
    plan.messageByteCount = options.segmentMessageByteCount
    return plan
  }

  private func merge(_ inputs: [SegmentRecord]) throws {
    let job = CompactionJob(
      inputs: inputs, topics: try catalog.topics(of: inputs),
      origins: try catalog.origins(of: inputs))
    let generation = try catalog.generation() + 1
    let replacement = try job.run(files, directory, options, pool, generation: generation) {
      try catalog.announce($0)
    }
    try Leases(files: files, directory: directory).make(generation)
    var commit = CatalogCommit()
    commit.committedAt = clock.now()
    commit.endOffset = fresh.endOffset
    commit.isFresh = !fresh.logs.isEmpty
    commit.replacement = replacement
    try catalog.apply(commit)
    commitNumber += 1
    rejectFile = RejectFile(files, directory, sequence: commitNumber + 1)
    index.replaceSegments(try catalog.segments().segments)
  }

  /// Removes the files of replaced segments that no reader can hold any more.
  func removeReplaced() throws {
    let waiting = try catalog.waitingSegments()
    guard !waiting.isEmpty else { return }
    let oldest = try Leases(files: files, directory: directory)
      .retire(below: try catalog.generation())
    let free = waiting.filter { $0.generation <= oldest }.map(\.name)
    guard !free.isEmpty else { return }
    for name in free {
      let path = directory.file(.segments, name)
      if files.exists(path) { try files.remove(path) }
    }
    try files.synchronizeDirectory(directory.folder(.segments))
    try catalog.setRemoved(free, at: clock.now())
  }
}
