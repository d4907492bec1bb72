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
    #if canImport(Glibc)
      // Waits with an end measure it by a clock that never jumps.
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      precondition(
        pthread_cond_init(condition, &attributes) == 0, "a condition could not be made")
      pthread_condattr_destroy(&attributes)
    #else
      precondition(pthread_cond_init(condition, nil) == 0, "a condition could not be made")
    #endif
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
  /// Like `wait`, but for at most about `duration`; call only inside `locked`.
  package func wait(atMost duration: Duration) {
    let (seconds, attoseconds) = duration.components
    if seconds < 0 || attoseconds < 0 { return }
    #if canImport(Glibc)
      var end = timespec()
      clock_gettime(CLOCK_MONOTONIC, &end)
      let nanoseconds = end.tv_nsec + Int(attoseconds / 1_000_000_000)
      end.tv_sec += Int(min(seconds, 1 << 31)) + nanoseconds / 1_000_000_000
      end.tv_nsec = nanoseconds % 1_000_000_000
      pthread_cond_timedwait(condition, mutex, &end)
    #else
      var span = timespec()
      span.tv_sec = Int(min(seconds, 1 << 31))
      span.tv_nsec = Int(attoseconds / 1_000_000_000)
      pthread_cond_timedwait_relative_np(condition, mutex, &span)
    #endif
  }
  /// Wakes every thread that waits.
  package func wakeAll() { pthread_cond_broadcast(condition) }
}
