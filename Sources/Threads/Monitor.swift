#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A POSIX mutex with its condition.
///
/// - Concurrency: `@unchecked` because the two pointers never change and POSIX guards what they
///   point to.
package final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// An unlocked monitor nobody waits on.
  package init() {
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    precondition(pthread_mutex_init(mutex, nil) == 0, "a mutex could not be made")
    precondition(pthread_cond_init(condition, nil) == 0, "a condition could not be made")
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` while no other thread is inside.
  package func locked<T>(_ body: () throws -> T) rethrows -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Lets others in until somebody calls `wakeAll`; call only inside `locked`.
  package func wait() { pthread_cond_wait(condition, mutex) }
  /// Wakes every thread that waits.
  package func wakeAll() { pthread_cond_broadcast(condition) }
}
