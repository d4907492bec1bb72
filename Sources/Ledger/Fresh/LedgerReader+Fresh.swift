import Files
import GRDB

/// What a reader asked the catalog, and what keeps its files from going away.
struct HeldState<Other> {
  var state: CatalogState
  var fresh: FreshRows
  /// Nil in a ledger that no writer of this format has opened yet.
  var lease: (any FileLock)?
  var other: Other
}

extension LedgerReader {
  /// Asks the catalog, and holds what it names: replaced segments by a lease, fresh logs open.
  ///
  /// What is gone by then was sealed or merged between the catalog's word and ours, so the next
  /// answer has its rows elsewhere.
  /// - Errors: `LedgerError.catalog`, to be tried again, when the ledger changes faster than it can
  ///   be asked.
  func held<Other>(
    _ ask: (Database) throws -> Other
  ) throws -> HeldState<Other> {
    var attemptsLeft = Limits.snapshotAttemptCount
    while true {
      attemptsLeft -= 1
      let lease = try lease(try catalog.generation())
      let (state, other) = try catalog.read { database in
        (try catalog.state(database), try ask(database))
      }
      guard lease.generation == state.generation, !lease.isLocked else {
        if attemptsLeft > 0 { continue }
        throw LedgerError.catalog(
          path: catalog.path, detail: "it changes too fast to be read", canRetry: true)
      }
      do {
        return HeldState(
          state: state, fresh: try FreshRows(files, directory, state), lease: lease.lock,
          other: other)
      } catch let error as FileError where error.reason == .notFound && attemptsLeft > 0 {
        continue
      }
    }
  }

  private func lease(
    _ generation: Int64
  ) throws -> (generation: Int64, lock: (any FileLock)?, isLocked: Bool) {
    do throws(FileError) {
      return (generation, try files.shareLock(directory.lease(generation)), false)
    } catch {
      switch error.reason {
      case .notFound: return (generation, nil, false)
      case .locked: return (generation, nil, true)
      default: throw error
      }
    }
  }

  /// Topics and origins of the whole ledger, fresh rows included.
  func counts() throws -> (topics: [TopicCount], origins: [OriginRange]) {
    let held = try held { database in
      (topics: try catalog.topics(database), origins: try catalog.origins(database))
    }
    guard held.fresh.rowCount > 0 else { return held.other }
    let counts = try held.fresh.counts()
    var topics = ByteCounter()
    for count in held.other.topics + counts.topics { topics.add(count.topic, count.eventCount) }
    return (topics.sorted(), union(of: held.other.origins + counts.origins))
  }
}
