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

  @Test(arguments: [1, 2, 3, 8])
  func `indices added while a run goes on run exactly once`(threadCount: Int) throws {
    let pool = WorkerPool(threadCount: threadCount)
    for (count, added) in [(0, 0), (0, 5), (5, 0), (1, 1), (40, 60)] {
      let seen = Mutex([Int](repeating: 0, count: count + added))
      let inner = Mutex(0)
      for _ in 0..<50 {
        try pool.run(
          count,
          while: {
            try pool.run(7) { _ in inner.withLock { $0 += 1 } }
            return added
          }
        ) { index in seen.withLock { $0[index] += 1 } }
      }
      #expect(seen.withLock { $0.allSatisfy { $0 == 50 } })
      #expect(inner.withLock { $0 } == 350)
    }
  }

  @Test(arguments: [1, 2, 4])
  func `what fails while making ready ends the run with its error`(threadCount: Int) throws {
    let pool = WorkerPool(threadCount: threadCount)
    #expect(throws: Failure(index: -1)) {
      try pool.run(20, while: { throw Failure(index: -1) }) { throw Failure(index: $0) }
    }
    #expect(throws: Failure(index: 3)) {
      try pool.run(3, while: { 1 }) { if $0 == 3 { throw Failure(index: 3) } }
    }
    try pool.run(10) { _ in }
  }
}
