import Events
import Threads

// The sequences around a subject: its actors are partitioned alone and walked like all others.

extension Explainer {
  /// The actor of a sequence id; ids are hashes, so everything is walked to find it.
  func actor(ofSequence id: [UInt8]) throws -> [UInt32] {
    guard let wanted = hexValue(id) else { return [] }
    var found: [UInt32] = []
    try walkAll(PartitionPurpose(content: .sequences)) { walk in
      for index in walk.sequences.indices where walk.sequences[index].id == wanted {
        found.append(walk.actor)
      }
    }
    return found
  }

  func actors(
    _ ranks: [UInt32], marking subject: ExplanationSubject, events: Set<Int64>
  ) throws -> [ExplainedActor] {
    if ranks.isEmpty { return [] }
    var actors: [ExplainedActor] = []
    let purpose = PartitionPurpose(content: .explanation, actors: ranks)
    try walkAll(purpose) { walk in
      actors.append(explained(walk, marking: subject, events: events))
    }
    return actors
  }

  private func walkAll(
    _ purpose: PartitionPurpose, _ body: (borrowing ActorWalk) -> Void
  ) throws {
    let store = stages.partitionStore(links, spill)
    _ = try stages.partition(links, purpose, into: store)
    var index = PartitionIndex()
    var walk = ActorWalk(options: options, links: links)
    for partition in 0..<store.partitionCount {
      try index.forEachActor(of: partition, in: store, links.shared) { actor, entries, base in
        walk.walk(actor, links.actor(actor), entries, base: base)
        walk.finish()
        body(walk)
      }
    }
  }

  private func explained(
    _ walk: borrowing ActorWalk, marking subject: ExplanationSubject, events: Set<Int64>
  ) -> ExplainedActor {
    var actor = ExplainedActor(actor: links.actor(walk.actor).written)
    var placed = [Bool](repeating: false, count: walk.entries.count)
    for index in walk.sequences.indices {
      var sequence = explained(index, walk, &placed)
      if case .sequence(let id) = subject {
        sequence.isSubject = sequence.sequenceID == id
      } else {
        sequence.isSubject = (sequence.steps + sequence.aftermath).contains {
          events.contains($0.ledgerOffset)
        }
      }
      actor.sequences.append(sequence)
    }
    for index in placed.indices where !placed[index] {
      actor.looseEvents.append(step(Int32(index), walk))
    }
    return actor
  }

  private func explained(
    _ index: Int, _ walk: borrowing ActorWalk, _ placed: inout [Bool]
  ) -> ExplainedSequence {
    let walked = walk.sequences[index]
    var sequence = ExplainedSequence(
      sequenceID: hexText(walked.id), outcome: walked.outcome, level: walked.level,
      reason: walked.reason, startedAt: walked.startedAt, endedAt: walked.endedAt,
      abandonedAt: walked.abandonedAt == WalkedSequence.none ? nil : walked.abandonedAt,
      purchasedAt: walked.purchasedAt == WalkedSequence.none ? nil : walked.purchasedAt,
      recoveredBy: walked.recovery == .recovered ? hexText(walked.recoveredBy) : nil,
      start: start(index, walk), end: end(walked, walk))
    var event = walked.firstStep
    while event >= 0 {
      var step = step(event, walk)
      if let last = sequence.steps.last { step.silence = step.place.time - last.place.time }
      step.isLate = walked.lastOpenStep >= 0 && event > walked.lastOpenStep
      sequence.steps.append(step)
      placed[Int(event)] = true
      event = walk.next[Int(event)]
    }
    event = walked.firstAftermath
    while event >= 0 {
      sequence.aftermath.append(step(event, walk))
      placed[Int(event)] = true
      event = walk.next[Int(event)]
    }
    var order = walked.firstOrder
    while order >= 0 {
      sequence.orderIDs.append(Array(walk.orders[Int(order)].raw))
      order = walk.nextOrder[Int(order)]
    }
    return sequence
  }

  private func start(_ index: Int, _ walk: borrowing ActorWalk) -> SequenceStart {
    if index == 0 { return .first }
    let before = walk.sequences[index - 1]
    return before.abandonedAt == WalkedSequence.none
      ? .afterPurchase(sequenceID: hexText(before.id))
      : .afterAbandonment(sequenceID: hexText(before.id))
  }

  private func end(_ walked: WalkedSequence, _ walk: borrowing ActorWalk) -> SequenceEnd {
    let patience = walked.patience
    if walked.abandonedAt != WalkedSequence.none {
      let isHorizon = walked.closer < 0
      let time = isHorizon ? links.horizon : walk.entries[Int(walked.closer)].time
      return .abandonment(
        silence: time - walked.endedAt, patience: patience, untilHorizon: isHorizon)
    }
    if walked.outcome == .purchased { return .purchase(at: walked.endedAt) }
    return .stillOpen(silence: links.horizon - walked.endedAt, patience: patience)
  }

  private func step(_ index: Int32, _ walk: borrowing ActorWalk) -> ExplainedStep {
    let record = walk.record(index)
    let session = walk.sessions[Int(index)]
    return ExplainedStep(
      place: EventPlace(
        time: record.time, role: Role(rawValue: record.role) ?? .other,
        eventID: Array(record.eventID.raw), source: Array(record.source.raw)),
      topic: Array(record.topic.raw), ledgerOffset: record.ledgerOffset,
      orderID: record.order.isPresent ? Array(record.order.raw) : nil,
      itemID: record.item.isPresent ? Array(record.item.raw) : nil,
      session: session < 0 ? nil : Int(session))
  }
}

/// An id as it is written.
private func hexText(_ id: UInt64) -> [UInt8] {
  var text = OutputBytes(capacity: 16)
  text.reserve(16)
  text.write { $0.put(hex: id) }
  return Array(text.bytes)
}

/// The value of 16 lower-case hex digits, or nil.
private func hexValue(_ text: [UInt8]) -> UInt64? {
  guard text.count == 16 else { return nil }
  var value: UInt64 = 0
  for byte in text {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - 0x30)
    case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - 0x61 + 10)
    default: return nil
    }
  }
  return value
}
