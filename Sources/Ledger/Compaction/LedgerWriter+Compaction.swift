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
    endMergeBeside(atMost: Int.max)
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

  /// What a live writer does after it has sealed: merges the last few segments if it is time, or
  /// has it done beside. A failure is kept for whoever asks; the next sealing tries again.
  func mergeAfterSeal() {
    guard let runMerge else { return compactTail() }
    guard mergeBeside == nil else { return }
    keepingFailure {
      guard let inputs = try tailToMerge(upTo: Limits.compactedByteCount) else { return }
      let merge = SegmentMerge(try job(inputs), files, directory, options, catalog)
      mergeBeside = merge
      runMerge(merge)
    }
  }

  private func compactTail(upTo byteCount: Int = Limits.compactedByteCount) {
    keepingFailure {
      if let inputs = try tailToMerge(upTo: byteCount) { try merge(inputs) }
      try removeReplaced()
    }
  }

  private func tailToMerge(upTo byteCount: Int) throws -> [SegmentRecord]? {
    let segments = try catalog.segments().segments
    var plan = compactionPlan
    plan.byteCount = min(plan.byteCount, byteCount)
    return plan.tail(segments).map { Array(segments[$0]) }
  }

  private func keepingFailure(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      if !(error is SegmentMerge.Cancelled) { compactionFailure = error }
    }
  }

  /// Takes what a merge beside has come to, between commits: one catalog transaction.
  ///
  /// - Shape: the merge is dropped, and that told, when its segments are not in the catalog as they
  ///   were. A failure that passes leaves it for the next call.
  func takeMergeBeside() {
    guard let outcome = mergeBeside?.outcome else { return }
    keepingFailure {
      do {
        try exchange(try outcome.get())
        mergeBeside = nil
      } catch {
        if (error as? LedgerError)?.canRetry != true { mergeBeside = nil }
        throw error
      }
      try removeReplaced()
    }
  }

  /// Ends a merge beside: waits for one that reads no more than so many bytes, drops another.
  func endMergeBeside(atMost byteCount: Int) {
    guard let merge = mergeBeside else { return }
    if merge.inputByteCount > byteCount { merge.cancel() }
    merge.waitForEnd()
    if merge.outcome == nil { merge.cancel() }
    takeMergeBeside()
    mergeBeside = nil
  }

  /// The same after the last commit of a run, which has sealed what was fresh: many short runs
  /// would else leave as many small segments. Nothing is merged where the options say so.
  ///
  /// - Parameter byteCount: the most that is merged, of the files to be read.
  package func compactSealed(upTo byteCount: Int) {
    precondition(uncommittedRowCount == 0, "compaction comes after a commit")
    guard options.compactsSealed, !hasFailed else { return }
    endMergeBeside(atMost: byteCount)
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
    try exchange(
      try job(inputs).run(files, directory, options, pool) { try catalog.announce($0) })
  }

  private func job(_ inputs: [SegmentRecord]) throws -> CompactionJob {
    CompactionJob(
      inputs: inputs, topics: try catalog.topics(of: inputs),
      origins: try catalog.origins(of: inputs))
  }

  /// Puts a merged segment in the place of those it was made of, which must still be there.
  private func exchange(_ replacement: SegmentReplacement) throws {
    let segments = try catalog.segments().segments
    let output = replacement.output.record
    let first = segments.firstIndex { $0.firstOffset == output.firstOffset } ?? segments.endIndex
    guard segments[first...].starts(with: replacement.inputs) else {
      try discard(output, segments)
      throw LedgerError.damaged(
        path: directory.file(.segments, output.name),
        detail: "dropped: the segments that it was made of are no longer in the catalog")
    }
    let generation = try catalog.generation() + 1
    try Leases(files: files, directory: directory).make(generation)
    var commit = CatalogCommit()
    commit.committedAt = clock.now()
    commit.endOffset = fresh.endOffset
    commit.isFresh = !fresh.logs.isEmpty
    commit.replacement = replacement
    commit.replacement?.generation = generation
    try catalog.apply(commit)
    commitNumber += 1
    rejectFile = RejectFile(files, directory, sequence: commitNumber + 1)
    index.replaceSegments(try catalog.segments().segments)
  }

  /// Removes a merged file that is not taken, unless the same one is already.
  private func discard(_ output: SegmentRecord, _ segments: [SegmentRecord]) throws {
    let waiting = try catalog.waitingSegments()
    let path = directory.file(.segments, output.name)
    guard !segments.contains(where: { $0.name == output.name }),
      !waiting.contains(where: { $0.name == output.name }), files.exists(path)
    else { return }
    try files.remove(path)
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
