/// Named limits of this target, each with its reason.
enum Limits {
  /// A chunk is a task of a thread: large enough to amortise its start, small enough for caches and
  /// for several to be in memory.
  static let chunkByteCount = 2 << 20
  /// The longest line held in memory: the largest message (8 MiB) and a wrapper around it. A longer
  /// one goes to the rejects through a file.
  static let lineByteCount = 9 << 20
  /// What a decompressor reads at once.
  static let compressedByteCount = 256 << 10
}
