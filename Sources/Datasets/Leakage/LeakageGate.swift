/// What the gate looks at: finished examples with their lineage, and what train taught.
///
/// It shares nothing with the code that made them but the stored form.
struct LeakageInputs {
  let recipe: Recipe
  let plan: SplitPlan
  let horizon: Int64
  /// Whether an item has a number, and when it was first seen, by code.
  let isNumbered: [Bool]
  let firstSeen: [Int64]
  /// Cold users as the build reported them.
  let reportedColdUsers: Int
  /// The first row of each split.
  let firstRows: [Int64]
  /// Hands over a split's examples with their users, in order.
  let forEachExample: (_ split: Int, _ body: (Int32, StoredExample) -> Void) throws -> Void
}

/// Looks for leaks: later splits first, so that what they hold is known when earlier ones come.
struct LeakageGate {
  private let inputs: LeakageInputs
  private var checks: [LeakCheck]
  private var later = LaterSplits()
  /// Of the fold at hand: what train holds.
  private var trainCounts: [Int32: Int] = [:]
  private var trainUsers: Set<Int32> = []
  private var trainUserCounts: [Int32: Int] = [:]
  private var laterUsers: Set<Int32> = []
  /// Of each item that is a target: how often, and the first row.
  private var targets: [Int32: (count: Int, row: Int64)] = [:]
  private var coldUserCount = 0
  private var targetCount = 0
  private var tiedCount = 0
  private var gauges = GaugeCounter()

  init(_ inputs: LeakageInputs) {
    self.inputs = inputs
    checks = LeakCheck.all(allowed: inputs.recipe.allowedLeaks)
  }

  /// Looks at everything.
  mutating func report() throws -> LeakageReport {
    let splits = inputs.plan.splits
    for fold in Set(splits.map(\.split.fold)).sorted() {
      later = LaterSplits()
      trainCounts = [:]
      trainUsers = []
      trainUserCounts = [:]
      laterUsers = []
      targets = [:]
      let own = splits.indices.filter { splits[$0].split.fold == fold }
      for index in own.reversed() { try look(at: index) }
      finishFold()
    }
    checkNumbers()
    checkTies()
    let (reported, counted) = (inputs.reportedColdUsers, coldUserCount)
    check(14) {
      $0.note = "\(reported) users of later splits are not in train"
      if counted != reported { $0.found("\(counted) counted again") }
    }
    if inputs.plan.splits.contains(where: { $0.split.until - 1 > inputs.horizon }) {
      check(7) { $0.found("a split ends after the horizon") }
    }
    return LeakageReport(checks: checks, quality: gauges.gauges)
  }

  /// - Shape: `place` is the check's number less one.
  private mutating func check(_ place: Int, _ body: (inout LeakCheck) -> Void) {
    body(&checks[place])
  }

  private mutating func look(at index: Int) throws {
    let split = inputs.plan.splits[index].split
    var row = inputs.firstRows[index]
    var latestKey: (user: Int32, key: UInt64)?
    var seen: Set<UInt64> = []
    var found = LaterSplits()
    try inputs.forEachExample(index) { user, example in
      let unit = example.unit
      gauges.add(user, example, isTrain: split.purpose == .train)
      if latestKey?.user != user || latestKey?.key != unit.key || example.isNewUnit { seen = [] }
      latestKey = (user, unit.key)
      if split.purpose == .train {
        lookAtTrain(user, unit, row, split, &seen)
      } else {
        lookAtLater(user, example, row, split)
      }
      lookAtBoth(user, unit, row, split, &found)
      row += 1
    }
    later.merge(found)
  }

  // Train.

  private mutating func lookAtTrain(
    _ user: Int32, _ unit: Unit, _ row: Int64, _ split: DatasetSplit, _ seen: inout Set<UInt64>
  ) {
    trainUsers.insert(user)
    for draft in unit.drafts {
      // Expanded examples show an interaction several times.
      if seen.insert(draft.event &+ UInt64(draft.item)).inserted {
        if draft.item > 0 { trainCounts[Int32(draft.item) - 1, default: 0] += 1 }
        trainUserCounts[user, default: 0] += 1
      }
      if inputs.plan.isByTime {
        if draft.knownAsOf >= split.until { check(5) { $0.found("row \(row)") } }
        if draft.recordedAt >= split.until { check(6) { $0.found("row \(row)") } }
        if draft.outcomeKnownAt >= split.until { check(8) { $0.found("row \(row)") } }
      }
    }
  }

  // Validation and test.

  private mutating func lookAtLater(
    _ user: Int32, _ example: StoredExample, _ row: Int64, _ split: DatasetSplit
  ) {
    let unit = example.unit
    laterUsers.insert(user)
    let targets = unit.drafts.filter(\.isTarget)
    let first = targets.first?.time
    for target in targets {
      targetCount += 1
      guard target.item > 0 else { continue }
      let item = Int32(target.item) - 1
      let before = self.targets[item]
      self.targets[item] = ((before?.count ?? 0) + 1, min(before?.row ?? row, row))
    }
    let isMoment = unit.drafts.allSatisfy { !$0.isTarget }
    let cut = inputs.plan.isByTime ? split.from : first ?? Int64.max
    for draft in unit.drafts where !draft.isTarget {
      if isMoment {
        if draft.knownAsOf >= split.until { check(5) { $0.found("row \(row)") } }
        if inputs.recipe.task != .sequences && draft.recordedAt > max(unit.anchor, draft.time) {
          check(6) { $0.found("row \(row)") }
        }
        continue
      }
      if draft.time < cut && draft.knownAsOf >= cut { check(5) { $0.found("row \(row)") } }
      let isLate = draft.recordedAt > first ?? Int64.max
      let isAfterCut = inputs.plan.isByTime && draft.time < cut && draft.recordedAt >= cut
      if isLate || isAfterCut { check(6) { $0.found("row \(row)") } }
      if draft.outcomeKnownAt > first ?? Int64.max { check(8) { $0.found("row \(row)") } }
    }
    if let first, let last = unit.drafts.last(where: { !$0.isTarget }), last.time == first {
      tiedCount += 1
      check(10) {
        if $0.examples.count < Limits.leakExampleCount { $0.examples.append("row \(row)") }
      }
    }
    lookAtNegatives(example, row, first)
  }

  private mutating func lookAtNegatives(_ example: StoredExample, _ row: Int64, _ first: Int64?) {
    guard !example.negatives.isEmpty else { return }
    let own = Set(example.unit.drafts.map(\.item))
    for item in example.negatives {
      if own.contains(item) || inputs.firstSeen[Int(item) - 1] > first ?? Int64.min {
        check(11) { $0.found("row \(row)") }
      }
    }
  }

  // All splits: against what later ones hold.

  private mutating func lookAtBoth(
    _ user: Int32, _ unit: Unit, _ row: Int64, _ split: DatasetSplit, _ found: inout LaterSplits
  ) {
    let isTrain = split.purpose == .train
    if unit.featureKnownAt > unit.anchor { check(4) { $0.found("row \(row)") } }
    if unit.hasLabel && unit.labelDueAt > unit.observedThrough {
      check(7) { $0.found("row \(row)") }
    }
    if unit.key != 0 {
      let key = unit.key &+ UInt64(UInt32(bitPattern: user)) &* 0x9e37_79b9_7f4a_7c15
      if later.units.contains(key) { check(1) { $0.found("row \(row)") } }
      // Nothing comes before train, so nobody asks for its units.
      if !isTrain { found.units.insert(key) }
    }
    var inputBaskets: Set<UInt64> = []
    var inputEvents: Set<UInt64> = []
    let hasTargets = unit.drafts.contains(where: \.isTarget)
    if hasTargets {
      for draft in unit.drafts where !draft.isTarget {
        if draft.basket != 0 { inputBaskets.insert(draft.basket) }
        inputEvents.insert(draft.event)
      }
    }
    for draft in unit.drafts {
      if draft.isTarget {
        if inputBaskets.contains(draft.basket) { check(2) { $0.found("row \(row)") } }
        if inputEvents.contains(draft.event) { check(12) { $0.found("row \(row)") } }
      }
      if isTrain || draft.isTarget {
        if draft.basket != 0, later.baskets.contains(draft.basket) {
          check(2) { $0.found("row \(row)") }
        }
        if later.events.contains(draft.event) { check(9) { $0.found("row \(row)") } }
        if draft.time >= later.firstTarget { check(0) { $0.found("row \(row)") } }
      }
      if inputs.recipe.split.method == .actorHoldout, draft.visitor != 0 {
        if let other = later.visitors[draft.visitor], other != user {
          check(13) { $0.found("row \(row)") }
        }
        found.visitors[draft.visitor] = user
      }
      guard !isTrain, draft.isTarget else { continue }
      found.events.insert(draft.event)
      if draft.basket != 0 { found.baskets.insert(draft.basket) }
      found.firstTarget = min(found.firstTarget, draft.time)
    }
    if !isTrain && !hasTargets { found.firstTarget = min(found.firstTarget, decides(unit)) }
  }

  /// The time that decides the split of a unit without targets.
  private func decides(_ unit: Unit) -> Int64 {
    inputs.recipe.task == .sequences && inputs.plan.straddlers == .byEnd
      ? max(unit.lastTime, unit.anchor) : unit.anchor
  }

  // What only the whole of a fold shows.

  private mutating func finishFold() {
    coldUserCount += laterUsers.subtracting(trainUsers).count
    let recipe = inputs.recipe
    let isPaths = recipe.task == .nextItem || recipe.task == .interactions
    if isPaths {
      for (item, count) in trainCounts where count < recipe.shape.itemSupport {
        check(3) { $0.found("item \(item) has \(count) interactions in train") }
      }
      for (user, count) in trainUserCounts where count < recipe.shape.userSupport {
        check(3) { $0.found("user \(user) has \(count) interactions in train") }
      }
      if recipe.vocabulary.cold == .drop {
        let cold = targets.filter { trainCounts[$0.key] == nil }.values.sorted { $0.row < $1.row }
        for target in cold { check(14) { $0.found("row \(target.row)", times: target.count) } }
      }
    }
    for item in trainCounts.keys { isTrained.insert(item) }
  }

  /// Items in any fold's train.
  private var isTrained: Set<Int32> = []

  private mutating func checkNumbers() {
    guard inputs.recipe.vocabulary.cold != .keep else { return }
    for (item, isNumbered) in inputs.isNumbered.enumerated()
    where isNumbered && !isTrained.contains(Int32(item)) {
      check(3) { $0.found("item \(item) has a number and is not in train") }
    }
  }

  private mutating func checkTies() {
    let perMillion = targetCount == 0 ? 0 : tiedCount * 1_000_000 / targetCount
    let (tied, targets) = (tiedCount, targetCount)
    check(10) {
      $0.note =
        "\(tied) examples of \(targets) targets have a tie, \(perMillion) per million; "
        + "up to \(Limits.tiedPerMillion) pass"
      if perMillion > Limits.tiedPerMillion { $0.count = tied } else { $0.examples = [] }
    }
  }
}

/// What splits hold that come after the one at hand.
private struct LaterSplits {
  var units: Set<UInt64> = []
  var events: Set<UInt64> = []
  var baskets: Set<UInt64> = []
  var visitors: [UInt64: Int32] = [:]
  var firstTarget = Int64.max

  mutating func merge(_ other: LaterSplits) {
    units.formUnion(other.units)
    events.formUnion(other.events)
    baskets.formUnion(other.baskets)
    visitors.merge(other.visitors) { first, _ in first }
    firstTarget = min(firstTarget, other.firstTarget)
  }
}
