/// How much one pull may bring.
package struct PullLimit: Sendable, Equatable {
  package var messageCount: Int
  /// Message bytes; a message that is larger comes alone.
  package var byteCount: Int

  package init(messageCount: Int, byteCount: Int) {
    self.messageCount = messageCount
    self.byteCount = byteCount
  }
}

/// Something that happened to a stream and that its owner must hear of; said once.
package struct SourceNotice: Sendable, Equatable {
  /// What happened.
  package enum Kind: String, Sendable {
    /// The stream was deleted and made again: another origin begins, nothing is skipped.
    case newEpoch = "new-epoch"
    /// A file was replaced by a new one.
    case rotated
    /// A file became shorter, or what was read before is no longer in it.
    case truncated
    /// The source may have lost messages that nobody took (retention).
    case lost
    /// Connection came back, partitions were assigned, and the like.
    case information
  }

  package var kind: Kind
  package var text: String

  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}

/// What a pull came to.
package enum PullOutcome: Sendable, Equatable {
  /// At least one message was appended.
  case messages
  /// Nothing came within the wait, or `interrupt` was called.
  case idle
  /// A source that does not follow is exhausted; later pulls say so again.
  case ended
  /// No message, but news.
  case notice(SourceNotice)
}

/// Why a source cannot deliver.
package enum SourceError: Error, Equatable, CustomStringConvertible {
  /// The broker does not answer: close, wait, open again, for ever.
  case unreachable(place: String, detail: String)
  /// What the configuration names is not there yet: somebody may make it, so it is waited for as
  /// for a broker; but not by a run that only takes what there is.
  case missing(place: String, detail: String)
  /// The broker refuses what the configuration asks for: trying again would not help.
  case refused(place: String, detail: String, hint: String)
  /// What the source holds is not what it should be.
  case damaged(place: String, detail: String)

  package var description: String {
    switch self {
    case .unreachable(let place, let detail): "\(place) cannot be reached: \(detail)"
    case .missing(let place, let detail): "\(place): \(detail)"
    case .refused(let place, let detail, let hint):
      "\(place) refused: \(detail)" + (hint.isEmpty ? "" : "; \(hint)")
    case .damaged(let place, let detail): "\(place) is damaged: \(detail)"
    }
  }
}

/// One stream of messages, or several that belong together (a topic's partitions).
///
/// Life: `open`, then pulls with acknowledgements between them, then `close`; after that `open` may
/// be called again. What was pulled and not committed comes again after the next `open`. Messages
/// at or below a committed position may come again at any time (redelivery); whoever pulls drops
/// them.
/// - Concurrency: one thread at a time; only `interrupt` may be called from any thread.
/// - Errors: `SourceError`; after one, `close` and `open` again.
package protocol MessageSource: AnyObject, Sendable {
  /// The address for people, without credentials.
  var name: String { get }

  /// Connects, and goes on behind what the ledger has committed: its word counts, the broker's own
  /// position is advisory.
  func open(resumeAfter committed: CommittedPositions) throws

  /// Waits at most about `wait` for messages, then appends what is there, up to the limit.
  ///
  /// - Shape: `batch` may hold messages already; they stay, and the limit is for the new ones.
  func pull(into batch: inout MessageBatch, limit: PullLimit, wait: Duration) throws -> PullOutcome

  /// All up to these positions is durable in the ledger: one synchronous acknowledgement.
  ///
  /// - Returns: false when the broker did not confirm, which is no error: it will redeliver.
  func acknowledge(_ positions: [SourcePosition]) -> Bool

  /// What the broker holds beyond what was pulled; nil when nothing is known.
  func backlog() -> SourceBacklog?

  /// Called a few times a second while nothing is pulled: a connection may have to be kept.
  func tend()

  /// Ends a pull that waits, and makes later pulls return `.idle` at once, until the next `open`.
  func interrupt()

  func close()
}

extension MessageSource {
  package func tend() {}
}

/// The way back into a broker, for publishing and for replays.
///
/// - Concurrency: one thread at a time.
/// - Errors: `SourceError`.
package protocol MessageSink: AnyObject {
  /// The address for people, without credentials.
  var name: String { get }

  /// Whether messages of this origin came from the stream that the sink publishes into; nil when it
  /// cannot tell.
  func publishesInto(origin: [UInt8]) -> Bool?

  func open() throws
  /// Hands messages over, byte for byte and in order, on the subjects the batch names; origins and
  /// positions are not looked at. May return before the broker has them.
  func publish(_ batch: MessageBatch) throws
  /// Returns when the broker has confirmed all that was published.
  func flush() throws
  func close()
}
