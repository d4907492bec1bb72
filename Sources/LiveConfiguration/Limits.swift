/// Named limits of this target, each with its reason.
enum Limits {
  /// A message waits at least this long for company, so that a trickle does not commit each alone.
  static let shortestDelayMicroseconds: Int64 = 10_000
  /// Beyond an hour a ledger is no longer live.
  static let longestDelayMicroseconds: Int64 = 3_600_000_000
  /// Rows that a segment holds at most.
  static let rowCount = 1...1_048_576
  /// From one largest message to a full segment's share of messages.
  static let byteCount = 8 << 20...384 << 20
  /// From one largest message to what a small server has.
  static let queueByteCount = 9 << 20...4 << 30
  /// A disk that is fuller than this fails in other ways than ours.
  static let diskFloorByteCount = 16 << 20...1 << 50
  /// Above all of it nothing would ever be pulled.
  static let diskFloorPercent = 0.1...99.0
  /// Sources of one process: each has a thread of its own.
  static let sourceCount = 256
}
