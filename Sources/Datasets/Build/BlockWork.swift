import Threads

/// Blocks worked on by all threads of a pool, and what comes of them taken in the blocks' order.
///
/// Blocks are made by one thread at a time, and taken by one thread at a time, so neither needs to
/// be safe for threads; only `work` runs side by side, each thread with a worker of its own.
/// - Concurrency: `@unchecked` because what changes is touched under `making` or `taking`, and the
///   closures are called as told above.
final class BlockWork<Block, Worker, Outcome>: @unchecked Sendable {
  private let making = Monitor()
  private let taking = Monitor()
  private struct Steps {
    let next: () throws -> Block?
    let work: (Worker, Block) throws -> Outcome
    let take: (Outcome) throws -> Void
  }

  /// Nil when all is done: a thread of the pool may hold on to this for a moment longer, and must
  /// not to what the closures captured.
  private var steps: Steps?
  private var workers: [Worker] = []
  private var blockCount = 0
  private var isAtEnd = false
  private var waiting: [Int: Outcome] = [:]
  private var takenCount = 0
  private var isTaking = false
  private var failure: (any Error)?

  private init(_ steps: Steps) { self.steps = steps }

  /// - Returns: the workers, when all blocks are done; of one thread there is one.
  /// - Errors: the first that any of the closures throws.
  @discardableResult
  static func run(
    _ pool: WorkerPool, next: () throws -> Block?, makeWorker: () -> Worker,
    _ work: (Worker, Block) throws -> Outcome, take: (Outcome) throws -> Void
  ) throws -> [Worker] {
    try withoutActuallyEscaping(next) { next in
      try withoutActuallyEscaping(work) { work in
        try withoutActuallyEscaping(take) { take in
          let all = BlockWork(Steps(next: next, work: work, take: take))
          all.workers = (0..<pool.threadCount).map { _ in makeWorker() }
          defer {
            all.steps = nil
            all.workers = []
          }
          try pool.run(pool.threadCount) { try all.run(all.workers[$0]) }
          return all.workers
        }
      }
    }
  }

  private func run(_ worker: Worker) throws {
    guard let steps else { return }
    do {
      while let (number, block) = try nextBlock(steps) {
        let outcome = try steps.work(worker, block)
        try put(outcome, number, steps)
      }
    } catch {
      taking.locked {
        if failure == nil { failure = error }
        taking.wakeAll()
      }
      throw error
    }
  }

  private func nextBlock(_ steps: Steps) throws -> (Int, Block)? {
    try making.locked {
      guard !isAtEnd, taking.locked({ failure == nil }) else { return nil }
      guard let block = try steps.next() else {
        isAtEnd = true
        return nil
      }
      defer { blockCount += 1 }
      return (blockCount, block)
    }
  }

  /// Waits while too many outcomes wait; the thread of the lowest block never does.
  private func put(_ outcome: Outcome, _ number: Int, _ steps: Steps) throws {
    taking.locked {
      while number >= takenCount + Limits.waitingBlockCount && failure == nil { taking.wait() }
      waiting[number] = outcome
    }
    while let outcome = nextToTake() {
      defer {
        taking.locked {
          isTaking = false
          takenCount += 1
          taking.wakeAll()
        }
      }
      try steps.take(outcome)
    }
  }

  private func nextToTake() -> Outcome? {
    taking.locked {
      guard !isTaking, failure == nil, let outcome = waiting.removeValue(forKey: takenCount) else {
        return nil
      }
      isTaking = true
      return outcome
    }
  }
}
