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
      if current.rowCount > 0 {
        sealing.append(current)
        current = try OpenSegment(
          firstOffset: current.endOffset, options: options, messageCompressor: messageCompressor,
          expectedRowCount: 0)
      }
      while sealing.contains(where: { $0.sealed == nil }) {
        let tasks = waitingTasks()
        try pool.run(tasks.count) { try tasks[$0]() }
      }
      let hasNews =
        !sealing.isEmpty || rejectFile.hasEntries || !closedRejects.isEmpty
        || !checkpoints.isEmpty || !finishedFiles.isEmpty
      if hasNews { try publish(checkpoints, finishedFiles) }
    }
  }

  /// Makes the segments visible that have been sealed since the last call; rows after them stay
  /// open, and no checkpoint moves.
  func commitSealed() throws {
    guard let first = sealing.first, first.sealed != nil else { return }
    try publish([], [])
  }

  private func publish(
    _ checkpoints: [Checkpoint], _ finishedFiles: [FinishedFile]
  ) throws {
    var commit = CatalogCommit()
    commit.committedAt = clock.now()
    commit.checkpoints = checkpoints
    commit.finishedFiles = finishedFiles
    commit.closedRejects = closedRejects
    let ready = sealing.prefix { $0.sealed != nil }
    var change = index.change()
    for segment in ready {
      guard let sealed = segment.sealed else { continue }
      commit.segments.append(sealed.contents)
      change.add(sealed.run)
    }
    try change.merge(files, directory)
    commit.addedRuns = change.addedRecords
    commit.removedRunNames = change.removedNames
    if let (file, entries) = try rejectFile.publish() {
      commit.rejectFile = file
      commit.rejects = entries
      try files.synchronizeDirectory(directory.folder(.rejects))
    }
    if !change.addedRecords.isEmpty {
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
    removeObsolete(change.removedNames)
  }

  /// The commit stands whether or not this works; what stays is removed at the next opening.
  func removeObsolete(_ names: [String]) {
    for name in names {
      do {
        try files.remove(directory.file(.index, name))
      } catch {
        leftFileCount += 1
      }
    }
  }
}
