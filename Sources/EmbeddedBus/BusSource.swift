package import Files
package import MessageSources
import Synchronization
import Threads

/// How a bus is subscribed to.
package struct BusSubscription: Sendable {
  package var directory: String
  package var subscriber: String
  package var filter: SubjectFilter
  /// False ends with what is there.
  package var follows: Bool

  package init(
    directory: String, subscriber: String, filter: SubjectFilter = .all, follows: Bool = true
  ) {
    self.directory = directory
    self.subscriber = subscriber
    self.filter = filter
    self.follows = follows
  }
}

/// An embedded bus as a source: a durable subscriber.
///
/// A bus that is not there yet is missing, not refused: a publisher makes it.
/// - Concurrency: `@unchecked` because all but `interrupt` is one thread's, and the monitor guards
///   what `interrupt` changes.
package final class BusSource: MessageSource, @unchecked Sendable {
  private let subscription: BusSubscription
  private let files: any FileSystem
  private let clock: WallClock
  private let monitor = Monitor()
  private var isInterrupted = false
  private var bus: EmbeddedBus?
  private var lock: (any FileLock)?
  private var reached: Int64 = 0
  private var version: Int64?
  private var idleCount = 0
  private var notices: [SourceNotice] = []
  private var random = SystemRandomNumberGenerator()

  package init(_ subscription: BusSubscription, files: any FileSystem, clock: WallClock) {
    self.subscription = subscription
    self.files = files
    self.clock = clock
  }

  deinit { close() }

  package var name: String { "bus:\(subscription.directory)" }

  package func open(resumeAfter committed: CommittedPositions) throws {
    close()
    monitor.locked { isInterrupted = false }
    guard files.exists(EmbeddedBus.database(subscription.directory)) else {
      throw SourceError.missing(
        place: subscription.directory, detail: "there is no bus in this folder yet")
    }
    let bus = try EmbeddedBus.open(
      directory: subscription.directory, files: files, clock: clock, random: &random,
      makesNew: false)
    do {
      try bus.addSubscriber(subscription.subscriber, filter: subscription.filter, position: 0)
      if try bus.subscriber(subscription.subscriber)?.filter != subscription.filter {
        _ = try bus.setSubscriber(subscription.subscriber, filter: subscription.filter)
      }
      lock = try bus.lockSubscriber(subscription.subscriber)
      let known = try committed.position(of: bus.origin)
      reached = known?.position ?? 0
      try lookBack(bus, committed, known)
    } catch {
      bus.close()
      throw error
    }
    version = nil
    self.bus = bus
  }

  /// Says what the ledger cannot have seen: another bus in this folder, pruned messages.
  private func lookBack(
    _ bus: EmbeddedBus, _ committed: CommittedPositions, _ known: SourcePosition?
  ) throws {
    notices = []
    if known == nil {
      let earlier = try committed.positions(beginningWith: Array("bus:".utf8))
        .filter { $0.detail == subscription.directory }
      if let earlier = earlier.first {
        notices.append(
          SourceNotice(
            .newEpoch,
            "the folder \(subscription.directory) holds another bus than before: now \(bus.id), "
              + "before \(String(decoding: earlier.origin, as: UTF8.self)); it is taken in from "
              + "its beginning"))
      }
    }
    let last = try bus.lastPosition()
    if reached > last {
      throw SourceError.damaged(
        place: subscription.directory,
        detail: "the ledger holds messages up to \(reached), the bus ends at \(last): "
          + "it was restored from an older copy")
    }
    let pruned = try bus.prunedThrough()
    if pruned > reached, known != nil {
      notices.append(
        SourceNotice(
          .lost,
          "messages \(reached + 1) to \(pruned) were pruned before they were taken in"))
    }
  }

  package func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome {
    guard let bus else {
      throw SourceError.unreachable(place: subscription.directory, detail: "it is not open")
    }
    if !notices.isEmpty { return .notice(notices.removeFirst()) }
    let end = ContinuousClock.now.advanced(by: wait)
    var pause = Limits.shortestWait
    while !monitor.locked({ isInterrupted }) {
      let now = try bus.dataVersion()
      if now != version {
        let before = batch.count
        let through = try bus.read(
          after: reached, filter: subscription.filter, limit: limit, into: &batch)
        let gotAll = batch.count == before
        reached = max(reached, through)
        if gotAll { version = now } else { return .messages }
      }
      if !subscription.follows { return .ended }
      let left = end - ContinuousClock.now
      if left <= .zero {
        try checkIdentity()
        return .idle
      }
      monitor.locked { if !isInterrupted { monitor.wait(atMost: min(pause, left)) } }
      pause = min(pause * 2, Limits.longestWait)
    }
    return .idle
  }

  /// A bus whose folder was removed and made again is another one, though the old file stays
  /// readable to whoever has it open.
  private func checkIdentity() throws {
    guard let bus else { return }
    let place = EmbeddedBus.database(subscription.directory)
    guard files.exists(place) else {
      throw SourceError.unreachable(place: subscription.directory, detail: "the bus was removed")
    }
    idleCount += 1
    if idleCount % Limits.idlePullsBetweenChecks == 0, try !bus.isStillInPlace() {
      throw SourceError.unreachable(place: subscription.directory, detail: "the bus was replaced")
    }
  }

  package func acknowledge(_ positions: [SourcePosition]) -> Bool {
    guard let bus else { return false }
    do {
      for position in positions where position.origin == bus.origin {
        try bus.confirm(subscription.subscriber, through: position.position)
      }
      return true
    } catch {
      return false
    }
  }

  package func backlog() -> SourceBacklog? {
    guard let bus else { return nil }
    do {
      if subscription.filter.isAll {
        return SourceBacklog(messageCount: try bus.lastPosition() - reached)
      }
      let (count, _) = try bus.backlog(after: reached, filter: subscription.filter)
      return SourceBacklog(messageCount: count)
    } catch {
      return nil
    }
  }

  package func interrupt() {
    monitor.locked {
      isInterrupted = true
      monitor.wakeAll()
    }
  }

  package func close() {
    bus?.close()
    bus = nil
    lock?.unlock()
    lock = nil
  }
}

/// An embedded bus as a sink; it is made when it is not there.
package final class BusSink: MessageSink {
  private let directory: String
  private let files: any FileSystem
  private let clock: WallClock
  private var bus: EmbeddedBus?
  private var random = SystemRandomNumberGenerator()

  package init(directory: String, files: any FileSystem, clock: WallClock) {
    self.directory = directory
    self.files = files
    self.clock = clock
  }

  package var name: String { "bus:\(directory)" }

  package func publishesInto(origin: [UInt8]) -> Bool? { bus.map { $0.origin == origin } }

  package func open() throws {
    bus = try EmbeddedBus.open(
      directory: directory, files: files, clock: clock, random: &random, makesNew: true)
  }

  package func publish(_ batch: MessageBatch) throws {
    guard let bus else { throw SourceError.unreachable(place: directory, detail: "it is not open") }
    try bus.publish(batch)
  }

  package func flush() throws {}

  package func close() {
    bus?.close()
    bus = nil
  }
}
