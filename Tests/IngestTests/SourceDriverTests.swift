import Files
import MessageSourceChecks
import MessageSources
import Synchronization
import Testing

@testable import Ingest

/// One source's side of a subscriber, step by step, over a broker in memory.
@Suite struct SourceDrivers {
  private let broker = MemoryBroker(name: "b")

  private func driver(_ committed: CommittedTable) -> SourceDriver {
    var status = SubscriberStatus()
    status.sources = [SubscriberStatus.Source(name: "b")]
    return SourceDriver(
      MemorySource(broker), lane: 0, committed: committed.positions, clock: WallClock { 0 },
      steady: SteadyClock { 0 }, board: StatusBoard(status), options: SubscriberOptions(),
      say: { _ in })
  }

  private func publish(_ numbers: Range<Int>) {
    for message in numbered(numbers) { broker.publish(message) }
  }

  /// What some steps hand on, and under which origins and positions.
  private func take(_ driver: SourceDriver, steps: Int = 4) -> [Delivery] {
    var all: [Delivery] = []
    let limit = PullLimit(messageCount: 100, byteCount: 1 << 20)
    for _ in 0..<steps {
      if case .delivered(let deliveries) = driver.step(limit: limit, wait: .zero) {
        all += deliveries
      }
    }
    return all
  }

  @Test func `a tail that was handed on, not committed, and lost by the broker hides nothing`() {
    let driver = driver(CommittedTable())
    publish(0..<10)
    #expect(take(driver).map(\.messageCount) == [10])
    // The ledger has committed none of it when the broker crashes and gives positions again.
    broker.loseTail(6)
    publish(10..<18)
    let later = take(driver)
    #expect(later.map(\.messageCount) == [8])
    #expect(later.map(\.end.position) == [12])
    #expect(later.allSatisfy { $0.origin == broker.origin + Array("~2".utf8) })
  }

  @Test func `what was handed on is not asked for again after a lost connection`() throws {
    let table = CommittedTable()
    let driver = driver(table)
    publish(0..<10)
    #expect(take(driver).map(\.messageCount) == [10])
    broker.loseTail(0)
    publish(10..<12)
    #expect(take(driver).map(\.messageCount) == [2])
    // The ledger gave up what it had not committed: it comes again, from what is committed.
    table.take([SourcePosition(origin: broker.origin, position: 4, detail: "serial 4")])
    driver.forget(generation: 1)
    #expect(take(driver).map(\.messageCount) == [8])
  }
}
