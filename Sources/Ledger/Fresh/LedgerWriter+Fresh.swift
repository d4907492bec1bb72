import Bytes
import Files
import Parquet
import Threads

extension LedgerWriter {
  /// Makes everything appended so far durable and visible, with the checkpoints, without making
  /// small files: rows and rejects go to the fresh log, which readers see. Segments that are full,
  /// and rows that have been fresh for long, are sealed.
  ///
  /// Order: frames written and synchronised, then one catalog transaction that counts them. Only
  /// after it returns may a source be told.
  /// - Errors: one whose `canRetry` is true (the disk is full, the catalog busy) leaves everything
  ///   as it was: the same call may be made again, and nothing is lost or doubled. The fresh commit
  ///   may have been made and the sealing have failed: then it says so again until it can seal.
  ///   Any other error closes the writer.
  /// - Cost: two synchronisations, whatever the number of rows.
  package func commitFresh(
    checkpoints: [Checkpoint] = [], finishedFiles: [FinishedFile] = []
  ) throws {
    precondition(options.isLive, "only a writer with the option `isLive` makes fresh commits")
    if hasFailed { throw LedgerError.closed }
    guard lastPlan?.isDone ?? true else {
      hasFailed = true
      throw LedgerError.closed
    }
    do {
      try writeFresh(checkpoints, finishedFiles)
      try sealWhatIsDue()
      takeMergeBeside()
      lastPlan = nil
    } catch {
      let failure = (error as? FileError).map { LedgerError.file($0) } ?? error
      if (failure as? LedgerError)?.canRetry != true { hasFailed = true }
      throw failure
    }
  }

  /// Writes what is appended to the fresh log already, so that the disk works beside the next
  /// rounds and the next commit waits for little. Nothing of it counts before that commit.
  ///
  /// - Shape: between plans. A failure is for the commit to meet and tell: it begins another log.
  package func writeAhead() {
    guard options.isLive, !hasFailed, lastPlan?.isDone ?? true, !fresh.pending.isEmpty else {
      return
    }
    do throws(FileError) {
      try fresh.writePending(
        files, directory, commitNumber: commitNumber + 1, now: clock.now())
    } catch {
      fresh.abandonLog(files, directory)
    }
  }

  private func writeFresh(
    _ checkpoints: [Checkpoint], _ finishedFiles: [FinishedFile]
  ) throws {
    let hasFrames = !fresh.pending.isEmpty || !fresh.rejects.entries.isEmpty
    guard
      hasFrames || rejectFile.hasEntries || !closedRejects.isEmpty || !checkpoints.isEmpty
        || !finishedFiles.isEmpty
    else { return }
    var commit = CatalogCommit()
    commit.isFresh = true
    commit.committedAt = clock.now()
    commit.checkpoints = checkpoints
    commit.finishedFiles = finishedFiles
    commit.closedRejects = closedRejects
    do {
      try publishLongRejects(&commit)
      if hasFrames {
        let (record, entries) = try fresh.write(
          files, directory, commitNumber: commitNumber + 1, now: commit.committedAt)
        commit.freshLog = record
        commit.endOffset = record.endOffset
        commit.rejects += entries
      } else {
        commit.endOffset = fresh.endOffset
      }
      try catalog.apply(commit)
    } catch {
      fresh.abandonLog(files, directory)
      throw error
    }
    if let record = commit.freshLog { fresh.committed(record) }
    closedRejects = []
    commitNumber += 1
    rejectFile = RejectFile(files, directory, sequence: commitNumber + 1)
  }

  /// Rejects that came in pieces have a file of their own already. It can be published once, so a
  /// failure here closes the writer; the source gives these messages again.
  private func publishLongRejects(_ commit: inout CatalogCommit) throws {
    guard rejectFile.hasEntries else { return }
    hasFailed = true
    if let (file, entries) = try rejectFile.publish() {
      commit.rejectFile = file
      commit.rejects = entries
      try files.synchronizeDirectory(directory.folder(.rejects))
    }
    hasFailed = false
  }

  // MARK: Sealing

  private func sealWhatIsDue() throws {
    if isSealingDue {
      try sealCurrent()
    } else if sealing.contains(where: { $0.sealed == nil }), lastPlan == nil || sealing.count > 1 {
      // Plans seal full segments beside their own work; without one nobody else does.
      try sealFull()
    }
    guard sealing.first?.sealed != nil || (isSealingDue && !fresh.logs.isEmpty) else { return }
    do {
      try publish([], [])
      if options.compactsSealed { mergeAfterSeal() }
    } catch {
      rejectFile.discard()
      rejectFile = RejectFile(files, directory, sequence: commitNumber + 1)
      throw error
    }
  }

  private func sealFull() throws {
    while sealing.contains(where: { $0.sealed == nil }) {
      let tasks = waitingTasks()
      try pool.run(tasks.count) { try tasks[$0]() }
      if let failure = sealing.lazy.compactMap(\.sealFailure).first { throw failure }
    }
  }

  private var isSealingDue: Bool {
    guard let since = fresh.since else { return false }
    return clock.now() - since >= options.sealAfterMicroseconds
      || fresh.logs.count >= Limits.freshLogCount
      || current.heldByteCount >= options.liveHeldByteCount
  }

  /// The logs whose rows all lie before `sealedEnd`, named in `commit` for removal; the bytes of
  /// their rejects move to the commit's file.
  func dropFresh(_ sealedEnd: Int64, _ commit: inout CatalogCommit) throws -> [String] {
    let isWhole = sealing.allSatisfy { $0.sealed != nil } && current.rowCount == 0
    let end = isWhole ? Int64.max : sealedEnd
    let dropped = fresh.logs.filter { $0.endOffset <= end }.map(\.name)
    guard !dropped.isEmpty else { return [] }
    for reject in try catalog.rejects(inFiles: dropped) {
      let bytes = try bytesOfReject(files, directory, reject)
      commit.movedRejects.append((reject.id, try rejectFile.move(bytes)))
    }
    commit.removedFreshLogs = dropped
    return dropped
  }

  // MARK: Rejects

  /// Keeps a reject for the next fresh commit; false when the catalog has it already.
  func keepFresh(_ entry: RejectEntry, _ bytes: ArraySlice<UInt8>) throws -> Bool {
    var entry = entry
    entry.start = fresh.rejects.bytes.count
    entry.byteCount = bytes.count
    entry.digest = Array(SHA256.hash(Array(bytes)).prefix(16))
    if try catalog.hasReject(entry) { return false }
    fresh.rejects.bytes += bytes
    fresh.rejects.entries.append(entry)
    return true
  }

  /// Moves rejects that wait for a fresh commit to the file of the next full one.
  func writeFreshRejects() throws {
    for entry in fresh.rejects.entries {
      try rejectFile.begin()
      try fresh.rejects.bytes[entry.start..<entry.start + entry.byteCount].withUnsafeBytes {
        try rejectFile.write($0)
      }
      rejectFile.keep(rejectFile.end(entry))
    }
    fresh.rejects = FreshState.PendingRejects()
  }
}

/// The bytes of a reject, wherever they lie.
func bytesOfReject(
  _ files: any FileSystem, _ directory: LedgerDirectory, _ entry: RejectEntry
) throws -> [UInt8] {
  let path = directory.rejectFile(entry.file)
  let input = try files.open(path)
  defer { input.close() }
  var bytes = [UInt8](repeating: 0, count: entry.byteCount)
  try bytes.withUnsafeMutableBytes { try input.read(into: $0, at: entry.start) }
  guard SHA256.hash(bytes).prefix(16).elementsEqual(entry.digest) else {
    throw LedgerError.damaged(
      path: path, detail: "the bytes of reject \(entry.id) are not what its digest says")
  }
  return bytes
}
