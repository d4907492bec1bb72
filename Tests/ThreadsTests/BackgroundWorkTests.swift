import Synchronization
import Testing
import Threads

@Suite struct BackgroundWorks {
  struct Failure: Error {}

  @Test func `a wait ends after the work`() throws {
    let sum = Mutex(0)
    let work = BackgroundWork { for number in 1...1000 { sum.withLock { $0 += number } } }
    try work.wait()
    #expect(sum.withLock { $0 } == 500_500)
  }

  @Test func `an error comes out of every wait`() {
    let work = BackgroundWork { throw Failure() }
    #expect(throws: Failure.self) { try work.wait() }
    #expect(throws: Failure.self) { try work.wait() }
    work.waitForEnd()
  }
}
