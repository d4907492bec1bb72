import Synchronization
import Testing
import Threads

@Suite struct Monitors {
  @Test func `a wait ends at its time, or when somebody wakes it`() {
    let monitor = Monitor()
    let start = ContinuousClock.now
    monitor.locked { monitor.wait(atMost: .milliseconds(1)) }
    let isAwake = Mutex(false)
    let thread = OwnThread {
      monitor.locked {
        while !isAwake.withLock({ $0 }) { monitor.wait(atMost: .seconds(60)) }
      }
    }
    monitor.locked {
      isAwake.withLock { $0 = true }
      monitor.wakeAll()
    }
    thread.join()
    #expect(ContinuousClock.now - start < .seconds(30))
  }
}
