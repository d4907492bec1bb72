/// Named limits of this target, each with its reason.
package enum Limits {
  /// The largest message that a bus takes: the contract's largest event.
  package static let messageByteCount = 8 << 20
  /// The longest subject: what brokers allow, and short enough to print.
  package static let subjectByteCount = 255
  /// The longest name of a subscriber: it becomes a file's name.
  package static let subscriberNameByteCount = 64
  /// How long a writer waits for others to commit: many times the longest commit.
  static let busySeconds = 30.0
  /// Rows that one statement of a prune removes, so that publishers wait only shortly.
  static let prunedRowCount = 10_000
  /// Published messages after which the publisher applies the retention.
  static let messagesBetweenPrunes: Int64 = 50_000
  /// Backlogs of a filter are counted up to here; "at least" is enough for people.
  static let countedBacklog: Int64 = 10_000_000
  /// Idle pulls between two looks whether the bus was replaced, which open a connection.
  static let idlePullsBetweenChecks = 16
  /// How soon a waiting subscriber looks again: soon after traffic, then more rarely.
  static let shortestWait = Duration.milliseconds(2)
  static let longestWait = Duration.milliseconds(50)
}
