import Sequences

/// Parts what passes know of one actor into splits: a pure function of its arguments.
///
/// - Shape: what comes out is (split, unit), the unit's interactions in order, targets marked.
struct Splitter {
  struct Part: Equatable {
    /// Index into `SplitPlan.splits`.
    var split: Int
    var unit: Unit
  }

  let recipe: Recipe
  let plan: SplitPlan

  /// - Shape: `known` has one entry a pass, nil where the pass does not know the actor.
  func split(_ actor: [UInt8], _ known: [ActorUnits?], _ funnel: inout FilterFunnel) -> [Part] {
    if recipe.privacy.consent != nil, known.last??.consent != .granted {
      funnel[.withoutConsent] += 1
      return []
    }
    var parts: [Part] = []
    switch recipe.split.method {
    case .leaveOneOut:
      for unit in units(known, plan.splits[0].inputPass) { leaveOneOut(unit, &parts) }
    case .actorHoldout: holdOut(actor, units(known, plan.splits[0].inputPass), &parts)
    case .globalTime, .sessionByDay, .rollingOrigin:
      for index in plan.splits.indices {
        switch recipe.task {
        case .nextItem, .interactions:
          if recipe.shape.unit == .actor {
            splitActor(index, known, &parts)
          } else {
            splitUnits(index, known, &parts, &funnel)
          }
        case .sequences: splitSequences(index, known, &parts, &funnel)
        case .checkoutOutcome, .abandonment, .touchpoints: splitMoments(index, known, &parts)
        }
      }
    }
    return parts.filter { !$0.unit.drafts.isEmpty || !$0.unit.cells.isEmpty }
  }

  private func units(_ known: [ActorUnits?], _ pass: Int) -> [Unit] { known[pass]?.units ?? [] }

  // An actor's whole path: history before the cut, targets after it.

  private func splitActor(_ index: Int, _ known: [ActorUnits?], _ parts: inout [Part]) {
    let planned = plan.splits[index]
    let (from, until) = (planned.split.from, planned.split.until)
    if planned.split.purpose == .train {
      for unit in units(known, planned.inputPass) {
        let drafts = unit.drafts.filter { $0.time < until }
        if !drafts.isEmpty { parts.append(Part(split: index, unit: unit.with(drafts))) }
      }
      return
    }
    guard let later = units(known, planned.targetPass).first else { return }
    let after = later.drafts.filter { $0.time >= from && $0.time < until }
    guard !after.isEmpty else { return }
    if recipe.task == .interactions {
      parts.append(Part(split: index, unit: later.with(marked(after))))
      return
    }
    let earlier = units(known, planned.inputPass).first
    let history = earlier?.drafts.filter { $0.time < from } ?? []
    let targets = chosen(after, of: later.key, actor: known)
    parts.append(
      Part(split: index, unit: joined(earlier, history, later, marked(targets))))
  }

  /// Two passes' interactions as one unit; their strings move together.
  private func joined(
    _ earlier: Unit?, _ history: [Draft], _ later: Unit, _ targets: [Draft]
  ) -> Unit {
    guard let earlier else { return later.with(targets) }
    var unit = earlier.with(history)
    let shift = Int32(unit.text.count)
    unit.text.append(contentsOf: later.text)
    for target in targets {
      var target = target
      target.order.start += shift
      target.channel.start += shift
      target.campaign.start += shift
      target.creative.start += shift
      unit.drafts.append(target)
    }
    return unit
  }

  private func marked(_ drafts: [Draft]) -> [Draft] {
    drafts.map { draft in
      var draft = draft
      draft.isTarget = true
      return draft
    }
  }

  /// The targets that the recipe asks for, of those after the cut; baskets stay whole.
  private func chosen(_ after: [Draft], of key: UInt64, actor known: [ActorUnits?]) -> [Draft] {
    let groups = baskets(after)
    switch recipe.shape.targets {
    case .all: return after
    case .first: return Array(after[groups[0]])
    case .last: return Array(after[groups[groups.count - 1]])
    case .random:
      let name = known.compactMap { $0 }.first?.actor ?? []
      let place = SeededNumbers(recipe.split.seed, name, key).first(below: groups.count)
      return Array(after[groups[place]])
    }
  }

  // Sessions and sequences: a unit belongs to one split, or is cut.

  private func splitUnits(
    _ index: Int, _ known: [ActorUnits?], _ parts: inout [Part], _ funnel: inout FilterFunnel
  ) {
    let planned = plan.splits[index]
    let (from, until) = (planned.split.from, planned.split.until)
    let pass = planned.split.purpose == .train ? planned.inputPass : planned.targetPass
    // Who lies across the upper cut is known by the pass after it.
    let next = laterPass(of: index)
    let across = next.map { spans(units(known, $0), across: until) } ?? []
    // Late events may move a unit that an earlier split has already.
    let taken = Set(
      parts.filter { plan.splits[$0.split].split.fold == planned.split.fold }.map(\.unit.key))
    for unit in units(known, pass) where !taken.contains(unit.key) {
      var drafts = unit.drafts.filter { $0.time < until }
      guard let last = drafts.last else { continue }
      let goesOn = across.contains { $0.overlaps(unit.firstTime...last.time) }
      if goesOn && plan.straddlers != .trim {
        funnel[.straddlers] += 1
        continue
      }
      if goesOn { funnel[.straddlers] += 1 }
      if planned.split.purpose == .train {
        parts.append(Part(split: index, unit: unit.with(drafts)))
        continue
      }
      guard last.time >= from else { continue }
      let begins = unit.firstTime >= from
      if !begins && plan.straddlers != .byEnd { continue }
      var whole = unit
      if !begins {
        whole = knownBefore(from, unit, units(known, planned.inputPass), drafts)
        drafts = whole.drafts
      }
      let cut = begins ? Int64.min : from
      parts.append(
        Part(split: index, unit: whole.with(withTargets(drafts, from: cut, whole.key, known))))
    }
  }

  /// A straddler's interactions: those before the cut as they were known then.
  private func knownBefore(
    _ cut: Int64, _ unit: Unit, _ earlier: [Unit], _ drafts: [Draft]
  ) -> Unit {
    let after = drafts.filter { $0.time >= cut }
    let start = unit.firstTime
    var before: [Draft] = []
    var base: Unit?
    for candidate in earlier where candidate.lastTime >= start && candidate.firstTime < cut {
      let known = candidate.drafts.filter { $0.time >= start && $0.time < cut }
      guard !known.isEmpty, base == nil else { continue }
      base = candidate
      before = known
    }
    var whole = joined(base, before, unit, after)
    whole.key = unit.key
    whole.cells = unit.cells
    whole.anchor = unit.anchor
    return whole
  }

  /// The pass that knows what came after a split's end; nil for the last.
  private func laterPass(of index: Int) -> Int? {
    let split = plan.splits[index].split
    return plan.splits.first { $0.split.fold == split.fold && $0.split.from == split.until }?
      .targetPass
  }

  private func spans(_ units: [Unit], across cut: Int64) -> [ClosedRange<Int64>] {
    units.filter { $0.firstTime < cut && $0.lastTime >= cut }.map { $0.firstTime...$0.lastTime }
  }

  /// Marks a unit's targets: those from the cut on, or by the recipe's word within a whole unit.
  private func withTargets(
    _ drafts: [Draft], from cut: Int64, _ key: UInt64, _ known: [ActorUnits?]
  ) -> [Draft] {
    if recipe.task == .interactions {
      return cut == Int64.min ? marked(drafts) : marked(drafts.filter { $0.time >= cut })
    }
    let groups = baskets(drafts)
    let firstAfter = groups.firstIndex { drafts[$0.lowerBound].time >= cut } ?? groups.count
    let start = max(firstAfter, 1)
    guard start < groups.count else { return drafts }
    var range = start..<groups.count
    var inputs = 0..<start
    switch recipe.shape.targets {
    case .all: break
    case .first: range = start..<start + 1
    case .last:
      range = groups.count - 1..<groups.count
      inputs = 0..<groups.count - 1
    case .random:
      let name = known.compactMap { $0 }.first?.actor ?? []
      let place = start + SeededNumbers(recipe.split.seed, name, key).first(
        below: groups.count - start)
      range = place..<groups.count
      inputs = 0..<place
    }
    let before = inputs.flatMap { Array(drafts[groups[$0]]) }
    let targets = range.flatMap { Array(drafts[groups[$0]]) }
    return before + marked(targets)
  }

  // Whole rows and moments, by the time that decides them.

  private func splitSequences(
    _ index: Int, _ known: [ActorUnits?], _ parts: inout [Part], _ funnel: inout FilterFunnel
  ) {
    let planned = plan.splits[index]
    let (from, until) = (planned.split.from, planned.split.until)
    let next = laterPass(of: index)
    let across = next.map { spans(units(known, $0), across: until) } ?? []
    for unit in units(known, planned.targetPass) {
      let first = unit.anchor
      let last = max(unit.lastTime, first)
      guard first < until, plan.straddlers == .byEnd ? last >= from : first >= from,
        !isEarlier(unit, than: index, known)
      else { continue }
      let goesOn = across.contains { $0.overlaps(first...last) }
      if goesOn { funnel[.straddlers] += 1 }
      if goesOn && plan.straddlers != .trim { continue }
      parts.append(Part(split: index, unit: unit))
    }
  }

  private func splitMoments(_ index: Int, _ known: [ActorUnits?], _ parts: inout [Part]) {
    let planned = plan.splits[index]
    for unit in units(known, planned.targetPass)
    where unit.anchor >= planned.split.from && unit.anchor < planned.split.until
      && !isEarlier(unit, than: index, known)
    {
      parts.append(Part(split: index, unit: unit))
    }
  }

  /// Whether an earlier split has the same unit: late events may have moved the time that decides.
  private func isEarlier(_ unit: Unit, than index: Int, _ known: [ActorUnits?]) -> Bool {
    let split = plan.splits[index].split
    return plan.splits[..<index].contains { earlier in
      earlier.split.fold == split.fold
        && units(known, earlier.targetPass).contains { other in
          let decides = plan.straddlers == .byEnd && recipe.task == .sequences
            ? max(other.lastTime, other.anchor) : other.anchor
          return other.key == unit.key && decides < earlier.split.until
        }
    }
  }

  // Splits that time does not make.

  private func leaveOneOut(_ unit: Unit, _ parts: inout [Part]) {
    let groups = baskets(unit.drafts)
    guard groups.count >= 3 else {
      parts.append(Part(split: 0, unit: unit))
      return
    }
    for (split, held) in [(0, 2), (1, 1), (2, 0)] {
      let end = groups.count - held
      let inputs = Array(unit.drafts[..<groups[end - 1].lowerBound])
      let last = Array(unit.drafts[groups[end - 1]])
      let drafts = split == 0 ? inputs + last : inputs + marked(last)
      parts.append(Part(split: split, unit: unit.with(drafts)))
    }
  }

  private func holdOut(_ actor: [UInt8], _ units: [Unit], _ parts: inout [Part]) {
    let rules = recipe.split
    let place = SeededNumbers(rules.seed, actor, 0).first(below: 100)
    let test = plan.splits.count - 1
    let split =
      place < rules.testPercent
      ? test : place < rules.testPercent + rules.validationPercent ? 1 : 0
    for unit in units {
      let drafts =
        split == 0 || (recipe.task != .nextItem && recipe.task != .interactions)
        ? unit.drafts
        : withTargets(
          unit.drafts, from: Int64.min, unit.key,
          [ActorUnits(actor: actor, consent: .unasked, units: [])])
      parts.append(Part(split: split, unit: unit.with(drafts)))
    }
  }
}

/// Interactions of one basket or event that stand together, and single ones: ranges in order.
func baskets(_ drafts: [Draft]) -> [Range<Int>] {
  var groups: [Range<Int>] = []
  var start = 0
  for place in drafts.indices.dropFirst() {
    let (draft, before) = (drafts[place], drafts[place - 1])
    if draft.basket != 0 && draft.basket == before.basket || draft.event == before.event {
      continue
    }
    groups.append(start..<place)
    start = place
  }
  if !drafts.isEmpty { groups.append(start..<drafts.count) }
  return groups
}
