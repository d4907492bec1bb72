package import MessageSources
import Synchronization

/// A broker in memory: one stream that tests fill, roll back, recreate or take away.
package final class MemoryBroker: Sendable {
  struct State: Sendable {
    var epoch = 1
    var messages: [(position: Int64, bytes: [UInt8], recordedAt: Int64)] = []
    var nextPosition: Int64 = 1
    var isReachable = true
    var acknowledged: Int64 = 0
    var acknowledgementCount = 0
  }

  package let name: String
  let state = Mutex(State())

  package init(name: String) { self.name = name }

  /// Takes a message; its position is returned.
  @discardableResult
  package func publish(_ bytes: [UInt8], recordedAt: Int64 = 0, skipping gap: Int64 = 0) -> Int64 {
    state.withLock { state in
      state.nextPosition += gap
      state.messages.append((state.nextPosition, bytes, recordedAt))
      state.nextPosition += 1
      return state.nextPosition - 1
    }
  }

  /// Deletes the stream and makes it again: positions begin at 1, the origin is another.
  package func recreate() {
    state.withLock { state in
      state.epoch += 1
      state.messages = []
      state.nextPosition = 1
      state.acknowledged = 0
    }
  }

  package func setReachable(_ isReachable: Bool) {
    state.withLock { $0.isReachable = isReachable }
  }

  /// The highest acknowledged position.
  package var acknowledged: Int64 { state.withLock { $0.acknowledged } }

  /// What the broker holds now, in order.
  package var messages: [[UInt8]] { state.withLock { $0.messages.map(\.bytes) } }

  /// The origin of the stream as it is now.
  package var origin: [UInt8] { state.withLock { Array("memory:\(name)@\($0.epoch)".utf8) } }
}

/// A source over a `MemoryBroker`; faults are asked for from outside.
///
/// - Concurrency: `@unchecked` because all but `interrupt` is one thread's, and that is atomic.
package final class MemorySource: MessageSource, @unchecked Sendable {
  package let broker: MemoryBroker
  private let follows: Bool
  private let isInterrupted = Atomic<Bool>(false)
  private var epoch = 0
  private var delivered: Int64 = 0
  private var committed = CommittedPositions.none
  /// Messages that the next pulls deliver once more, as after a rollback of the broker's state.
  package var resentCount = 0

  package init(_ broker: MemoryBroker, follows: Bool = true) {
    self.broker = broker
    self.follows = follows
  }

  package var name: String { "memory:\(broker.name)" }

  package func open(resumeAfter committed: CommittedPositions) throws {
    self.committed = committed
    isInterrupted.store(false, ordering: .relaxed)
    let (isReachable, now) = broker.state.withLock { ($0.isReachable, $0.epoch) }
    guard isReachable else { throw SourceError.unreachable(place: name, detail: "it is away") }
    epoch = now
    delivered = try committed.position(of: broker.origin)?.position ?? 0
  }

  package func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome {
    if isInterrupted.load(ordering: .relaxed) { return .idle }
    let (isReachable, now) = broker.state.withLock { ($0.isReachable, $0.epoch) }
    guard isReachable else { throw SourceError.unreachable(place: name, detail: "it went away") }
    if now != epoch {
      epoch = now
      delivered = try committed.position(of: broker.origin)?.position ?? 0
      return .notice(SourceNotice(.newEpoch, "\(name) was made anew"))
    }
    if resentCount > 0 {
      delivered = max(0, delivered - Int64(resentCount))
      resentCount = 0
    }
    let origin = broker.origin
    let fresh = broker.state.withLock { state in
      Array(state.messages.drop { $0.position <= delivered }.prefix(limit.messageCount))
    }
    var byteCount = 0
    for message in fresh {
      byteCount += message.bytes.count
      if byteCount > limit.byteCount, byteCount > message.bytes.count { break }
      batch.append(
        message.bytes, position: message.position, recordedAt: message.recordedAt,
        subject: Array("memory".utf8), origin: origin, detail: "epoch \(epoch)")
      delivered = message.position
    }
    return !fresh.isEmpty ? .messages : follows ? .idle : .ended
  }

  package func acknowledge(_ positions: [SourcePosition]) -> Bool {
    let origin = broker.origin
    return broker.state.withLock { state in
      guard state.isReachable else { return false }
      for position in positions where position.origin == origin {
        state.acknowledged = max(state.acknowledged, position.position)
        state.acknowledgementCount += 1
      }
      return true
    }
  }

  package func backlog() -> SourceBacklog? {
    broker.state.withLock { state in
      SourceBacklog(
        messageCount: Int64(state.messages.count { $0.position > delivered }),
        newestAt: state.messages.last?.recordedAt)
    }
  }

  package func interrupt() { isInterrupted.store(true, ordering: .relaxed) }
  package func close() {}
}
