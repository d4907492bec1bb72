import Files
import Ledger
import Threads

/// What a subscriber does when the disk is full or the ledger's writer fails.
extension Subscriber {
  /// Runs ledger work. A failure that passes by itself is waited for; where the writer had to be
  /// closed, it is opened anew and the sources begin again behind what is committed.
  func attempt(_ work: () throws -> Void) throws {
    do {
      try work()
    } catch {
      var failure: any Error = error
      while Subscriber.mayPass(failure) {
        if commitTrouble.mayBeSaid(at: steady.now()) {
          say(
            Incident(
              .error, "ledger cannot be written; trying again",
              ["ledger": directory, "error": "\(failure)"]))
        }
        board.change { $0.lastError = "\(failure)" }
        if try waitAfterFailure() { throw failure }
        do {
          if ledger.needsReopen { try reopen() }
          return
        } catch {
          failure = error
        }
      }
      throw failure
    }
  }

  /// A merge that failed costs nothing but small files: it is told and tried after the next seal.
  func tellMergeFailure() {
    guard let error = ledger.takeMergeFailure(), mergeTrouble.mayBeSaid(at: steady.now()) else {
      return
    }
    say(
      Incident(
        .warning, "small segments stay unmerged", ["ledger": directory, "error": "\(error)"]))
  }

  /// Whether an error is one of those that pass: a full disk, a busy catalog.
  static func mayPass(_ error: any Error) -> Bool {
    if let file = error as? FileError { return file.reason == .noSpace }
    return (error as? LedgerError)?.canRetry ?? false
  }

  /// Waits before another try; true when the subscriber is to end instead.
  private func waitAfterFailure() throws -> Bool {
    let end = steady.now() + commitBackOff.next().wholeMicroseconds
    return monitor.locked {
      while !isStopping {
        let left = end - steady.now()
        if left <= 0 { return false }
        monitor.wait(atMost: .microseconds(left))
      }
      return true
    }
  }

  /// Opens the ledger anew and lets every source begin again.
  func reopen() throws {
    try ledger.reopen()
    monitor.locked {
      for lane in lanes {
        lane.queue = []
        lane.queuedByteCount = 0
        lane.generation += 1
        lane.isEnded = false
      }
      monitor.wakeAll()
    }
  }

  /// Looks at the disk and publishes the status, each when its time has come.
  func lookAround() throws {
    let now = steady.now()
    if now >= nextDiskLook {
      nextDiskLook = now + Limits.diskMicroseconds
      lookAtDisk()
    }
    if now >= nextStatus {
      nextStatus = now + Limits.statusMicroseconds
      try attempt { try ledger.takeMerge() }
      tellMergeFailure()
      onStatus(status)
    }
  }

  private func lookAtDisk() {
    let space: DiskSpace
    do throws(FileError) {
      space = try files.space(directory)
    } catch {
      board.change { $0.lastError = error.description }
      return
    }
    let free = space.free
    let share = options.diskFloorPercent.map { Int64(Double(space.total) * $0 / 100) }
    let floor = share ?? options.diskFloorByteCount
    // A little more than the floor must be free before it goes on, or it would stutter.
    let isFull = free < (isPaused ? floor + floor / 16 : floor)
    // Paused before it is told: once the disk is said to be nearly full, nothing more is asked for.
    monitor.locked {
      isPaused = isFull
      monitor.wakeAll()
    }
    board.change { status in
      status.freeByteCount = free
      status.isDiskNearlyFull = isFull
    }
    if isFull, diskTrouble.mayBeSaid(at: steady.now()) {
      say(
        Incident(
          .error, "disk nearly full; nothing is pulled until there is room",
          ["ledger": directory, "free_bytes": "\(free)", "floor_bytes": "\(floor)"]))
    }
    if !isFull, diskTrouble.end() {
      say(Incident(.info, "disk has room again", ["free_bytes": "\(free)"]))
    }
  }
}
