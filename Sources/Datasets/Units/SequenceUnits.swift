import Events
import Sequences

// The tasks whose unit is a sequence as it is, or a moment of one.

extension UnitWorker {
  /// `sequences`: each row with its steps.
  func sequenceUnits(_ history: ActorHistory, _ funnel: inout FilterFunnel) -> [Unit] {
    let rules = context.recipe.count
    var units = history.sequences.map { sequence in
      var unit = Unit(key: sequence.id, anchor: sequence.startedAt)
      let isMature = isFinal(sequence)
      unit.observedThrough = context.knowledge
      unit.cells = [
        .text(hexadecimalDigits(sequence.id)), .name(sequence.outcome.name),
        .name(sequence.level.name), sequence.reason.map { .name($0.name) } ?? .null,
        .integer(sequence.startedAt), .integer(sequence.endedAt), .optional(sequence.abandonedAt),
        .optional(sequence.purchasedAt), .optional(sequence.recoveredAt),
        recovery(sequence.recovery), .integer(Int64(sequence.sessionCount)),
        .integer(Int64(sequence.attemptCount)), .integer(Int64(sequence.failureCount)),
        text(sequence.channel, history), text(sequence.campaign, history),
        text(sequence.currency, history), .optional(sequence.paid), .optional(sequence.refunded),
        .optional(sequence.net), .truth(isMature),
      ]
      return unit
    }
    addSteps(of: history, to: &units) { _, _ in true }
    let all = units.count
    units = zip(history.sequences, units).compactMap { sequence, unit in
      if rules.immature == .drop && !isFinal(sequence) { return nil }
      return unit
    }
    funnel[.immature] += all - units.count
    return units
  }

  /// Whether nothing that may still come can change an outcome.
  private func isFinal(_ sequence: HistorySequence) -> Bool {
    switch sequence.outcome {
    case .open: return false
    case .purchased:
      guard let purchased = sequence.purchasedAt else { return false }
      return purchased <= context.knowledge - min(context.recipe.count.refundWindow, Int64.max / 4)
    case .abandoned:
      return sequence.recovery != .censored
    }
  }

  /// Gives every unit its sequence's steps, in order, as far as `isWanted` says.
  func addSteps(
    of history: ActorHistory, to units: inout [Unit],
    _ isWanted: (_ sequence: Int, _ event: Int) -> Bool
  ) {
    let maker = InteractionDrafts(context)
    for (index, event) in history.events.enumerated() {
      guard event.sequence >= 0, event.role < .fulfilment,
        let action = context.actionOfRole[Int(event.role.rawValue)],
        isWanted(Int(event.sequence), index)
      else { continue }
      let place = Int(event.sequence)
      var draft = maker.draft(event, action, of: history, session: event.session)
      if event.item.isPresent, event.item.count > 0 {
        draft.item = context.items.code(history[text: event.item]) + 1
      } else if let line = history.lines[event.lines].first(where: { $0.item.count > 0 }) {
        draft.item = context.items.code(history[text: line.item]) + 1
      }
      draft.amount = event.amount
      if event.order.isPresent { draft.basket = keyHash(history[text: event.order], seed: 1) }
      maker.keepTexts(event, of: history, &draft, in: &units[place])
      units[place].drafts.append(draft)
    }
  }

  /// `abandonment`: each time somebody gave up, and whether they came back.
  func abandonmentUnits(_ history: ActorHistory, _ funnel: inout FilterFunnel) -> [Unit] {
    let rules = context.recipe
    var units: [Unit?] = history.sequences.indices.map { place -> Unit? in
      let sequence = history.sequences[place]
      guard let abandonedAt = sequence.abandonedAt,
        sequence.level.rawValue >= rules.label.level.rawValue,
        !isTest(place, history)
      else { return nil }
      var unit = Unit(key: sequence.id, anchor: abandonedAt)
      let moment = Moment(place: place, lastEvent: Int(sequence.lastOpenStep), time: abandonedAt)
      let facts = self.facts(history, at: moment)
      unit.featureKnownAt = facts.knownAt
      unit.cells = [
        .text(hexadecimalDigits(sequence.id)), .name(sequence.level.name),
        sequence.reason.map { .name($0.name) } ?? .null, .integer(sequence.startedAt),
        .integer(sequence.endedAt), .integer(abandonedAt),
      ]
      unit.cells += facts.cells
      let isAsked = sequence.recovery != .notAsked
      let isFinal = isAsked && sequence.recovery != .censored
      unit.cells += [
        recovery(sequence.recovery), .optional(sequence.recoveredAt), .truth(isFinal),
      ]
      if isFinal && sequence.recovery == .lost {
        unit.labelDueAt = abandonedAt + rules.sequence.recoveryWindow
      }
      unit.hasLabel = isFinal
      unit.observedThrough = context.knowledge
      if !isFinal && rules.count.immature == .drop {
        funnel[.immature] += 1
        return nil
      }
      return unit
    }
    var whole = units.map { $0 ?? Unit() }
    addSteps(of: history, to: &whole) { place, event in
      units[place] != nil && event <= Int(history.sequences[place].lastOpenStep)
        && history.events[event].recordedAt <= (units[place]?.anchor ?? 0)
    }
    for place in units.indices where units[place] != nil { units[place] = whole[place] }
    return units.compactMap { $0 }.sorted { ($0.anchor, $0.key) < ($1.anchor, $1.key) }
  }

  /// `checkout-outcome`: what was known when checkout began, and what came of it.
  func checkoutUnits(_ history: ActorHistory, _ funnel: inout FilterFunnel) -> [Unit] {
    let rules = context.recipe
    var starts = [Int](repeating: -1, count: history.sequences.count)
    for (index, event) in history.events.enumerated()
    where event.role == .checkout && event.sequence >= 0 && starts[Int(event.sequence)] < 0 {
      starts[Int(event.sequence)] = index
    }
    var units: [Unit?] = history.sequences.indices.map { place -> Unit? in
      let sequence = history.sequences[place]
      guard starts[place] >= 0, !isTest(place, history) else { return nil }
      let startedAt = history.events[starts[place]].time
      if let purchased = sequence.purchasedAt, purchased < startedAt { return nil }
      var unit = Unit(key: sequence.id, anchor: startedAt)
      let moment = Moment(place: place, lastEvent: starts[place], time: startedAt)
      let facts = self.facts(history, at: moment)
      unit.featureKnownAt = facts.knownAt
      unit.cells = [.text(hexadecimalDigits(sequence.id)), .integer(startedAt)] + facts.cells
      let label = self.label(sequence, checkoutAt: startedAt)
      unit.cells += label.cells
      unit.labelDueAt = label.dueAt
      unit.hasLabel = label.isFinal
      unit.observedThrough = context.knowledge
      if !label.isFinal && rules.count.immature == .drop {
        funnel[.immature] += 1
        return nil
      }
      return unit
    }
    var whole = units.map { $0 ?? Unit() }
    addSteps(of: history, to: &whole) { place, event in
      units[place] != nil && event <= starts[place]
        && history.events[event].recordedAt <= (units[place]?.anchor ?? 0)
    }
    for place in units.indices where units[place] != nil { units[place] = whole[place] }
    return units.compactMap { $0 }.sorted { ($0.anchor, $0.key) < ($1.anchor, $1.key) }
  }

  private func label(
    _ sequence: HistorySequence, checkoutAt: Int64
  ) -> (cells: [Cell], dueAt: Int64, isFinal: Bool) {
    let due = checkoutAt + min(context.recipe.label.horizon, Int64.max / 4)
    guard due <= context.knowledge else {
      return ([.null, .null, .null, .null, .truth(false)], due, false)
    }
    if let purchased = sequence.purchasedAt, purchased <= due {
      return (
        [.name(Outcome.purchased.name), .null, .null, .integer(purchased), .truth(true)], due, true
      )
    }
    if let abandoned = sequence.abandonedAt, abandoned <= due {
      return (
        [
          .name(Outcome.abandoned.name), .name(sequence.level.name),
          sequence.reason.map { .name($0.name) } ?? .null, .null, .truth(true),
        ], due, true
      )
    }
    return ([.name(Outcome.open.name), .null, .null, .null, .truth(true)], due, true)
  }

  func isTest(_ place: Int, _ history: ActorHistory) -> Bool {
    let maker = InteractionDrafts(context)
    guard !context.recipe.count.testOrders.isEmpty else { return false }
    return history.events.contains { $0.sequence == place && maker.isTest($0, history) }
  }

  func recovery(_ recovery: HistorySequence.Recovery) -> Cell {
    switch recovery {
    case .notAsked: .null
    case .recovered: .name("recovered")
    case .lost: .name("lost")
    case .censored: .name("censored")
    }
  }

  func text(_ place: HistoryText, _ history: ActorHistory) -> Cell {
    place.isPresent ? .text(Array(history[text: place])) : .null
  }
}
