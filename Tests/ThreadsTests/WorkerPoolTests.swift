import Synchronization
import Testing
import Threads

@Suite struct WorkerPools {
  @Test(arguments: [1, 2, 3, 8])
  func `every index runs exactly once`(threadCount: Int) throws {
    let pool = WorkerPool(threadCount: threadCount)
    for count in [0, 1, 2, 7, 64, 1000] {
      let seen = Mutex([Int](repeating: 0, count: count))
      try pool.run(count) { index in seen.withLock { $0[index] += 1 } }
      #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  struct Failure: Error, Equatable { let index: Int }

  @Test(arguments: [1, 2, 4])
  func `a failing task stops the run and its error is thrown`(threadCount: Int) throws {
    let pool = WorkerPool(threadCount: threadCount)
    #expect(throws: Failure(index: 0)) {
      try pool.run(100) { index in throw Failure(index: index) }
    }
    try pool.run(10) { _ in }
  }

  @Test func `a pool is reused thousands of times`() throws {
    let pool = WorkerPool(threadCount: 3)
    let sum = Mutex(0)
    for _ in 0..<5000 { try pool.run(3) { index in sum.withLock { $0 += index } } }
    #expect(sum.withLock { $0 } == 15_000)
  }
}
