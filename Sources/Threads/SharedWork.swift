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
