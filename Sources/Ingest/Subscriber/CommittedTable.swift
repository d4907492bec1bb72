import Ledger
import MessageSources
import Synchronization

/// What the ledger has committed, for sources on other threads.
final class CommittedTable: Sendable {
  private let table = Mutex<[[UInt8]: SourcePosition]>([:])

  /// Takes the ledger's word for everything.
  func reset(_ checkpoints: [Checkpoint]) {
    table.withLock { table in
      table = [:]
      for checkpoint in checkpoints {
        table[checkpoint.origin] = SourcePosition(
          origin: checkpoint.origin, position: checkpoint.position, detail: checkpoint.detail)
      }
    }
  }

  func take(_ positions: some Sequence<SourcePosition>) {
    table.withLock { table in for position in positions { table[position.origin] = position } }
  }

  var count: Int { table.withLock { $0.count } }

  /// The same as sources ask for it.
  var positions: CommittedPositions {
    CommittedPositions(
      ofOrigin: { [self] origin in table.withLock { $0[origin] } },
      withPrefix: { [self] prefix in
        table.withLock { table in
          table.values.filter { $0.origin.starts(with: prefix) }
            .sorted { $0.origin.lexicographicallyPrecedes($1.origin) }
        }
      })
  }
}
