import Files
import MessageSources

/// One source's side of a subscriber, one step at a time: opens it, pulls, drops what was taken
/// before, acknowledges, and waits after failures.
///
/// A thread of its own drives it when the subscriber runs; a simulation drives it step by step.
/// - Concurrency: `@unchecked` because one thread at a time uses it; `source.interrupt` from any.
final class SourceDriver: @unchecked Sendable {
  /// What a step came to.
  enum Step {
    case delivered([Delivery])
    case nothing
    /// The source has failed; another step before that would only wait.
    case wait(Duration)
    case ended
    /// It will not deliver again, however often it is asked.
    case refused(SourceError)
  }

  let source: any MessageSource
  private let lane: Int
  private let committed: CommittedPositions
  private let claims: OriginClaims
  private let clock: WallClock
  private let steady: SteadyClock
  private let board: StatusBoard
  private let say: @Sendable (Incident) -> Void
  private let endsWhenIdle: Bool
  private var batch = MessageBatch()
  private var isOpen = false
  private var wasOpen = false
  private var generation = 0
  /// Whether the source has nothing more at the moment, as far as it knows: it said so, nothing
  /// came, or it cannot be reached.
  private(set) var isDrained = false
  /// The highest position of each origin that was handed on.
  private var handedOn: [[UInt8]: SourcePosition] = [:]
  private var backOff: BackOff
  private var trouble = OnceAMinute()
  /// Since when what the source is to read is known to be missing, steady.
  private var missingSince: Int64?
  /// Since when every attempt to open it or to pull has failed, steady.
  private var failingSince: Int64?
  private var backlogAt: Int64 = 0

  init(
    _ source: any MessageSource, lane: Int, committed: CommittedPositions,
    claims: OriginClaims = OriginClaims(), clock: WallClock,
    steady: SteadyClock, board: StatusBoard, options: SubscriberOptions,
    say: @escaping @Sendable (Incident) -> Void
  ) {
    self.source = source
    self.lane = lane
    self.committed = committed
    self.claims = claims
    self.clock = clock
    self.steady = steady
    self.board = board
    self.say = say
    endsWhenIdle = options.endsWhenIdle
    backOff = BackOff(seed: options.seed &+ UInt64(lane))
  }

  /// Opens the source if need be, or pulls once.
  func step(limit: PullLimit, wait: Duration) -> Step {
    do {
      if !isOpen { try open() }
      // The text of the batch before is a delivery's now.
      let expected = batch.text.count
      batch = MessageBatch()
      batch.text.reserveCapacity(expected)
      let outcome = try source.pull(into: &batch, limit: limit, wait: wait)
      failingSince = nil
      lookAtBacklog()
      isDrained = isDrained(after: outcome, limit)
      switch outcome {
      case .messages: return .delivered(try takeNews())
      case .idle:
        // A broker may hold messages back until what it gave before is acknowledged.
        let hasMore = source.backlog()?.messageCount ?? 0 > 0
        return endsWhenIdle && batch.isEmpty && !hasMore ? .ended : .nothing
      case .ended: return .ended
      case .notice(let notice):
        tell(notice)
        return .nothing
      }
    } catch {
      return fail(error as? SourceError ?? .unreachable(place: source.name, detail: "\(error)"))
    }
  }

  private func isDrained(after outcome: PullOutcome, _ limit: PullLimit) -> Bool {
    switch outcome {
    case .idle, .ended: true
    case .notice: false
    case .messages: batch.count < limit.messageCount && source.backlog()?.messageCount == 0
    }
  }

  /// The ledger holds everything up to these positions.
  func acknowledge(_ positions: [SourcePosition]) {
    guard isOpen, !positions.isEmpty else { return }
    if !source.acknowledge(positions) {
      board.change(source: lane) { $0.failedAcknowledgements += 1 }
    }
  }

  /// Nothing is pulled at the moment.
  func tend() { if isOpen { source.tend() } }

  /// Begins again behind what is committed: what was handed on since then is lost.
  func forget(generation: Int) {
    close()
    self.generation = generation
    handedOn = [:]
  }

  func close() {
    if isOpen { source.close() }
    isOpen = false
  }

  private func open() throws {
    try source.open(resumeAfter: taken)
    isOpen = true
    if wasOpen { board.change(source: lane) { $0.reconnects += 1 } }
    wasOpen = true
    missingSince = nil
    backOff.reset()
    board.change(source: lane) { $0.state = .live }
    if trouble.end() { say(Incident(.info, "source answers again", ["source": source.name])) }
  }

  /// What is committed, or on its way into the ledger.
  ///
  /// A source must go on behind both: a broker that lost its tail gives positions again, and under
  /// the same origin they would be taken for what was handed on before. Compared with what it
  /// holds now, the source finds that out.
  private var taken: CommittedPositions {
    let (committed, handedOn) = (committed, handedOn)
    @Sendable func later(_ position: SourcePosition) -> SourcePosition {
      guard let other = handedOn[position.origin], other.position > position.position else {
        return position
      }
      return other
    }
    return CommittedPositions(
      ofOrigin: { origin in try committed.position(of: origin).map(later) ?? handedOn[origin] },
      withPrefix: { prefix in
        let known = try committed.positions(beginningWith: prefix)
        let origins = Set(known.map(\.origin))
        let more = handedOn.values.filter {
          $0.origin.starts(with: prefix) && !origins.contains($0.origin)
        }
        return known.map(later)
          + more.sorted { $0.origin.lexicographicallyPrecedes($1.origin) }
      })
  }

  // MARK: Messages

  /// Splits the batch by origin and leaves out what was taken before.
  private func takeNews() throws -> [Delivery] {
    let now = clock.now()
    for row in batch.recordedAt.indices where batch.recordedAt[row] == MessageBatch.noTime {
      batch.recordedAt[row] = now
    }
    var deliveries: [Delivery] = []
    var keptCount = 0
    for part in batch.parts where !part.rows.isEmpty {
      try claim(part.origin)
      let seen = try handedOn[part.origin] ?? committed.position(of: part.origin)
      if let delivery = news(part, after: seen?.position ?? Int64.min) {
        handedOn[part.origin] = delivery.end
        keptCount += delivery.messageCount
        deliveries.append(delivery)
      }
    }
    let count = batch.count
    let byteCount = batch.byteCount - count
    board.change(source: lane) { source in
      source.received += Int64(count)
      source.receivedByteCount += Int64(byteCount)
      source.dropped += Int64(count - keptCount)
    }
    return deliveries
  }

  /// An origin is one source's: of two that deliver it, each would make the other's messages look
  /// like ones that came before.
  private func claim(_ origin: [UInt8]) throws {
    guard !claims.claim(origin, lane: lane) else { return }
    throw SourceError.refused(
      place: source.name,
      detail: "another source of this ledger delivers the same origin "
        + String(decoding: origin, as: UTF8.self),
      hint: "if they are two streams all the same (Kafka clusters with one id), give one of them a "
        + "name of its own: 'cluster'; else keep one of the sources")
  }

  private func news(_ part: MessageBatch.Part, after seen: Int64) -> Delivery? {
    var rows: [Int] = []
    rows.reserveCapacity(part.rows.count)
    var high = seen
    for row in part.rows where batch.positions[row] > high {
      rows.append(row)
      high = batch.positions[row]
    }
    guard !rows.isEmpty else { return nil }
    // A checkpoint's words belong to the part's last message.
    let isToEnd = rows.last == part.rows.upperBound - 1
    let end = SourcePosition(
      origin: part.origin, position: high, detail: isToEnd ? part.detail : "")
    if batch.parts.count == 1, rows.count == batch.count {
      return Delivery(
        lane: lane, generation: generation, end: end, text: batch.text, starts: batch.starts,
        lengths: batch.lengths, positions: batch.positions, recordedAt: batch.recordedAt,
        pulledAt: steady.now())
    }
    var text: [UInt8] = []
    var starts: [UInt32] = []
    for row in rows {
      starts.append(UInt32(text.count))
      text += batch.message(row)
      text.append(0x0a)
    }
    return Delivery(
      lane: lane, generation: generation, end: end, text: text, starts: starts,
      lengths: rows.map { batch.lengths[$0] }, positions: rows.map { batch.positions[$0] },
      recordedAt: rows.map { batch.recordedAt[$0] }, pulledAt: steady.now())
  }

  // MARK: News

  private func lookAtBacklog() {
    let now = steady.now()
    guard now - backlogAt >= Limits.backlogMicroseconds else { return }
    backlogAt = now
    let backlog = source.backlog()
    board.change(source: lane) { source in
      source.backlog = backlog?.messageCount
      source.newestAtBroker = backlog?.newestAt
    }
  }

  private func tell(_ notice: SourceNotice) {
    say(
      Incident(
        notice.kind == .information ? .info : .warning, notice.text,
        ["kind": notice.kind.rawValue, "source": source.name]))
  }

  private func fail(_ error: SourceError) -> Step {
    close()
    isDrained = true
    let now = clock.now()
    board.change(source: lane) { source in
      source.lastError = error.description
      source.lastErrorAt = now
    }
    if case .missing = error {
      missingSince = missingSince ?? steady.now()
    } else {
      missingSince = nil
    }
    failingSince = failingSince ?? steady.now()
    if let last = lastError(error) { return refuse(last) }
    board.change(source: lane) { $0.state = .unreachable }
    if trouble.mayBeSaid(at: steady.now()) {
      say(
        Incident(
          .warning, "source cannot be reached; trying again",
          ["source": source.name, "error": error.description]))
    }
    let wait = backOff.next()
    return .wait(endsWhenIdle ? min(wait, Limits.longestBackOffOfOneRun) : wait)
  }

  /// What ends the source after an error; nil when it is to be tried again. A run that follows
  /// tries for ever what may come back; one that takes what there is, for a while.
  private func lastError(_ error: SourceError) -> SourceError? {
    func isOver(_ since: Int64?, _ limit: Int64) -> Bool {
      guard endsWhenIdle, let since else { return false }
      return steady.now() - since >= limit
    }
    switch error {
    case .refused, .damaged: return error
    case .missing(let place, let detail):
      guard isOver(missingSince, Limits.missingMicroseconds) else { return nil }
      return .refused(
        place: place, detail: detail,
        hint: "a run that ends with what there is does not wait longer: check the name, or make "
          + "it first")
    case .unreachable(let place, let detail):
      guard isOver(failingSince, Limits.unreachableMicroseconds) else { return nil }
      return .unreachable(
        place: place,
        detail: "\(detail) (tried for \(Limits.unreachableMicroseconds / 1_000_000) s; a run that "
          + "ends with what there is does not wait longer)")
    }
  }

  private func refuse(_ error: SourceError) -> Step {
    board.change(source: lane) { source in
      source.state = .refused
      source.lastError = error.description
    }
    say(
      Incident(
        .error, "source will not deliver",
        ["source": source.name, "error": error.description]))
    return .refused(error)
  }
}
