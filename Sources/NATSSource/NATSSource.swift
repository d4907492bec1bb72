package import MessageSources
import Synchronization

/// Messages of a JetStream stream, through a durable consumer of our own.
///
/// Each `open` makes sure that the durable stands exactly behind what the ledger has committed; if
/// the server's idea differs (it rolled back, somebody deleted it, deliveries were under way when
/// a process died) the durable is made anew there. So redeliveries are rare, and nothing that the
/// server believes delivered can be stepped over.
/// - Concurrency: one thread at a time, as `MessageSource` says; `interrupted` is atomic.
package final class NATSSource: MessageSource, @unchecked Sendable {
  private let address: NATSAddress
  private let follows: Bool
  private let interrupted = Atomic<Bool>(false)
  private var stream: OpenStream?
  private var notices: [SourceNotice] = []
  private var gapCount = 0

  /// - Parameter follows: false ends with what the stream holds.
  package init(_ address: NATSAddress, follows: Bool = true) {
    self.address = address
    self.follows = follows
  }

  package var name: String { address.name }

  // MARK: Opening

  package func open(resumeAfter committed: CommittedPositions) throws {
    close()
    interrupted.store(false, ordering: .releasing)
    try translating {
      let connection = try NATSConnection(address, reading: .callersThread)
      let api = JetStreamAPI(connection: connection, address: address)
      let stream = try findStream(api)
      let info = try api.stream(stream)
      try checkRetention(info, stream)
      let found = try StreamLife.find(
        stream: stream, created: info.created, sequences: info.state.sequences,
        isWhole: address.subject == nil, committed: committed,
        stored: { try Self.stored(api, stream, $0) })
      let consumer = try prepareConsumer(api, stream, found)
      let session = try PullSession(
        connection, address, stream: stream, consumer: consumer)
      if let notice = found.notice { notices.append(notice) }
      self.stream = OpenStream(
        connection: connection, session: session, api: api, stream: stream, life: found,
        consumer: consumer)
    }
  }

  private func findStream(_ api: JetStreamAPI) throws -> String {
    if !address.stream.isEmpty { return address.stream }
    guard let subject = address.subject else {
      throw SourceError.refused(
        place: name, detail: "the address names no stream",
        hint: "write nats://host/STREAM, or ?subject=… to find it by a subject")
    }
    guard let stream = try api.streamName(forSubject: subject) else {
      throw SourceError.missing(place: name, detail: "no stream takes \(subject) yet")
    }
    return stream
  }

  /// Only a stream that keeps messages whoever reads them can be read again after a crash: others
  /// drop a message when the durable that waited for it is made anew.
  private func checkRetention(_ info: JetStreamReplies.StreamInfo, _ stream: String) throws {
    guard let retention = info.config?.retention, retention != "limits" else { return }
    throw SourceError.refused(
      place: name, detail: "the stream \(stream) has the retention '\(retention)'",
      hint: "a ledger needs 'limits': make a stream that mirrors this one, and read that")
  }

  private static func stored(
    _ api: JetStreamAPI, _ stream: String, _ position: Int64
  ) throws -> StreamLife.Stored {
    guard let stored = try api.message(stream, UInt64(clamping: position)),
      let bytes = JetStreamReplies.bytes(base64: stored.message.data),
      let time = StreamLife.nanoseconds(stored.message.time)
    else { return .gone }
    return .message(
      bytes.withUnsafeBytes { StreamLife.Digest(message: $0, timeNanoseconds: time) })
  }

  /// The durable as it must be: kept when it stands exactly where the ledger does, else made anew.
  private func prepareConsumer(
    _ api: JetStreamAPI, _ stream: String, _ life: StreamLife
  ) throws -> JetStreamReplies.ConsumerInfo {
    if let existing = try api.consumer(stream) {
      let config = existing.config
      guard config.description == JetStreamAPI.consumerMark, config.deliver_subject == nil,
        config.ack_policy == "all"
      else {
        throw SourceError.refused(
          place: name, detail: "the durable '\(address.durable)' belongs to somebody else",
          hint: "choose another name: ?durable=NAME")
      }
      if let position = life.position, existing.delivered.stream_seq == UInt64(position),
        existing.ack_floor.stream_seq == UInt64(position),
        config.filter_subject ?? "" == address.subject ?? "",
        config.max_ack_pending == address.maxAckPending, config.mem_storage == true,
        config.ack_wait == Int64(address.ackWaitSeconds) * 1_000_000_000
      {
        return existing
      }
      try api.deleteConsumer(stream)
    }
    return try makeConsumer(api, stream, from: life.start)
  }

  /// A durable that has delivered nothing yet.
  ///
  /// A server that was killed while it removed a durable finds what was left of it, and gives a new
  /// one of the same name the old one's state: what that had delivered, and nobody committed, would
  /// be stepped over in silence. Removing it once more removes that state too.
  private func makeConsumer(
    _ api: JetStreamAPI, _ stream: String, from start: JetStreamAPI.Start
  ) throws -> JetStreamReplies.ConsumerInfo {
    var found = JetStreamReplies.Sequences(consumer_seq: 0, stream_seq: 0)
    for _ in 0..<Limits.consumerAttempts {
      let made = try api.createConsumer(stream, from: start)
      if made.delivered.consumer_seq == 0, made.ack_floor.consumer_seq == 0 { return made }
      found = made.delivered
      try api.deleteConsumer(stream)
    }
    throw SourceError.unreachable(
      place: name,
      detail:
        "the server gives a new durable '\(address.durable)' the state of an old one, at sequence "
        + "\(found.stream_seq)")
  }

  /// Gives answers of the server their meaning for whoever retries.
  private func translating<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let refusal as JetStreamAPI.Refusal {
      if refusal.isStreamMissing {
        throw SourceError.missing(
          place: name, detail: "the stream does not exist yet (\(refusal.description))")
      }
      if refusal.code >= 500 {
        throw SourceError.unreachable(place: name, detail: refusal.description)
      }
      throw SourceError.refused(
        place: name, detail: refusal.description, hint: "check the address's options")
    } catch let gap as PullSession.DeliveryGap {
      gapCount += 1
      if gapCount >= Limits.strangeGaps {
        gapCount = 0
        notices.append(
          SourceNotice(
            .information,
            "deliveries went elsewhere again and again: does somebody else read through the "
              + "durable '\(address.durable)'? Every ledger needs its own (?durable=NAME)"))
      }
      throw SourceError.unreachable(
        place: name,
        detail:
          "delivery \(gap.found) came instead of \(gap.expected): going back for what is missing")
    }
  }

  // MARK: Pulling

  package func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome {
    guard let stream else {
      throw SourceError.unreachable(place: name, detail: "the source is not open")
    }
    if let failure = stream.takeFailure() { return try translating { throw failure } }
    if !notices.isEmpty { return .notice(notices.removeFirst()) }
    let before = batch.count
    do {
      try stream.fill(&batch, limit: limit, wait: wait, interrupted: interrupted)
    } catch {
      if batch.count == before { return try translating { throw error } }
      stream.failure = error
    }
    if batch.count > before { return .messages }
    return !follows && stream.isExhausted ? .ended : .idle
  }

  package func acknowledge(_ positions: [SourcePosition]) -> Bool {
    guard let stream else { return false }
    return stream.acknowledge(positions)
  }

  package func backlog() -> SourceBacklog? { stream?.backlog() }

  package func tend() { stream?.tend() }

  package func interrupt() { interrupted.store(true, ordering: .releasing) }

  package func close() { stream = nil }

  deinit { close() }
}
