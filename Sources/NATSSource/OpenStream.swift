import CNATS
import MessageSources
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What belongs to one opening of a source: the session, and how far it is.
final class OpenStream {
  private let connection: NATSConnection
  private let session: PullSession
  private let api: JetStreamAPI
  private let stream: String
  private let origin: [UInt8]
  /// The highest position given out, or committed before.
  private var taken: Int64
  private var committed: Int64
  private var acknowledgements = AcknowledgementQueue()
  private var subjects = SubjectCodes()
  /// A message that did not fit into the pull before.
  private var waiting: (message: OpaquePointer, delivery: DeliverySubject)?
  /// An error that came after messages of the same pull: the next pull throws it.
  var failure: (any Error)?
  private var pendingCount: UInt64?
  /// When the broker took the newest message known, in microseconds, and when that was asked.
  private var newestAt: Int64?
  private var newestAskedAt: ContinuousClock.Instant?

  init(
    connection: NATSConnection, session: PullSession, api: JetStreamAPI, stream: String,
    life: StreamLife, consumer: JetStreamReplies.ConsumerInfo
  ) {
    self.connection = connection
    self.session = session
    self.api = api
    self.stream = stream
    origin = life.origin
    taken = life.position ?? -1
    committed = taken
    pendingCount = consumer.num_pending
  }

  deinit { if let waiting { daybook_nats_release(waiting.message) } }

  /// Whether everything that the stream held for us has been given out.
  var isExhausted: Bool { pendingCount == 0 && waiting == nil && failure == nil }

  func takeFailure() -> (any Error)? {
    defer { failure = nil }
    return failure
  }

  // MARK: Pulling

  /// What one pull has taken so far.
  private struct Filling {
    var count = 0
    var byteCount = 0
    /// Positions at or below are in the batch from before.
    var floor: Int64
    /// The last message appended; owned, for its digest and its reply subject.
    var last: (message: OpaquePointer, delivery: DeliverySubject)?
    /// The newest delivery that was dropped because it had come, and was committed, before.
    var repeated: String?
  }

  func fill(
    _ batch: inout MessageBatch, limit: PullLimit, wait: Duration,
    interrupted: borrowing Atomic<Bool>
  ) throws {
    var filling = Filling(floor: taken)
    if let part = batch.parts.last, part.origin == origin, !part.rows.isEmpty {
      filling.floor = max(taken, batch.positions[part.rows.upperBound - 1])
    }
    subjects.beginPull()
    defer { finish(&batch, filling) }
    var clock = PullClock(wait: wait)
    while filling.count < limit.messageCount {
      if interrupted.load(ordering: .relaxed) { return }
      guard let (message, delivery) = try next(clock.patience(count: filling.count)) else {
        if clock.isOver(count: filling.count) { return }
        continue
      }
      pendingCount = delivery.pendingCount
      let bytes = connection.bytes(of: message)
      if filling.count > 0, filling.byteCount + bytes.count > limit.byteCount {
        waiting = (message, delivery)
        return
      }
      do {
        if try append(bytes, message, delivery, &batch, &filling) {
          if let last = filling.last { daybook_nats_release(last.message) }
          filling.last = (message, delivery)
        } else {
          daybook_nats_release(message)
        }
      } catch {
        daybook_nats_release(message)
        throw error
      }
    }
  }

  private func next(_ milliseconds: Int64) throws -> (OpaquePointer, DeliverySubject)? {
    if let waiting {
      self.waiting = nil
      return (waiting.message, waiting.delivery)
    }
    switch try session.next(milliseconds: milliseconds) {
    case .delivery(let message, let delivery): return (message, delivery)
    case .nothing: return nil
    }
  }

  /// Appends a message, unless it came before: then false.
  private func append(
    _ bytes: UnsafeRawBufferPointer, _ message: OpaquePointer, _ delivery: DeliverySubject,
    _ batch: inout MessageBatch, _ filling: inout Filling
  ) throws -> Bool {
    guard let position = Int64(exactly: delivery.streamSequence) else {
      throw SourceError.damaged(
        place: api.address.name, detail: "sequence \(delivery.streamSequence) is above 2^63")
    }
    if position <= filling.floor {
      if position <= committed, let reply = daybook_natsMsg_GetReply(message) {
        filling.repeated = String(cString: reply)
      }
      return false
    }
    if filling.count == 0 { batch.beginPart(origin: origin) }
    var code: UInt32 = 0
    if let subject = daybook_natsMsg_GetSubject(message) {
      code = subjects.code(
        of: UnsafeRawBufferPointer(start: subject, count: strlen(subject)), in: &batch)
    }
    batch.append(
      bytes, position: position, recordedAt: delivery.timeNanoseconds / 1_000, subjectCode: code)
    taken = position
    filling.floor = position
    filling.count += 1
    filling.byteCount += bytes.count
    return true
  }

  /// Notes the last message: its digest for the checkpoint, its reply subject for the commit.
  private func finish(_ batch: inout MessageBatch, _ filling: Filling) {
    if let (message, delivery) = filling.last {
      let digest = StreamLife.Digest(
        message: connection.bytes(of: message), timeNanoseconds: delivery.timeNanoseconds)
      batch.setDetail(digest.text)
      newestAt = max(newestAt ?? Int64.min, delivery.timeNanoseconds / 1_000)
      if let reply = daybook_natsMsg_GetReply(message) {
        acknowledgements.append(position: taken, reply: String(cString: reply))
      }
      daybook_nats_release(message)
    } else if let repeated = filling.repeated {
      // No commit will come for what was committed before, so it is acknowledged here.
      _ = "+ACK".withCString {
        daybook_natsConnection_PublishRequest(connection.handle, repeated, nil, $0, 4)
      }
    }
  }

  // MARK: Acknowledging, backlog

  func acknowledge(_ positions: [SourcePosition]) -> Bool {
    guard let position = positions.last(where: { $0.origin == origin })?.position else {
      return true
    }
    committed = max(committed, position)
    guard let reply = acknowledgements.take(upTo: position) else { return true }
    guard connection.isConnected else { return false }
    do {
      _ = try connection.request(
        reply, "+ACK", milliseconds: Limits.acknowledgementMilliseconds)
      return true
    } catch {
      return false
    }
  }

  /// Takes from the socket what the pull in flight brings, and no more than that.
  func tend() { connection.tend() }

  func backlog() -> SourceBacklog {
    guard let pendingCount else { return SourceBacklog(newestAt: newestAt) }
    let count = Int64(clamping: pendingCount)
    if count > 0 { askForNewest() }
    return SourceBacklog(messageCount: count, newestAt: newestAt)
  }

  /// Asks the stream for the time of its newest message, now and then.
  private func askForNewest() {
    let now = ContinuousClock.now
    if let newestAskedAt, now - newestAskedAt < Limits.newestInterval { return }
    newestAskedAt = now
    guard connection.isConnected, let state = try? api.stream(stream).state,
      let time = state.last_ts.flatMap({ StreamLife.nanoseconds($0) })
    else { return }
    newestAt = max(newestAt ?? Int64.min, time / 1_000)
  }
}

/// How long a pull waits: in slices, so that an interruption is seen; and once it has something,
/// only while more comes, asleep meanwhile.
private struct PullClock {
  private let deadline: ContinuousClock.Instant
  private var lingersUntil: ContinuousClock.Instant?
  private var countBeforeNap = 0

  init(wait: Duration) { deadline = ContinuousClock.now + wait }

  /// Milliseconds to wait for the next message; 0 takes only what is there.
  func patience(count: Int) -> Int64 {
    if count > 0 { return 0 }
    let left = (deadline - ContinuousClock.now) / .milliseconds(1)
    return max(0, min(Limits.waitSliceMilliseconds, Int64(left.rounded(.up))))
  }

  /// Called when nothing was there: naps when more may come, or says that the pull is over.
  mutating func isOver(count: Int) -> Bool {
    let now = ContinuousClock.now
    if count == 0 { return now >= deadline }
    if count >= Limits.fullEnoughCount || count == countBeforeNap { return true }
    let end = lingersUntil ?? min(deadline, now + .milliseconds(Limits.lingerMilliseconds))
    if now >= end { return true }
    lingersUntil = end
    countBeforeNap = count
    usleep(Limits.napMicroseconds)
    return false
  }
}
