/// Named limits of this target, each with its reason.
enum Limits {
  /// A chunk is a task of a thread: large enough to amortise its start, small enough for caches and
  /// for several to be in memory.
  static let chunkByteCount = 256 << 10
  /// The longest line held in memory: the largest message (8 MiB) and a wrapper around it. A longer
  /// one goes to the rejects through a file.
  static let lineByteCount = 9 << 20
  /// Buffers kept for reuse, for as many chunks as are under way.
  static let spareBufferCount = 64
  /// What a decompressor reads at once.
  static let compressedByteCount = 256 << 10
  /// Chunks a thread gets in a round: enough that threads end together, few enough to stay small.
  static let chunksPerThread = 8
}
