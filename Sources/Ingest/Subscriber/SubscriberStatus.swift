/// How a running subscriber fares: a value taken at one moment.
///
/// - Units: times in microseconds since 1970 UTC.
package struct SubscriberStatus: Sendable, Equatable {
  /// What a source is doing.
  package enum State: String, Sendable {
    case starting, live, unreachable, refused, paused, ended, stopped
  }

  /// A position that is committed.
  package struct Position: Sendable, Equatable {
    package var origin: [UInt8]
    package var position: Int64
    package var detail: String
  }

  /// One source.
  package struct Source: Sendable, Equatable {
    package var name: String
    package var state = State.starting
    package var positions: [Position] = []
    /// Messages pulled since the start, dropped ones included.
    package var received: Int64 = 0
    package var receivedByteCount: Int64 = 0
    package var accepted: Int64 = 0
    package var redelivered: Int64 = 0
    package var conflicts: Int64 = 0
    /// Messages refused, by reason.
    package var rejected: [String: Int64] = [:]
    /// Messages at or below what was taken already.
    package var dropped: Int64 = 0
    /// Messages that the broker holds beyond what was pulled; nil when unknown.
    package var backlog: Int64?
    package var newestAtBroker: Int64?
    /// The newest `recorded_at` that is committed.
    package var newestCommitted: Int64?
    package var queuedByteCount = 0
    package var reconnects: Int64 = 0
    package var failedAcknowledgements: Int64 = 0
    package var lastError: String?
    package var lastErrorAt: Int64?

    package init(name: String) { self.name = name }
  }

  package var startedAt: Int64 = 0
  package var updatedAt: Int64 = 0
  package var processID: Int32 = 0
  package var sources: [Source] = []
  package var commitCount: Int64 = 0
  package var lastCommitAt: Int64?
  package var lastCommitMicroseconds: Int64?
  /// Rows and rejects that wait for a commit, and since when (steady microseconds of waiting).
  package var uncommittedCount = 0
  package var uncommittedByteCount = 0
  /// How long messages waited between pull and commit: counts by upper bound, in milliseconds; the
  /// last one has no bound.
  package var delayCounts = [Int64](repeating: 0, count: SubscriberStatus.delayBounds.count + 1)
  package var delaySumMicroseconds: Int64 = 0
  package var freeByteCount: Int64?
  package var isDiskNearlyFull = false
  package var lastError: String?

  /// Upper bounds of `delayCounts`, in milliseconds.
  package static let delayBounds: [Int64] = [
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000, 30_000, 60_000,
  ]

  package init() {}

  /// Counts messages that waited for some time.
  mutating func countDelay(_ microseconds: Int64, messageCount: Int) {
    let place = SubscriberStatus.delayBounds.firstIndex { microseconds <= $0 * 1_000 }
    delayCounts[place ?? SubscriberStatus.delayBounds.count] += Int64(messageCount)
    delaySumMicroseconds += microseconds * Int64(messageCount)
  }

  /// The upper bound, in milliseconds, under which a share of the messages was committed; nil when
  /// there are none. Above the last bound it is that one, and `isExceeded`.
  package func delayBound(ofShare share: Double) -> (milliseconds: Int64, isExceeded: Bool)? {
    let total = delayCounts.reduce(0, +)
    guard total > 0 else { return nil }
    var sum: Int64 = 0
    for (place, count) in delayCounts.enumerated() {
      sum += count
      if Double(sum) >= share * Double(total) {
        let last = SubscriberStatus.delayBounds.count - 1
        return (SubscriberStatus.delayBounds[min(place, last)], place > last)
      }
    }
    return nil
  }
}
