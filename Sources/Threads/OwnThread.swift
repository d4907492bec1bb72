/// A thread of one's own for work that waits: a source, a loop, a watcher.
package final class OwnThread: Sendable {
  private let done = Gate()

  /// Starts at once; the thread ends with `body`.
  package init(_ body: @escaping @Sendable () -> Void) {
    let done = self.done
    startThread {
      body()
      done.open()
    }
  }

  /// Waits until the thread has ended.
  package func join() { done.wait() }
}
