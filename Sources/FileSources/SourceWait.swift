import Threads

/// Waits that an interruption ends, for sources that can only look again.
///
/// - Concurrency: `@unchecked` because the flag is touched under the monitor only.
final class SourceWait: @unchecked Sendable {
  private let monitor = Monitor()
  private var isInterrupted = false

  func reset() { monitor.locked { isInterrupted = false } }

  func interrupt() {
    monitor.locked {
      isInterrupted = true
      monitor.wakeAll()
    }
  }

  var wasInterrupted: Bool { monitor.locked { isInterrupted } }

  /// Waits for some time unless interrupted.
  func wait(_ duration: Duration) {
    monitor.locked { if !isInterrupted { monitor.wait(atMost: duration) } }
  }
}
