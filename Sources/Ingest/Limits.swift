/// Named limits of this target, each with its reason.
enum Limits {
  /// A chunk is a task of a thread: large enough to amortise its start, small enough for caches and
  /// for several to be in memory.
  static let chunkByteCount = 256 << 10
  /// The longest line held in memory: the largest message (8 MiB) and a wrapper around it. A longer
  /// one goes to the rejects through a file.
  static let lineByteCount = 9 << 20
  /// The longest line before a frame: a time, a position, and an origin of a few kilobytes.
  static let frameHeaderByteCount = 64 << 10
  /// Digits of a frame's byte count: fewer than an Int may have.
  static let byteCountDigits = 17
  /// Buffers kept for reuse, for as many chunks as are under way.
  static let spareBufferCount = 64
  /// What a decompressor reads at once.
  static let compressedByteCount = 256 << 10
  /// Chunks a thread gets in a round: enough that threads end together, few enough to stay small.
  static let chunksPerThread = 8
  /// How often a lasting trouble is said again: once a minute, in steady microseconds.
  static let repeatMicroseconds: Int64 = 60_000_000
  /// How long a run that only takes what there is waits for a stream that does not exist, in
  /// microseconds: servers that have just started say so of streams that they have.
  static let missingMicroseconds: Int64 = 10_000_000
  /// How long a run that only takes what there is goes without a broker before it gives up, in
  /// microseconds: longer than a broker's restart takes, short enough for who waits for the run.
  static let unreachableMicroseconds: Int64 = 30_000_000
  /// Waits after failures double from the first to the second, half of it by chance.
  static let shortestBackOffMilliseconds = 200
  static let longestBackOffMilliseconds = 30_000
  /// The longest wait of a run that only takes what there is.
  static let longestBackOffOfOneRun: Duration = .seconds(2)
  /// How often a source is asked for its backlog, in microseconds: it may cost a request.
  static let backlogMicroseconds: Int64 = 1_000_000
  /// Messages from which the end of a backlog is committed at once: so many that the commit is not
  /// worth less than what it costs.
  static let caughtUpMessageCount = 10_000
  /// How long a merge waits for a subscriber to have caught up, in microseconds: ten minutes.
  static let mergeMicroseconds: Int64 = 600_000_000
  /// Bytes of small segments that are merged while somebody waits for the end: read, written and
  /// synchronised within a second or two, also by a slow disk.
  static let lastMergeByteCount = 8 << 20
  /// Messages and bytes of one pull: a task of a thread, small enough to keep latency low.
  static let pulledMessageCount = 4096
  static let pulledByteCount = 4 << 20
  /// The longest that a pull waits: how late a stop or an acknowledgement is heard.
  static let pullMilliseconds = 250
  /// How often a source from which nothing is pulled may look after its connection, in
  /// microseconds: servers wait for seconds before they drop a client that does not read.
  static let tendMicroseconds: Int64 = 250_000
  /// The queue of a source holds at least one largest message.
  static let shortestQueueByteCount = 9 << 20
  /// Message bytes that go to the writer in one round: a few tasks a thread, and not more than the
  /// caches hold until the columns read them.
  static let roundByteCount = 4 << 20
  /// Origins of a source that a status shows.
  static let shownPositionCount = 64
  /// How often the free space of the disk is asked for, in microseconds.
  static let diskMicroseconds: Int64 = 2_000_000
  /// How often the status is written for other processes, in microseconds.
  static let statusMicroseconds: Int64 = 1_000_000
  /// How long an orderly end waits for sources to confirm and close: within the ten seconds that a
  /// service manager gives.
  static let closingMicroseconds: Int64 = 4_000_000
  /// Messages that a replay hands to its sink at once, and confirms together.
  static let replayedMessageCount = 4096
}
