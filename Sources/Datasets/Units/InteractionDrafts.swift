import Events
import Sequences

/// Makes interactions of an actor's events, in order, and groups them into units.
struct InteractionDrafts {
  private let context: UnitContext

  init(_ context: UnitContext) { self.context = context }

  /// The units of the tasks `next-item` and `interactions`.
  func units(of history: ActorHistory, _ funnel: inout FilterFunnel) -> [Unit] {
    var whole = Unit()
    var sequences: [Int32] = []
    var latestSession: Int32 = -1
    for index in history.events.indices {
      let event = history.events[index]
      if event.session >= 0 { latestSession = event.session }
      let before = whole.drafts.count
      add(index, of: history, session: latestSession, to: &whole, &funnel)
      for _ in before..<whole.drafts.count { sequences.append(event.sequence) }
    }
    if context.recipe.count.repeats == .collapse { collapse(&whole, &sequences, &funnel) }
    switch context.recipe.shape.unit {
    case .actor: return whole.drafts.isEmpty ? [] : [whole]
    case .session: return bySession(whole, &funnel)
    case .sequence: return bySequence(whole, sequences, history, &funnel)
    }
  }

  /// Adds what one event gives: an interaction, one a line, or the lines of what it bought.
  func add(
    _ index: Int, of history: ActorHistory, session: Int32, to unit: inout Unit,
    _ funnel: inout FilterFunnel
  ) {
    let event = history.events[index]
    var isCounted = false
    if let action = context.actionOfRole[Int(event.role.rawValue)] {
      isCounted = true
      addEvent(event, action, of: history, session: session, to: &unit, &funnel)
    }
    if let action = context.purchaseAction, event.role == .paymentSuccess, event.sequence >= 0,
      history.sequences[Int(event.sequence)].firstSuccess == Int32(index)
    {
      isCounted = true
      addPurchase(index, action, of: history, session: session, to: &unit, &funnel)
    }
    if !isCounted { funnel[.uncountedEvents] += 1 }
  }

  private func addEvent(
    _ event: HistoryEvent, _ action: UInt8, of history: ActorHistory, session: Int32,
    to unit: inout Unit, _ funnel: inout FilterFunnel
  ) {
    if isTest(event, history) {
      funnel[.testOrders] += 1
      return
    }
    var draft = self.draft(event, action, of: history, session: session)
    if event.lines.isEmpty {
      guard event.item.isPresent, event.item.count > 0 else {
        funnel[.withoutItem] += 1
        return
      }
      draft.item = context.items.code(history[text: event.item]) + 1
      draft.amount = event.amount ?? worth(draft.quantity ?? 1, draft.unitPrice)
      keepTexts(event, of: history, &draft, in: &unit)
      unit.drafts.append(draft)
      return
    }
    if event.order.isPresent { draft.basket = keyHash(history[text: event.order], seed: 1) }
    keepTexts(event, of: history, &draft, in: &unit)
    for line in history.lines[event.lines] {
      guard line.item.count > 0 else {
        funnel[.withoutItem] += 1
        continue
      }
      draft.item = context.items.code(history[text: line.item]) + 1
      draft.quantity = line.quantity
      draft.unitPrice = line.unitPrice
      draft.amount = worth(line.quantity ?? 1, line.unitPrice)
      unit.drafts.append(draft)
    }
  }

  /// The lines of a purchase, net of refunds as the recipe says.
  private func addPurchase(
    _ index: Int, _ action: UInt8, of history: ActorHistory, session: Int32, to unit: inout Unit,
    _ funnel: inout FilterFunnel
  ) {
    let event = history.events[index]
    let sequence = history.sequences[Int(event.sequence)]
    let rules = context.recipe.count
    if isTest(event, history) {
      funnel[.testOrders] += 1
      return
    }
    var draft = self.draft(event, action, of: history, session: session)
    draft.isMature = event.time <= context.knowledge - min(rules.refundWindow, Int64.max / 4)
    if !draft.isMature && rules.immature == .drop {
      funnel[.immature] += sequence.bought.count
      return
    }
    if rules.refunds == .net, let refunded = sequence.refunded, refunded > 0 {
      guard let net = sequence.net, let paid = sequence.paid, net > 0, paid > 0 else {
        funnel[.refunded] += 1
        return
      }
      draft.weight *= Float(Double(net) / Double(paid))
      for other in history.events where other.sequence == event.sequence && other.role == .refund {
        draft.outcomeKnownAt = max(draft.outcomeKnownAt, other.time)
      }
    }
    draft.basket =
      event.order.isPresent
      ? keyHash(history[text: event.order], seed: 1)
      : keyHash(history[text: event.eventID], seed: 2)
    keepTexts(event, of: history, &draft, in: &unit)
    for line in history.lines[sequence.bought] {
      guard line.item.count > 0 else {
        funnel[.withoutItem] += 1
        continue
      }
      draft.item = context.items.code(history[text: line.item]) + 1
      draft.quantity = line.quantity
      draft.unitPrice = line.unitPrice
      draft.amount = worth(line.quantity ?? 1, line.unitPrice)
      unit.drafts.append(draft)
    }
  }

  func draft(
    _ event: HistoryEvent, _ action: UInt8, of history: ActorHistory, session: Int32
  ) -> Draft {
    var draft = Draft(
      action: action, time: event.time, recordedAt: event.recordedAt, outcomeKnownAt: event.time)
    draft.knownAsOf = context.knowledge
    draft.weight = context.recipe.count.actions[Int(action)].weight
    draft.quantity = event.quantity
    draft.unitPrice = event.unitPrice
    draft.event = keyHash(
      history[text: event.source], seed: keyHash(history[text: event.eventID]))
    draft.visitor = event.visitor
    draft.session = session
    draft.ledgerOffset = event.ledgerOffset
    return draft
  }

  func keepTexts(
    _ event: HistoryEvent, of history: ActorHistory, _ draft: inout Draft, in unit: inout Unit
  ) {
    draft.order = unit.keep(event.order, of: history)
    draft.channel = unit.keep(event.channel, of: history)
    draft.campaign = unit.keep(event.campaign, of: history)
    draft.creative = unit.keep(event.creative, of: history)
  }

  func isTest(_ event: HistoryEvent, _ history: ActorHistory) -> Bool {
    event.order.isPresent
      && context.recipe.count.testOrders.contains { matches(history[text: event.order], $0) }
  }

  private func worth(_ quantity: Int64, _ price: Int64?) -> Int64? {
    guard let price else { return nil }
    let (product, overflow) = quantity.multipliedReportingOverflow(by: price)
    return overflow ? nil : product
  }

  /// Of consecutive interactions with one item and action the first stays.
  private func collapse(
    _ unit: inout Unit, _ sequences: inout [Int32], _ funnel: inout FilterFunnel
  ) {
    var kept: [Int] = []
    for place in unit.drafts.indices {
      if let last = kept.last, unit.drafts[last].item == unit.drafts[place].item,
        unit.drafts[last].action == unit.drafts[place].action
      {
        funnel[.repeats] += 1
      } else {
        kept.append(place)
      }
    }
    unit.drafts = kept.map { unit.drafts[$0] }
    sequences = kept.map { sequences[$0] }
  }

  private func bySession(_ whole: Unit, _ funnel: inout FilterFunnel) -> [Unit] {
    var units: [Unit] = []
    var latest: Int32 = -1
    for draft in whole.drafts {
      guard draft.session >= 0 else {
        funnel[.withoutSession] += 1
        continue
      }
      if units.isEmpty || draft.session != latest {
        var unit = whole.with([])
        unit.key = draft.event
        unit.anchor = draft.time
        units.append(unit)
        latest = draft.session
      }
      units[units.count - 1].drafts.append(draft)
    }
    return units
  }

  private func bySequence(
    _ whole: Unit, _ sequences: [Int32], _ history: ActorHistory, _ funnel: inout FilterFunnel
  ) -> [Unit] {
    var places: [Int32: Int] = [:]
    var units: [Unit] = []
    for (draft, sequence) in zip(whole.drafts, sequences) {
      guard sequence >= 0 else {
        funnel[.withoutSession] += 1
        continue
      }
      let place = places[sequence] ?? units.count
      if place == units.count {
        places[sequence] = place
        var unit = whole.with([])
        unit.key = history.sequences[Int(sequence)].id
        unit.anchor = history.sequences[Int(sequence)].startedAt
        unit.cells = [.text(hexadecimalDigits(unit.key))]
        units.append(unit)
      }
      units[place].drafts.append(draft)
    }
    return units.sorted { ($0.anchor, $0.key) < ($1.anchor, $1.key) }
  }
}

/// The 16 hex digits of a sequence's id.
func hexadecimalDigits(_ id: UInt64) -> [UInt8] {
  let digits = Array("0123456789abcdef".utf8)
  return (0..<16).map { digits[Int(id >> UInt64(60 - 4 * $0) & 15)] }
}
