import MessageSources

/// A source's place in a running subscriber: its queue and what it is told.
///
/// - Concurrency: `@unchecked` because every field is touched under the subscriber's monitor only;
///   the driver belongs to the lane's thread.
final class Lane: @unchecked Sendable {
  let driver: SourceDriver
  var queue: [Delivery] = []
  var queuedByteCount = 0
  /// Positions that the source has not been told yet.
  var confirmations: [SourcePosition] = []
  /// Raised to make the driver begin again.
  var generation = 0
  var knownGeneration = 0
  var isEnded = false
  /// Nothing more is to be had at the moment.
  var isDrained = false
  var refusal: SourceError?
  /// The thread has closed its source and is gone.
  var isGone = false

  init(_ driver: SourceDriver) { self.driver = driver }

  /// Takes deliveries off the front, up to some bytes but at least one.
  func takeRound(byteCount limit: Int) -> [Delivery] {
    var taken: [Delivery] = []
    var byteCount = 0
    for delivery in queue {
      if !taken.isEmpty, byteCount + delivery.byteCount > limit { break }
      byteCount += delivery.byteCount
      taken.append(delivery)
    }
    queue.removeFirst(taken.count)
    queuedByteCount -= byteCount
    return taken
  }
}
