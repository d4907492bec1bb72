package import Decoders
package import MessageSources

/// When a subscriber commits, and what bounds it.
package struct SubscriberOptions: Sendable {
  /// The longest that a message waits for its commit, in microseconds.
  package var maximumDelay: Int64 = 5_000_000
  /// Rows and rejects after which a commit is made at once.
  package var maximumRowCount = 200_000
  /// Message bytes after which a commit is made at once.
  package var maximumByteCount = 16 << 20
  /// Bytes that wait between the sources and the ledger, all sources together.
  package var queueByteCount = 32 << 20
  /// Free bytes of the ledger's disk below which nothing more is pulled.
  package var diskFloorByteCount: Int64 = 1 << 30
  /// The same as a share of the whole disk, in the place of bytes.
  package var diskFloorPercent: Double?
  /// Ends when every source is exhausted, instead of following.
  package var endsWhenIdle = false
  /// Whether sources that answer go on when another one has refused.
  package var goesOnWithoutRefused = true
  /// Seeds the jitter of back-offs.
  package var seed: UInt64 = 0

  package init() {}
}

/// A source and how its messages are read.
package struct SubscribedSource: Sendable {
  package var source: any MessageSource
  /// The vocabulary of its messages.
  package var decoder: DecoderOptions
  /// For people, logs and metrics.
  package var name: String

  package init(
    _ source: any MessageSource, decoder: DecoderOptions = DecoderOptions(), name: String? = nil
  ) {
    self.source = source
    self.decoder = decoder
    self.name = name ?? source.name
  }
}
