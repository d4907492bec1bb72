/// Named limits of this target, each with its reason.
enum Limits {
  /// Messages of one pull request: so many that the round trip between two requests does not count,
  /// few enough to wait in memory when they are small and nobody may take them.
  static let pullMessageCount = 16_000
  /// Message bytes of one pull request: what may wait in the client's memory beside the batch. A
  /// stream with larger messages raises it to the server's largest payload.
  static let pullByteCount = 16 << 20
  /// The largest message that a sink or a source takes, and room for a subject and headers.
  static let messageByteCount = (8 << 20) + (64 << 10)
  /// How long the server keeps a pull request open.
  static let pullExpiryNanoseconds: Int64 = 30_000_000_000
  /// The same for a request that the server can fill at once.
  static let fullPullExpiryNanoseconds: Int64 = 2_000_000_000
  /// How often the server shows that it still holds an idle request; two missed ones end it.
  static let heartbeatNanoseconds: Int64 = 2_000_000_000
  /// A request to the server that gets no answer for so long is given up.
  static let requestMilliseconds: Int64 = 5_000
  /// Acknowledging is advisory: the stream should not wait long for a server that just died.
  static let acknowledgementMilliseconds: Int64 = 2_000
  /// A server that does not accept a connection within this time is taken for unreachable.
  static let connectMilliseconds: Int64 = 3_000
  /// How often a connection that says nothing is tried; two unanswered tries close it.
  static let pingMilliseconds: Int64 = 5_000
  static let pingsOut: Int32 = 2
  /// A pull that waits looks this often whether it was interrupted.
  static let waitSliceMilliseconds: Int64 = 50
  /// A batch that has something goes on gathering this long while more comes: fewer, fuller batches
  /// under load, and no delay that anybody notices.
  static let lingerMilliseconds: Int64 = 10
  /// It does so in naps of a millisecond: waiting for each message would wake a thread for each.
  static let napMicroseconds: UInt32 = 1_000
  /// Beyond this many messages a batch need not wait to become fuller.
  static let fullEnoughCount = 2_000
  /// Delivered and not acknowledged messages that the server allows: above the largest uncommitted
  /// window of a subscriber, whose default is 1,048,576 rows at most.
  static let defaultMaxAckPending = 2_000_000
  /// How long the server waits for an acknowledgement before it delivers again: above the longest
  /// commit, and messages held for `--max-delay` before it.
  static let defaultAckWaitSeconds = 300
  /// Redeliveries that arrive while nothing new is committed are acknowledged after so many.
  static let unacknowledgedRedeliveries = 100_000
  /// Batch ends that wait for their acknowledgement: more than commits ever lag behind. The oldest
  /// go first, which costs nothing: an acknowledgement covers all before it.
  static let acknowledgementEntries = 65_536
  /// Messages published and not yet confirmed.
  static let publishesInFlight = 4_000
  /// Message bytes published and not yet confirmed.
  static let publishBytesInFlight = 32 << 20
  /// A published message whose confirmation takes longer counts as failed.
  static let publishMilliseconds: Int64 = 10_000
  /// How often a backlog asks the server for the time of its newest message.
  static let newestInterval: Duration = .seconds(5)
  /// Pieces of a connection's input that are taken at once while nobody pulls: what one pull may
  /// bring has more, and waits for the next time.
  static let tendedTurns = 64
  static let ioBufferByteCount: Int32 = 1 << 18
  /// How often a signature may be refused before credentials are: libnats 3.4.1 signs one in three
  /// hundred of the server's challenges wrongly (10 of 3,000), and each attempt gets another one.
  static let signatureAttempts = 4
  /// How often a durable is made that turns out to have a state: twice is one more than was seen.
  static let consumerAttempts = 3
  /// Gaps in deliveries without a lost connection, after which somebody else must be reading.
  static let strangeGaps = 3
}
