/// Makes finished examples of parts: support, cold items, lengths, expansion, negatives.
///
/// Train comes first, because what it holds decides what is cold in the rest. One a thread and
/// split: it begins with what earlier splits gave, and its own is added to that.
struct Finalizer {
  let recipe: Recipe
  let plan: SplitPlan
  let fitting: Fitting
  /// The split at hand.
  let split: Int
  let fold: Int
  /// What the fold's train holds; of train itself nothing yet.
  let trained: TrainedItems
  /// Orders that an earlier split holds.
  private let begun: Set<UInt64>
  /// What the split gives, by item's code: how often it is in train, and when it was first seen.
  private(set) var popularity: [Int64]
  private(set) var firstSeen: [Int64]
  private(set) var funnel = FilterFunnel()
  /// Orders that the split holds, since somebody took them.
  private var held: [UInt64] = []

  init(
    _ recipe: Recipe, _ plan: SplitPlan, _ fitting: Fitting, split: Int, _ trained: TrainedItems,
    _ orders: OrderCuts
  ) {
    self.recipe = recipe
    self.plan = plan
    self.fitting = fitting
    self.split = split
    fold = plan.splits[split].split.fold
    self.trained = trained
    begun = orders.begun(before: split)
    popularity = Array(repeating: 0, count: fitting.itemMap.count)
    firstSeen = Array(repeating: Int64.max, count: fitting.itemMap.count)
  }

  /// The orders of what was made since the last time.
  mutating func takeOrders() -> [UInt64] {
    defer { held.removeAll(keepingCapacity: true) }
    return held
  }

  private var isPaths: Bool { recipe.task == .nextItem || recipe.task == .interactions }

  /// An actor's examples of a train split.
  mutating func train(_ units: [Unit]) -> [StoredExample] {
    var units = units.map { mapped($0) }
    if isPaths {
      units = fitting.survivors(units, fold, &funnel)
    } else {
      units = units.map { $0.with(newest($0.drafts, recipe.shape.maxLength)) }
    }
    var examples: [StoredExample] = []
    for unit in units {
      let made = expanded(unit)
      // What no example shows was not learned from.
      let shown = made.count == 1 ? nil : Set(made.flatMap { $0.drafts.map(\.item) })
      for draft in shown == nil ? made[0].drafts : unit.drafts where draft.item > 0 {
        if shown?.contains(draft.item) == false { continue }
        let item = Int(draft.item) - 1
        popularity[item] += 1
        firstSeen[item] = min(firstSeen[item], draft.time)
      }
      unit.drafts.appendBaskets(to: &held)
      append(made, to: &examples)
    }
    funnel[.examples] += examples.count
    return examples
  }

  /// An actor's examples of a later split.
  mutating func later(_ units: [Unit]) -> [StoredExample] {
    var examples: [StoredExample] = []
    for unit in units {
      var unit = mapped(unit)
      guard isPaths else {
        unit.drafts = newest(unit.drafts, recipe.shape.maxLength)
        see(unit)
        append([unit], to: &examples)
        continue
      }
      let all = unit.drafts.count
      if !begun.isEmpty {
        unit.drafts.removeAll { $0.isTarget && $0.basket != 0 && begun.contains($0.basket) }
      }
      funnel[.tornOrders] += all - unit.drafts.count
      dropLate(&unit)
      dropCold(&unit)
      see(unit)
      var wholes: [Unit] = []
      for whole in recipe.shape.expand == .prefixes ? prefixes(unit) : [unit] {
        let targets = whole.drafts.filter(\.isTarget)
        let inputs = withoutOrders(of: targets, whole.drafts.filter { !$0.isTarget })
        let least = recipe.task == .nextItem ? max(1, recipe.shape.minLength - 1) : 0
        guard !targets.isEmpty, inputs.count >= least else {
          funnel[.short] += 1
          continue
        }
        let kept = newest(inputs, recipe.shape.maxLength)
        funnel[.trimmed] += inputs.count - kept.count
        wholes.append(whole.with(kept + targets))
        targets.appendBaskets(to: &held)
      }
      append(wholes, to: &examples)
    }
    funnel[.examples] += examples.count
    return examples
  }

  private func append(_ units: [Unit], to examples: inout [StoredExample]) {
    for (place, unit) in units.enumerated() {
      examples.append(StoredExample(isNewUnit: place == 0, unit: unit))
    }
  }

  /// Inputs without those of an order that is to be predicted: they would tell it.
  private mutating func withoutOrders(
    of targets: [Draft], _ inputs: [Draft]
  ) -> [Draft] {
    guard targets.contains(where: { $0.basket != 0 }) else { return inputs }
    let kept = inputs.filter { input in
      input.basket == 0 || !targets.contains { $0.basket == input.basket }
    }
    funnel[.tornOrders] += inputs.count - kept.count
    return kept
  }

  private mutating func see(_ unit: Unit) {
    for draft in unit.drafts where draft.item > 0 {
      let item = Int(draft.item) - 1
      firstSeen[item] = min(firstSeen[item], draft.time)
    }
  }

  private mutating func mapped(_ unit: Unit) -> Unit {
    var unit = unit
    for place in unit.drafts.indices {
      let item = fitting.item(unit.drafts[place])
      if item != unit.drafts[place].item { funnel[.rareItems] += 1 }
      unit.drafts[place].item = item
    }
    return unit
  }

  /// An input that was recorded after the first target could not have been known.
  private mutating func dropLate(_ unit: inout Unit) {
    guard let first = unit.drafts.first(where: \.isTarget) else { return }
    let before = unit.drafts.count
    unit.drafts.removeAll { !$0.isTarget && $0.recordedAt > first.time }
    funnel[.lateInputs] += before - unit.drafts.count
    // A refund after the first target was not known either: the input weighs as it did then.
    for place in unit.drafts.indices
    where !unit.drafts[place].isTarget && unit.drafts[place].outcomeKnownAt > first.time {
      unit.drafts[place].weight =
        recipe.count.actions[Int(unit.drafts[place].action)].weight
      unit.drafts[place].outcomeKnownAt = unit.drafts[place].time
    }
  }

  private mutating func dropCold(_ unit: inout Unit) {
    var kept: [Draft] = []
    for draft in unit.drafts {
      guard draft.item > 0, !trained.isInTrain(draft.item, fold) else {
        kept.append(draft)
        continue
      }
      funnel[draft.isTarget ? .coldTargets : .coldInputs] += 1
      if recipe.vocabulary.cold != .drop { kept.append(draft) }
    }
    unit.drafts = kept
  }

  /// Train units as the recipe expands them.
  private mutating func expanded(_ unit: Unit) -> [Unit] {
    guard recipe.task == .nextItem else { return [unit] }
    switch recipe.shape.expand {
    case .none: return [unit]
    case .prefixes:
      let groups = baskets(unit.drafts)
      guard groups.count > 1 else { return [] }
      return groups.dropFirst().compactMap { group in
        let targets = marked(unit.drafts[group])
        let before = withoutOrders(of: targets, Array(unit.drafts[..<group.lowerBound]))
        if before.isEmpty { return nil }
        return unit.with(newest(before, recipe.shape.maxLength) + targets)
      }
    case .windows: return windows(unit)
    }
  }

  private func windows(_ unit: Unit) -> [Unit] {
    let length = recipe.shape.maxLength
    guard unit.drafts.count > length else { return [unit] }
    let groups = baskets(unit.drafts)
    var windows: [Unit] = []
    var first = 0
    while first < groups.count {
      var end = first + 1
      while end < groups.count,
        groups[end].upperBound - groups[first].lowerBound <= length
      { end += 1 }
      let drafts = Array(unit.drafts[groups[first].lowerBound..<groups[end - 1].upperBound])
      if drafts.count >= recipe.shape.minLength { windows.append(unit.with(drafts)) }
      if end == groups.count { break }
      first += recipe.shape.stride
    }
    return windows
  }

  /// One unit a target basket, its inputs all that came before it.
  private func prefixes(_ unit: Unit) -> [Unit] {
    var units: [Unit] = []
    for group in baskets(unit.drafts) where unit.drafts[group.lowerBound].isTarget {
      let target = unit.drafts[group.lowerBound]
      let before = unit.drafts[..<group.lowerBound].filter { $0.recordedAt <= target.time }
        .map { draft in
          var draft = draft
          draft.isTarget = false
          return draft
        }
      units.append(unit.with(before + marked(unit.drafts[group])))
    }
    return units
  }

  private func marked(_ drafts: ArraySlice<Draft>) -> [Draft] {
    drafts.map { draft in
      var draft = draft
      draft.isTarget = true
      return draft
    }
  }
}

/// What splits so far gave, by item's code.
struct TrainedItems {
  /// How often an item is in train, by fold.
  private(set) var popularity: [[Int64]]
  /// The first time that an item was seen; `Int64.max` for never.
  private(set) var firstSeen: [Int64]

  init(folds: Int, items: Int) {
    popularity = Array(repeating: Array(repeating: 0, count: items), count: folds)
    firstSeen = Array(repeating: Int64.max, count: items)
  }

  /// - Shape: `item` is a code plus one.
  func isInTrain(_ item: UInt32, _ fold: Int) -> Bool { popularity[fold][Int(item) - 1] > 0 }

  /// Adds what one thread made of a split.
  mutating func add(_ made: Finalizer) {
    for item in firstSeen.indices {
      popularity[made.fold][item] += made.popularity[item]
      firstSeen[item] = min(firstSeen[item], made.firstSeen[item])
    }
  }
}
