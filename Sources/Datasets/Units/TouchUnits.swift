import Events
import Sequences

// `touchpoints`: the ads and channels that brought somebody, up to a purchase or to nothing.

extension UnitWorker {
  func touchUnits(_ history: ActorHistory, _ funnel: inout FilterFunnel) -> [Unit] {
    let touches = self.touches(history, &funnel)
    var conversions: [HistorySequence] = []
    for (place, sequence) in history.sequences.enumerated() where sequence.outcome == .purchased {
      if isTest(place, history) {
        funnel[.testOrders] += 1
      } else {
        conversions.append(sequence)
      }
    }
    conversions.sort {
      ($0.purchasedAt ?? 0, $0.startedAt, $0.id) < ($1.purchasedAt ?? 0, $1.startedAt, $1.id)
    }
    var units: [Unit] = []
    var next = 0
    for sequence in conversions {
      guard let convertedAt = sequence.purchasedAt else { continue }
      let first = next
      while next < touches.count && touches[next].time <= convertedAt { next += 1 }
      let since = convertedAt - min(context.recipe.label.lookback, Int64.max / 4)
      let path = touches[first..<next].filter { $0.time >= since }
      if let unit = converted(sequence, convertedAt, path, history, &funnel) { units.append(unit) }
    }
    if next < touches.count, let last = touches.last {
      let since = last.time - min(context.recipe.label.lookback, Int64.max / 4)
      let path = touches[next...].filter { $0.time >= since }
      if let unit = unconverted(path, last.time, history, &funnel) { units.append(unit) }
    }
    return units
  }

  /// Events that tell where somebody came from; the same told again within a session is one touch.
  private func touches(_ history: ActorHistory, _ funnel: inout FilterFunnel) -> [HistoryEvent] {
    var touches: [HistoryEvent] = []
    for event in history.events {
      guard event.role.isHuman, context.actionOfRole[Int(event.role.rawValue)] != nil else {
        funnel[.uncountedEvents] += 1
        continue
      }
      let isTold = event.channel.isPresent || event.campaign.isPresent || event.creative.isPresent
      guard event.role == .ad || isTold else { continue }
      if let last = touches.last, last.session == event.session,
        same(last.channel, event.channel, history), same(last.campaign, event.campaign, history),
        same(last.creative, event.creative, history)
      {
        funnel[.repeats] += 1
        continue
      }
      touches.append(event)
    }
    return touches
  }

  private func same(_ left: HistoryText, _ right: HistoryText, _ history: ActorHistory) -> Bool {
    left.isPresent == right.isPresent && history[text: left].elementsEqual(history[text: right])
  }

  private func converted(
    _ sequence: HistorySequence, _ convertedAt: Int64, _ path: [HistoryEvent],
    _ history: ActorHistory, _ funnel: inout FilterFunnel
  ) -> Unit? {
    let rules = context.recipe.count
    let due = convertedAt + min(rules.refundWindow, Int64.max / 4)
    let isMature = due <= context.knowledge
    if !isMature && rules.immature == .drop {
      funnel[.immature] += 1
      return nil
    }
    let value = rules.refunds == .net ? sequence.net : sequence.paid
    var unit = self.unit(of: path, history, anchor: convertedAt)
    unit.key = sequence.id
    unit.cells += [
      .truth(true), .integer(convertedAt), .optional(value), text(sequence.currency, history),
      .truth(isMature), .integer(context.knowledge),
    ]
    unit.labelDueAt = due
    unit.hasLabel = isMature
    unit.observedThrough = context.knowledge
    return unit
  }

  private func unconverted(
    _ path: [HistoryEvent], _ last: Int64, _ history: ActorHistory, _ funnel: inout FilterFunnel
  ) -> Unit? {
    let due = last + min(context.recipe.label.horizon, Int64.max / 4)
    let isMature = due <= context.knowledge
    if !isMature && context.recipe.count.immature == .drop {
      funnel[.immature] += 1
      return nil
    }
    var unit = self.unit(of: path, history, anchor: last)
    unit.key = unit.drafts.first?.event ?? 0
    unit.cells += [
      isMature ? .truth(false) : .null, .null, isMature ? .integer(0) : .null, .null,
      .truth(isMature), .integer(context.knowledge),
    ]
    unit.labelDueAt = due
    unit.hasLabel = isMature
    unit.observedThrough = context.knowledge
    return unit
  }

  private func unit(of path: [HistoryEvent], _ history: ActorHistory, anchor: Int64) -> Unit {
    let maker = InteractionDrafts(context)
    var unit = Unit(anchor: anchor)
    var names: [UInt8] = []
    for event in path {
      guard let action = context.actionOfRole[Int(event.role.rawValue)] else { continue }
      var draft = maker.draft(event, action, of: history, session: event.session)
      if event.item.isPresent, event.item.count > 0 {
        draft.item = context.items.code(history[text: event.item]) + 1
      }
      maker.keepTexts(event, of: history, &draft, in: &unit)
      unit.drafts.append(draft)
      if !names.isEmpty { names.append(contentsOf: " > ".utf8) }
      let name =
        event.channel.isPresent ? event.channel : event.campaign.isPresent ? event.campaign : nil
      names.append(contentsOf: name.map { Array(history[text: $0]) } ?? Array("unknown".utf8))
      unit.featureKnownAt = max(unit.featureKnownAt, event.time)
    }
    unit.cells = [.text(names), .integer(Int64(unit.drafts.count))]
    return unit
  }
}
