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

  @Test func `a second source of the same origin is refused before anything of it is dropped`() {
    let claims = OriginClaims()
    let table = CommittedTable()
    var status = SubscriberStatus()
    status.sources = [SubscriberStatus.Source(name: "a"), SubscriberStatus.Source(name: "b")]
    let board = StatusBoard(status)
    // Two brokers that go by one name, as two Kafka clusters with one id.
    let drivers = [broker, MemoryBroker(name: "b")].enumerated().map { lane, broker in
      broker.publish(Array("{\"of\":\(lane)}".utf8))
      return SourceDriver(
        MemorySource(broker), lane: lane, committed: table.positions, claims: claims,
        clock: WallClock { 0 }, steady: SteadyClock { 0 }, board: board,
        options: SubscriberOptions(), say: { _ in })
    }
    #expect(take(drivers[0]).count == 1)
    let limit = PullLimit(messageCount: 100, byteCount: 1 << 20)
    guard
      case .refused(.refused(_, let detail, let hint)) = drivers[1].step(
        limit: limit, wait: .zero)
    else {
      Issue.record("the second source was not refused")
      return
    }
    #expect(detail.contains("the same origin memory:b@1"))
    #expect(hint.contains("'cluster'"))
    #expect(board.value.sources[1].dropped == 0)
    #expect(board.value.sources[1].state == .refused)
  }

  @Test func `later lives of a stream belong to the source of the first`() {
    let claims = OriginClaims()
    func claim(_ origin: String, _ lane: Int) -> Bool {
      claims.claim(Array(origin.utf8), lane: lane)
    }
    #expect(claim("kafka:t/1@c", 0))
    #expect(claim("kafka:t/1@c~2", 0))
    #expect(!claim("kafka:t/1@c~3", 1))
    #expect(claim("kafka:t/1@c~x", 1))
    #expect(claim("/logs/a", 0))
    #expect(claim("/logs/a~2", 1))
  }

  @Test(
    arguments: [true, false],
    [
      SourceError.missing(place: "b", detail: "no such stream"),
      SourceError.unreachable(place: "b", detail: "no such server"),
    ])
  func `what is missing is waited for, for a while only where a run ends by itself`(
    _ ends: Bool, _ failure: SourceError
  ) {
    let now = Mutex<Int64>(0)
    var status = SubscriberStatus()
    status.sources = [SubscriberStatus.Source(name: "b")]
    var options = SubscriberOptions()
    options.endsWhenIdle = ends
    let driver = SourceDriver(
      MissingSource(failure), lane: 0, committed: CommittedTable().positions, clock: WallClock { 0 },
      steady: SteadyClock { now.withLock { $0 } }, board: StatusBoard(status), options: options,
      say: { _ in })
    var waited: Int64 = 0
    var steps = 0
    while steps < 100 {
      steps += 1
      switch driver.step(limit: PullLimit(messageCount: 1, byteCount: 1), wait: .zero) {
      case .wait(let duration):
        waited += duration.wholeMicroseconds
        now.withLock { $0 = waited }
        continue
      case .refused(let error):
        #expect(ends)
        #expect(error.description.contains("no such s"))
        #expect(error.description.contains("does not wait longer"))
        let limit: Int64 = if case .missing = failure { 10_000_000 } else { 30_000_000 }
        #expect((limit...limit + 3_000_000).contains(waited))
        return
      default: Issue.record("it delivers nothing")
      }
    }
    #expect(!ends)
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

/// A stream that nobody has made, or whose server is away.
private final class MissingSource: MessageSource {
  let name = "missing"
  private let error: SourceError

  init(_ error: SourceError) { self.error = error }

  func open(resumeAfter committed: CommittedPositions) throws { throw error }

  func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome { .idle }

  func acknowledge(_ positions: [SourcePosition]) -> Bool { false }
  func backlog() -> SourceBacklog? { nil }
  func interrupt() {}
  func close() {}
}
