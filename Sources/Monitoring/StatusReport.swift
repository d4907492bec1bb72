package import Ingest

/// A ledger and the subscriber that keeps it current, at one moment.
///
/// - Units: times in microseconds since 1970 UTC.
package struct StatusReport: Sendable {
  package var now: Int64
  package var ledger: LedgerFacts
  /// The subscriber's own word; nil when none was ever there.
  package var subscriber: SubscriberStatus?
  /// Whether the subscriber is there now, and not only its last word.
  package var isRunning: Bool
  /// The subscriber's word as it wrote it, when it came from a file.
  package var word: [UInt8]?

  package init(
    now: Int64, ledger: LedgerFacts, subscriber: SubscriberStatus?, isRunning: Bool,
    word: [UInt8]? = nil
  ) {
    self.word = word
    self.now = now
    self.ledger = ledger
    self.subscriber = subscriber
    self.isRunning = isRunning
  }

  /// Whether every source is delivering or done, so that a watchman need not look.
  package var isHealthy: Bool {
    guard let subscriber, isRunning, !subscriber.isDiskNearlyFull else { return false }
    return subscriber.sources.allSatisfy { $0.state == .live || $0.state == .ended }
  }
}

extension SubscriberStatus.Source {
  /// How far the ledger is behind the broker; nil when the broker did not tell.
  ///
  /// - Units: microseconds.
  package func lag(at now: Int64) -> Int64? {
    if backlog == 0, queuedByteCount == 0 { return 0 }
    guard let newestCommitted else { return nil }
    if let newestAtBroker { return max(0, newestAtBroker - newestCommitted) }
    return backlog == nil ? nil : max(0, now - newestCommitted)
  }

  /// Messages refused, all reasons together.
  package var rejectedCount: Int64 { rejected.values.reduce(0, +) }
}

/// How fast a source goes, from two of its words.
package struct SourceRates: Sendable, Equatable {
  package var messages = 0.0
  package var events = 0.0
  package var bytes = 0.0

  package init() {}

  /// Rates a second between two moments; from the start when there is only one.
  package init(
    _ source: SubscriberStatus.Source, since earlier: SubscriberStatus.Source?,
    microseconds: Int64
  ) {
    guard microseconds > 0 else { return }
    let seconds = Double(microseconds) / 1e6
    messages = Double(max(0, source.received - (earlier?.received ?? 0))) / seconds
    events = Double(max(0, source.accepted - (earlier?.accepted ?? 0))) / seconds
    bytes = Double(max(0, source.receivedByteCount - (earlier?.receivedByteCount ?? 0))) / seconds
  }
}
