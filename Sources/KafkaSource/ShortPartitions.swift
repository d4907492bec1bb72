/// Partitions that seem to end before what was read of them.
///
/// A new leader may tell an end that is too low for a moment, so only one that stays counts.
struct ShortPartitions {
  private var since: [String: ContinuousClock.Instant] = [:]

  /// Whether an end has been too low for long enough to be asked for.
  ///
  /// - Parameters:
  ///   - end: what the brokers told last; nil when they told nothing.
  ///   - wanted: the lowest end that a partition with everything that was read has.
  mutating func mayBeLost(
    _ partition: String, end: Int64?, wanted: Int64, at now: ContinuousClock.Instant
  ) -> Bool {
    guard let end, end < wanted else {
      since[partition] = nil
      return false
    }
    let first = since[partition] ?? now
    since[partition] = first
    return now - first >= Limits.shortPatience
  }
}
