/// Named limits of this target, each with its reason.
enum Limits {
  /// What is read at once: amortises the call, stays in the cache.
  static let readByteCount = 256 << 10
  /// A longer line goes on as its beginning, which is refused by size: the largest message and one.
  static let lineByteCount = (8 << 20) + 1
  /// Bytes of a first line that tell a followed file from the one that takes its place.
  static let fingerprintByteCount = 4096
  /// How soon a waiting source looks again: soon after traffic, then more rarely.
  static let shortestWait = Duration.milliseconds(5)
  static let longestWait = Duration.milliseconds(200)
  /// Looks without growth after which a file that was renamed away is taken for finished: its
  /// writer may still have it open.
  static let lastLooks = 3
  /// The longest pause between two listings of a folder.
  static let listingWait = Duration.milliseconds(500)
}
