/// The jobs that a pool's threads look at, behind a mutex and a condition.
///
/// There is one, and while its caller makes ready what it goes on with, perhaps a second inside.
///
/// - Concurrency: `@unchecked` because every stored field is touched under `monitor` only.
final class SharedWork: @unchecked Sendable {
  private let monitor = Monitor()
  private var jobs: [Job] = []
  private var isClosed = false

  func offer(_ job: Job) {
    monitor.locked {
      jobs.append(job)
      monitor.wakeAll()
    }
  }

  /// Tells that a job offered earlier has more work.
  func announceMore() { monitor.locked { monitor.wakeAll() } }

  func withdraw(_ job: Job) {
    monitor.locked { jobs.removeAll { $0 === job } }
  }

  func close() {
    monitor.locked {
      isClosed = true
      monitor.wakeAll()
    }
  }

  func workUntilClosed() {
    while let job = nextJob() { job.work() }
  }

  /// Waits for a job with work; nil when the pool ends. The innermost job comes first: somebody
  /// waits for it.
  private func nextJob() -> Job? {
    monitor.locked {
      while !isClosed {
        if let job = jobs.last(where: { $0.hasWork }) { return job }
        monitor.wait()
      }
      return nil
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
