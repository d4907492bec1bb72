package import MessageSources
import Synchronization

/// A broker in memory: one stream that tests fill, roll back, cut short, recreate or take away.
package final class MemoryBroker: Sendable {
  struct State: Sendable {
    var epoch = 1
    /// `serial` tells messages apart that were given the same position.
    var messages: [(position: Int64, bytes: [UInt8], recordedAt: Int64, serial: Int)] = []
    var nextPosition: Int64 = 1
    var nextSerial = 1
    /// Counts the crashes, each of which ends its connections.
    var crashCount = 0
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
      state.messages.append((state.nextPosition, bytes, recordedAt, state.nextSerial))
      state.nextSerial += 1
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

  /// Crashes and comes back without its newest messages, whose positions it gives again.
  ///
  /// - Shape: returns the last position that is left; 0 for none.
  @discardableResult
  package func loseTail(_ count: Int) -> Int64 {
    state.withLock { state in
      state.crashCount += 1
      guard let first = state.messages.suffix(count).first else {
        return state.nextPosition - 1
      }
      state.messages.removeLast(min(count, state.messages.count))
      state.nextPosition = first.position
      return first.position - 1
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
  private var crashCount = 0
  private var origin: [UInt8] = []
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
    guard broker.state.withLock({ $0.isReachable }) else {
      throw SourceError.unreachable(place: name, detail: "it is away")
    }
    try begin()
  }

  /// Finds the life of the stream that the ledger knows, or begins another behind what it knows
  /// when the stream has lost that: as real sources do.
  private func begin() throws {
    let base = broker.origin
    let lives = try committed.positions(beginningWith: base).compactMap { known in
      Self.life(known.origin, base).map { (number: $0, known: known) }
    }
    let last = lives.max { $0.number < $1.number }
    broker.state.withLock { state in
      (epoch, crashCount, origin, delivered) = (state.epoch, state.crashCount, base, 0)
      guard let (number, known) = last else { return }
      (origin, delivered) = (known.origin, known.position)
      let serial = Self.serial(known.detail)
      let found = state.messages.first { $0.position == known.position }
      if known.position < state.nextPosition, found?.serial ?? serial == serial { return }
      origin = base + Array("~\(number + 1)".utf8)
      delivered = state.messages.last { $0.serial <= serial }?.position ?? 0
    }
  }

  private static func life(_ origin: [UInt8], _ base: [UInt8]) -> Int? {
    if origin == base { return 1 }
    guard origin.starts(with: base + Array("~".utf8)) else { return nil }
    return Int(String(decoding: origin.dropFirst(base.count + 1), as: UTF8.self))
  }

  private static func serial(_ detail: String) -> Int {
    detail.split(separator: " ").last.flatMap { Int($0) } ?? 0
  }

  package func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome {
    if isInterrupted.load(ordering: .relaxed) { return .idle }
    let (isThere, now) = broker.state.withLock {
      ($0.isReachable && $0.crashCount == crashCount, $0.epoch)
    }
    guard isThere else { throw SourceError.unreachable(place: name, detail: "it went away") }
    if now != epoch {
      try begin()
      return .notice(SourceNotice(.newEpoch, "\(name) was made anew"))
    }
    if resentCount > 0 {
      delivered = max(0, delivered - Int64(resentCount))
      resentCount = 0
    }
    let fresh = broker.state.withLock { state in
      Array(state.messages.drop { $0.position <= delivered }.prefix(limit.messageCount))
    }
    var byteCount = 0
    for message in fresh {
      byteCount += message.bytes.count
      if byteCount > limit.byteCount, byteCount > message.bytes.count { break }
      batch.append(
        message.bytes, position: message.position, recordedAt: message.recordedAt,
        subject: Array("memory".utf8), origin: origin, detail: "serial \(message.serial)")
      delivered = message.position
    }
    return !fresh.isEmpty ? .messages : follows ? .idle : .ended
  }

  package func acknowledge(_ positions: [SourcePosition]) -> Bool {
    broker.state.withLock { state in
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
