import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A fixed set of own threads for CPU work; Swift's default pool only awaits.
///
/// - Concurrency: one `run` at a time; the calling thread works too, so a pool of one thread
///   starts none. Tasks are taken in index order.
/// - Errors: the error of the lowest failing index is thrown after every started task has ended,
///   so a failure is the same whatever the number of threads.
/// - Source: docs/decisions/0003-own-threads.md.
package final class WorkerPool: Sendable {
  package let threadCount: Int
  private let shared: SharedWork

  package init(threadCount: Int) {
    precondition(threadCount >= 1, "a worker pool needs at least one thread")
    self.threadCount = threadCount
    shared = SharedWork()
    for _ in 1..<max(threadCount, 1) {
      let shared = self.shared
      startThread { shared.workUntilClosed() }
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
    job.work()
    job.waitUntilDone()
    shared.withdraw(job)
    if let error = job.firstError() { throw error }
  }

  /// The number of processors this process may run on.
  package static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
