import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A thread of one's own for work that waits: a source, a loop, a watcher.
package final class OwnThread: Sendable {
  private let done = Gate()

  /// Starts at once; the thread ends with `body`.
  ///
  /// - Parameter yields: whether other threads go first when all cores are busy.
  package init(yields: Bool = false, _ body: @escaping @Sendable () -> Void) {
    let done = self.done
    startThread {
      if yields { lowerPriority() }
      body()
      done.open()
    }
  }

  /// Waits until the thread has ended.
  package func join() { done.wait() }
}

/// Runs what blocks or computes on a thread of its own, for a caller that must not wait.
///
/// - Cost: a thread's start, some tens of microseconds.
package func onOwnThread<Value: Sendable, Failure: Error>(
  _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
  let result = await withCheckedContinuation { continuation in
    startThread { continuation.resume(returning: Result(catching: body)) }
  }
  return try result.get()
}

/// Runs asynchronous work from a thread that waits for it.
///
/// - Shape: for the thread of a command, never for one of Swift's own pool.
package func waitFor<Value: Sendable>(
  _ body: @escaping @Sendable () async throws -> Value
) throws -> Value {
  let result = Mutex<Result<Value, any Error>?>(nil)
  let done = Gate()
  Task {
    do {
      let value = try await body()
      result.withLock { $0 = .success(value) }
    } catch {
      result.withLock { $0 = .failure(error) }
    }
    done.open()
  }
  done.wait()
  guard let outcome = result.withLock({ $0 }) else { preconditionFailure("the gate is open") }
  return try outcome.get()
}

/// Lowers the priority of the calling thread as far as `nice` does by default.
private func lowerPriority() {
  #if canImport(Glibc)
    // On Linux a priority is a thread's; a thread may always lower its own.
    _ = setpriority(Int32(PRIO_PROCESS.rawValue), 0, Limits.yieldingNiceness)
  #endif
}
