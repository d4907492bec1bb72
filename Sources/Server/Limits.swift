/// Named limits of this target, each with its reason.
enum Limits {
  /// All fields of a header: scrapers send a few hundred bytes, proxies add some kilobytes.
  static let headerByteCount = 16 << 10
  /// Fields of a header, for the same reason.
  static let headerFieldCount = 100
  /// What a connection may be silent for: scrapers come every few seconds to a minute, and one that
  /// holds a connection without asking must not keep it.
  static let idleSeconds: Int64 = 75
  /// What connections get to take their answers when the server ends; the whole subscriber ends
  /// within ten seconds.
  static let endSeconds: Int64 = 2
  /// Connections at a time: each answer takes a thread while it is made. Others wait.
  static let connectionCount = 64
  /// Connections that wait to be taken.
  static let backlog = 64
  /// The edge only moves bytes; the work is done elsewhere.
  static let eventLoopCount = 1
}
