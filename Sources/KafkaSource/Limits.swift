/// Named limits of this target, each with its reason.
enum Limits {
  /// What the client may hold ahead of the pulls: enough for a fast broker, little beside a batch.
  static let queuedKilobytes = 32 << 10
  /// One answer of a broker: above the largest message.
  static let fetchByteCount = 16 << 20
  /// The largest message of a sink: 8 MiB and its frame.
  static let messageByteCount = (8 << 20) + (64 << 10)
  /// A broker that does not answer a question within this time is taken for unreachable.
  static let requestMilliseconds: Int32 = 5_000
  /// Committing offsets is advisory, so nobody waits long for it.
  static let sessionMilliseconds = 10_000
  /// A pull that waits looks this often whether it was interrupted.
  static let waitSliceMilliseconds: Int32 = 50
  /// Beyond this many messages a batch need not wait to become fuller.
  static let fullEnoughCount = 500
  /// Events of a client that are looked through for errors before it is given up: more than it
  /// makes while one request runs out.
  static let heardErrorCount = 256
  /// How often topics are looked at for partitions that were added.
  static let metadataInterval: Duration = .seconds(30)
  /// How often the ends that brokers tell are held against what was read.
  static let tailInterval: Duration = .seconds(1)
  /// How long an end must be too low before the partition counts as cut: longer than a new leader
  /// takes to know its end.
  static let shortPatience: Duration = .seconds(3)
  /// How long brokers may be gone before the source says so: the client tries them by itself.
  static let silence: Duration = .seconds(3)
  /// Messages of a sink that are on their way, and their bytes.
  static let publishesInFlight = 10_000
  static let publishKilobytesInFlight = 64 << 10
  /// A published message whose confirmation takes longer counts as failed.
  static let publishMilliseconds: Int32 = 30_000
}
