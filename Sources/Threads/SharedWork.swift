#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The one job a pool's threads look at, behind a mutex and a condition.
///
/// - Concurrency: `@unchecked` because every stored field is touched under `monitor` only.
final class SharedWork: @unchecked Sendable {
  private let monitor = Monitor()
  private var job: Job?
  private var generation = 0
  private var isClosed = false

  func offer(_ job: Job) {
    monitor.locked {
      self.job = job
      generation += 1
      monitor.wakeAll()
    }
  }

  func withdraw(_ job: Job) {
    monitor.locked { if self.job === job { self.job = nil } }
  }

  func close() {
    monitor.locked {
      isClosed = true
      monitor.wakeAll()
    }
  }

  func workUntilClosed() {
    var seenGeneration = 0
    while true {
      var next: Job?
      let isOver = monitor.locked { () -> Bool in
        while !isClosed && (generation == seenGeneration || job == nil) {
          seenGeneration = job == nil ? generation : seenGeneration
          monitor.wait()
        }
        seenGeneration = generation
        next = job
        return isClosed
      }
      if isOver { return }
      next?.work()
    }
  }
}

/// A gate that is closed until somebody opens it.
///
/// - Concurrency: `@unchecked` because `isOpen` is touched under `monitor` only.
final class Gate: @unchecked Sendable {
  private let monitor = Monitor()
  private var isOpen = false

  func open() {
    monitor.locked {
      isOpen = true
      monitor.wakeAll()
    }
  }

  func wait() {
    monitor.locked { while !isOpen { monitor.wait() } }
  }
}

/// A POSIX mutex with its condition.
///
/// - Concurrency: `@unchecked` because the two pointers never change and POSIX guards what they
///   point to.
final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
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

  func locked<T>(_ body: () -> T) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Call only inside `locked`.
  func wait() { pthread_cond_wait(condition, mutex) }
  func wakeAll() { pthread_cond_broadcast(condition) }
}
