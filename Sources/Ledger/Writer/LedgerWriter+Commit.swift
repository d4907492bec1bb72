import Files
import Threads

extension LedgerWriter {
  /// Seals what is open and makes everything appended so far visible, with the checkpoints.
  ///
  /// Order: files are written and synchronised, renamed, their directories synchronised, then one
  /// catalog transaction names them all. Only after it returns may a source be told.
  package func commit(
    checkpoints: [Checkpoint] = [], finishedFiles: [FinishedFile] = []
  ) throws {
    try guarded {
      try writeFreshRejects()
      try sealCurrent()
      let hasNews =
        !sealing.isEmpty || rejectFile.hasEntries || !closedRejects.isEmpty
        || !checkpoints.isEmpty || !finishedFiles.isEmpty || !fresh.logs.isEmpty
      if hasNews { try publish(checkpoints, finishedFiles) }
    }
  }

  /// Seals all rows, be the segment full or not.
  func sealCurrent() throws {
    if current.rowCount > 0 {
      let next = try OpenSegment(
        firstOffset: current.endOffset, options: options, messageCompressor: messageCompressor,
        expectedRowCount: 0)
      sealing.append(current)
      current = next
    }
    while sealing.contains(where: { $0.sealed == nil }) {
      let tasks = waitingTasks()
      try pool.run(tasks.count) { try tasks[$0]() }
      if let failure = sealing.lazy.compactMap(\.sealFailure).first { throw failure }
      beginSealing()
      if tasks.isEmpty { for segment in sealing { try segment.joinSealing() } }
    }
  }

  /// Makes the segments visible that have been sealed since the last call; rows after them stay
  /// open, and no checkpoint moves.
  ///
  /// One that a thread seals is waited for after a number of rounds, or as soon as there are many,
  /// and never visible before: so a ledger's commits do not depend on how fast the disk is.
  func commitSealed() throws {
    let isCrowded = sealing.count > pool.threadCount
    for segment in sealing {
      guard let start = segment.sealingRound else { continue }
      if isCrowded || roundNumber - start >= Limits.writingRoundCount {
        try segment.joinSealing()
      }
    }
    guard let first = sealing.first, first.sealed != nil else { return }
    try publish([], [], keepsFilter: false)
  }

  /// - Parameter keepsFilter: whether the filter of identities may be written, which takes a second
  ///   of each hundred million rows: not between the rounds of an intake.
  func publish(
    _ checkpoints: [Checkpoint], _ finishedFiles: [FinishedFile], keepsFilter: Bool = true
  ) throws {
    var commit = CatalogCommit()
    commit.committedAt = clock.now()
    commit.checkpoints = checkpoints
    commit.finishedFiles = finishedFiles
    commit.closedRejects = closedRejects
    let ready = sealing.prefix { $0.sealed != nil }
    let sealed = ready.compactMap(\.sealed)
    commit.segments = sealed.map(\.contents)
    let change = try index.change(
      adding: sealed.map(\.run), keepsFilter: keepsFilter, pool)
    let dropped = try dropFresh(ready.last?.endOffset ?? 0, &commit)
    commit.addedRuns = change.addedRecords
    commit.removedRunNames = change.removedNames
    commit.filter = change.filter
    commit.endOffset = fresh.endOffset
    if let (file, entries) = try rejectFile.publish() {
      commit.rejectFile = file
      commit.rejects = entries
      try files.synchronizeDirectory(directory.folder(.rejects))
    }
    if !change.addedRecords.isEmpty || change.filter != nil {
      try files.synchronizeDirectory(directory.folder(.index))
    }
    if !ready.isEmpty {
      try files.synchronizeDirectory(directory.folder(.segments))
    }
    try catalog.apply(commit)
    index.install(change, segments: commit.segments.map(\.record))
    sealing.removeFirst(ready.count)
    closedRejects = []
    commitNumber += 1
    rejectFile = RejectFile(files, directory, sequence: commitNumber + 1)
    removeObsolete(change.obsoleteNames)
    if let name = change.removedFilterName { removeObsolete([name], .filters) }
    try fresh.forget(
      dropped, sealedEnd: sealing.first?.firstOffset ?? current.firstOffset, files, directory)
    removeObsolete(dropped, .fresh)
  }

  /// The commit stands whether or not this works; what stays is removed at the next opening.
  func removeObsolete(_ names: [String], _ kind: LedgerDirectory.Kind = .index) {
    for name in names where files.exists(directory.file(kind, name)) {
      do {
        try files.remove(directory.file(kind, name))
      } catch {
        leftFileCount += 1
      }
    }
  }
}
