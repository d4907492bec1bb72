/// Named limits of this target, each with its reason.
enum Limits {
  /// A request for metrics has a few hundred bytes; more is no such request.
  static let requestByteCount = 8 << 10
  /// What a client gets to send its request and to take the answer: they come one after the other,
  /// so that a slow one must not keep the others waiting for long.
  static let patienceMilliseconds: Int32 = 2_000
  /// Connections that wait to be taken.
  static let backlog: Int32 = 64
}
