import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A fixed set of own threads for CPU work; Swift's default pool only awaits.
///
/// - Concurrency: one `run` at a time, but for one inside another's `prepare`; the calling thread
///   works too, so a pool of one thread
///   starts none. Tasks are taken in index order.
/// - Errors: the error of the lowest failing index is thrown after every started task has ended,
///   so a failure is the same whatever the number of threads.
/// - Source: docs/decisions/0003-own-threads.md.
package final class WorkerPool: Sendable {
  package let threadCount: Int
  private let shared: SharedWork

  /// - Parameter begin: what each thread that is started does first.
  package init(threadCount: Int, begin: @escaping @Sendable () -> Void = {}) {
    precondition(threadCount >= 1, "a worker pool needs at least one thread")
    self.threadCount = threadCount
    shared = SharedWork()
    for _ in 1..<max(threadCount, 1) {
      let shared = self.shared
      startThread {
        begin()
        shared.workUntilClosed()
      }
    }
  }

  deinit { shared.close() }

  /// Runs `body` for every index below `count` on all threads and waits for all of them.
  package func run(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    if count == 0 { return }
    if threadCount == 1 || count == 1 {
      for index in 0..<count { try body(index) }
      return
    }
    let job = Job(count: count, body: body)
    shared.offer(job)
    try finish(job)
  }

  /// Runs `body` for every index below `count` while the caller makes something ready; then also
  /// for as many indices from `count` on as `prepare` returns.
  ///
  /// - Concurrency: `prepare` is on the calling thread and may itself `run` something on this pool.
  /// - Errors: that of `prepare` before that of any index.
  package func run(
    _ count: Int, while prepare: () throws -> Int,
    _ body: @escaping @Sendable (Int) throws -> Void
  ) throws {
    if threadCount == 1 {
      let added = try prepare()
      for index in count..<count + added { try body(index) }
      for index in 0..<count { try body(index) }
      return
    }
    let job = Job(count: count, isOpen: true, body: body)
    shared.offer(job)
    do {
      job.close(adding: try prepare())
    } catch {
      job.close(adding: 0)
      try? finish(job)
      throw error
    }
    shared.announceMore()
    try finish(job)
  }

  private func finish(_ job: Job) throws {
    job.work()
    job.waitUntilDone()
    shared.withdraw(job)
    if let error = job.firstError() { throw error }
  }

  /// The number of processors this process may run on.
  package static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
