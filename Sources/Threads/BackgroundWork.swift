import Synchronization

/// One piece of work on a thread of its own, beside a pool: what mostly waits for a disk, and would
/// keep one of the pool's threads from the work of a round.
package final class BackgroundWork: Sendable {
  private let gate = Gate()
  private let failure = Mutex<(any Error)?>(nil)

  /// Starts the work.
  package init(_ body: @escaping @Sendable () throws -> Void) {
    startThread { [self] in
      do {
        try body()
      } catch {
        failure.withLock { $0 = error }
      }
      gate.open()
    }
  }

  /// Waits for the end of the work.
  ///
  /// - Errors: that of the work, every time.
  package func wait() throws {
    waitForEnd()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Waits for the end of the work, whatever came of it.
  package func waitForEnd() { gate.wait() }
}
