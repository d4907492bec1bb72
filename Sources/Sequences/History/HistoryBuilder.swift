import Events

/// Copies one walked actor into a history that no longer points anywhere.
struct HistoryBuilder {
  private(set) var history = ActorHistory()

  mutating func build(_ walk: borrowing ActorWalk, actor: [UInt8]) {
    history.actor = actor
    history.events.removeAll(keepingCapacity: true)
    history.sequences.removeAll(keepingCapacity: true)
    history.lines.removeAll(keepingCapacity: true)
    history.text.removeAll(keepingCapacity: true)
    for entry in walk.entries.indices { addEvent(Int32(entry), walk) }
    for place in walk.rowOrder.indices {
      let sequence = walk.sequences[walk.rowOrder[place]]
      own(sequence.firstStep, Int32(place), walk)
      own(sequence.firstAftermath, Int32(place), walk)
      addSequence(sequence, walk)
    }
  }

  private mutating func own(_ first: Int32, _ place: Int32, _ walk: borrowing ActorWalk) {
    var event = first
    while event >= 0 {
      history.events[Int(event)].sequence = place
      event = walk.next[Int(event)]
    }
  }

  private mutating func keep(_ text: TextSlice) -> HistoryText {
    guard text.isPresent else { return .absent }
    let start = Int32(history.text.count)
    history.text.append(contentsOf: text.raw)
    return HistoryText(start: start, count: Int32(text.count))
  }

  private mutating func addEvent(_ index: Int32, _ walk: borrowing ActorWalk) {
    let record = walk.record(index)
    let known = record.known
    var event = HistoryEvent(
      time: record.time, recordedAt: known.recordedAt,
      role: Role(rawValue: record.role) ?? .other, session: walk.sessions[Int(index)],
      ledgerOffset: record.ledgerOffset, visitor: known.visitor, eventID: keep(record.eventID),
      source: keep(record.source), topic: keep(record.topic), item: keep(record.item),
      order: keep(record.order), cart: keep(record.cart), channel: keep(record.channel),
      campaign: keep(record.campaign), creative: keep(known.creative),
      quantity: record.fields.contains(.quantity) ? record.quantity : nil,
      unitPrice: record.fields.contains(.unitPrice) ? record.unitPrice : nil,
      amount: record.fields.contains(.amount) ? record.amount : nil)
    if record.lineCount > 0 {
      let first = history.lines.count
      var cursor = RecordCursor(record.lines)
      for _ in 0..<record.lineCount {
        let line = cursor.line()
        history.lines.append(
          HistoryLine(
            item: keep(walk.named(line.item)), quantity: line.quantity, unitPrice: line.unitPrice))
      }
      event.lines = first..<history.lines.count
    }
    history.events.append(event)
  }

  private mutating func addSequence(_ sequence: WalkedSequence, _ walk: borrowing ActorWalk) {
    let firstCart = history.lines.count
    for place in sequence.cart {
      let item = walk.carts[place]
      history.lines.append(
        HistoryLine(
          item: keep(walk.items[item.item]), quantity: item.quantity, unitPrice: item.unitPrice))
    }
    let firstBought = history.lines.count
    for place in sequence.bought {
      let line = walk.bought[place]
      history.lines.append(
        HistoryLine(
          item: keep(walk.items[line.item]), quantity: line.quantity, unitPrice: line.unitPrice))
    }
    history.sequences.append(
      HistorySequence(
        id: sequence.id, outcome: sequence.outcome, level: sequence.level, reason: sequence.reason,
        startedAt: sequence.startedAt, endedAt: sequence.endedAt,
        abandonedAt: known(sequence.abandonedAt), purchasedAt: known(sequence.purchasedAt),
        recoveredAt: known(sequence.recoveredAt),
        recoveredBy: sequence.recovery == .recovered ? sequence.recoveredBy : nil,
        recovery: recovery(sequence.recovery), sessionCount: sequence.sessionCount,
        attemptCount: sequence.attemptCount, failureCount: sequence.failureCount,
        channel: keep(sequence.channel), campaign: keep(sequence.campaign),
        currency: keep(sequence.currency), paid: sequence.paid, refunded: sequence.refunded,
        net: sequence.net, fulfilledAt: known(sequence.fulfilledAt),
        refundedAt: known(sequence.refundedAt), cancelledAt: known(sequence.cancelledAt),
        firstSuccess: sequence.firstSuccess, lastOpenStep: sequence.lastOpenStep,
        cart: firstCart..<firstBought, bought: firstBought..<history.lines.count))
  }

  private func known(_ time: Int64) -> Int64? { time == WalkedSequence.none ? nil : time }

  private func recovery(_ recovery: Recovery) -> HistorySequence.Recovery {
    switch recovery {
    case .notAsked: .notAsked
    case .recovered: .recovered
    case .lost: .lost
    case .censored: .censored
    }
  }
}
