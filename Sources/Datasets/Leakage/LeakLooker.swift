/// What must not be in two splits.
enum KeyKind: Int, CaseIterable {
  case unit, basket, event, visitor

  /// Of a visitor's value the lower bits are the row, the others the user.
  static let rowBitCount: UInt64 = 33

  /// The place of the check that speaks of it.
  var check: Int {
    switch self {
    case .unit: 1
    case .basket: 2
    case .event: 9
    case .visitor: 13
    }
  }
}

/// What was found in some examples.
struct LeakFindings: Sendable {
  /// How often a check was broken, and the first places.
  struct Found: Sendable {
    var count = 0
    var examples: [String] = []
  }

  /// By the check's place: its number less one.
  var checks: [Int: Found] = [:]
  /// Keys that an earlier split has and perhaps a later one, and those for earlier splits; by kind.
  var asked: [[KeyRuns.Entry]] = Array(repeating: [], count: KeyKind.allCases.count)
  var found: [[KeyRuns.Entry]] = Array(repeating: [], count: KeyKind.allCases.count)
  var firstTarget = Int64.max
  var users: [Int32] = []
  /// Of each item that is a target: how often, and the first row.
  var targets: [Int32: (count: Int, row: Int64)] = [:]
  var targetCount = 0
  var tiedCount = 0
  var gauges: GaugeCounter

  mutating func add(_ place: Int, row: Int64) { add(place, "row \(row)") }

  mutating func add(_ place: Int, _ example: @autoclosure () -> String) {
    var found = checks[place] ?? Found()
    found.count += 1
    if found.examples.count < Limits.leakExampleCount { found.examples.append(example()) }
    checks[place] = found
  }
}

/// Looks at one split's examples, one a thread; it changes nothing that others see.
final class LeakLooker {
  private let inputs: LeakageInputs
  private let split: DatasetSplit
  private let isTrain: Bool
  private let filters: [KeyFilter]
  /// The first target of later splits.
  private let firstTarget: Int64
  private let isSampleFull: LeakageGate.Flag
  private let isPaths: Bool
  private var findings = LeakFindings(gauges: GaugeCounter())
  /// How often an item is in train, by code.
  private(set) var trainCounts: [Int32]
  private var seen: Set<UInt64> = []

  init(
    _ inputs: LeakageInputs, _ split: DatasetSplit, _ filters: [KeyFilter], firstTarget: Int64,
    _ isSampleFull: LeakageGate.Flag
  ) {
    self.inputs = inputs
    self.split = split
    isTrain = split.purpose == .train
    self.filters = filters
    self.firstTarget = firstTarget
    self.isSampleFull = isSampleFull
    isPaths = inputs.recipe.task == .nextItem || inputs.recipe.task == .interactions
    trainCounts = Array(repeating: 0, count: inputs.firstSeen.count)
  }

  /// What was found since the last time.
  func take() -> LeakFindings {
    defer { findings = LeakFindings(gauges: GaugeCounter(wantsPaths: !isSampleFull.isSet)) }
    return findings
  }

  /// Looks at all examples that a user has in the split.
  func look(_ user: Int32, _ examples: [StoredExample], firstRow: Int64) {
    findings.users.append(user)
    var row = firstRow
    var count = 0
    var latestKey: UInt64?
    for example in examples {
      let unit = example.unit
      findings.gauges.add(user, example, isTrain: isTrain)
      if isTrain {
        if latestKey != unit.key || example.isNewUnit { seen.removeAll(keepingCapacity: true) }
        latestKey = unit.key
        count += lookAtTrain(unit, row)
      } else {
        lookAtLater(example, row)
      }
      lookAtBoth(user, unit, row)
      row += 1
    }
    if isTrain, isPaths, count > 0, count < inputs.recipe.shape.userSupport {
      findings.add(3, "user \(user) has \(count) interactions in train")
    }
  }

  // Train.

  /// How many interactions it shows that none before it did.
  private func lookAtTrain(_ unit: borrowing Unit, _ row: Int64) -> Int {
    let isByTime = inputs.plan.isByTime
    var count = 0
    for draft in unit.drafts {
      // Expanded examples show an interaction several times.
      if seen.insert(draft.event &+ UInt64(draft.item)).inserted {
        if draft.item > 0 { trainCounts[Int(draft.item) - 1] += 1 }
        count += 1
      }
      guard isByTime else { continue }
      if draft.knownAsOf >= split.until { findings.add(5, row: row) }
      if draft.recordedAt >= split.until { findings.add(6, row: row) }
      if draft.outcomeKnownAt >= split.until { findings.add(8, row: row) }
    }
    return count
  }

  // Validation and test.

  private func lookAtLater(_ example: StoredExample, _ row: Int64) {
    let unit = example.unit
    var first: Int64?
    for target in unit.drafts where target.isTarget {
      if first == nil { first = target.time }
      findings.targetCount += 1
      guard target.item > 0 else { continue }
      let item = Int32(target.item) - 1
      let before = findings.targets[item]
      findings.targets[item] = ((before?.count ?? 0) + 1, min(before?.row ?? row, row))
    }
    let isMoment = first == nil
    let cut = inputs.plan.isByTime ? split.from : first ?? Int64.max
    for draft in unit.drafts where !draft.isTarget {
      if isMoment {
        if draft.knownAsOf >= split.until { findings.add(5, row: row) }
        if inputs.recipe.task != .sequences && draft.recordedAt > max(unit.anchor, draft.time) {
          findings.add(6, row: row)
        }
        continue
      }
      if draft.time < cut && draft.knownAsOf >= cut { findings.add(5, row: row) }
      let isLate = draft.recordedAt > first ?? Int64.max
      let isAfterCut = inputs.plan.isByTime && draft.time < cut && draft.recordedAt >= cut
      if isLate || isAfterCut { findings.add(6, row: row) }
      if draft.outcomeKnownAt > first ?? Int64.max { findings.add(8, row: row) }
    }
    if let first, let last = unit.drafts.last(where: { !$0.isTarget }), last.time == first {
      findings.tiedCount += 1
      // Only a matter of examples: whether there are too many shows at the end.
      findings.add(10, row: row)
      findings.checks[10]?.count = 0
    }
    lookAtNegatives(example, row, first)
  }

  private func lookAtNegatives(_ example: StoredExample, _ row: Int64, _ first: Int64?) {
    guard !example.negatives.isEmpty else { return }
    let own = Set(example.unit.drafts.map(\.item))
    for item in example.negatives {
      if own.contains(item) || inputs.firstSeen[Int(item) - 1] > first ?? Int64.min {
        findings.add(11, row: row)
      }
    }
  }

  // All splits: against what later ones hold.

  private func ask(_ kind: KeyKind, _ key: UInt64, _ value: UInt64) {
    guard filters[kind.rawValue].mayContain(key) else { return }
    findings.asked[kind.rawValue].append(KeyRuns.Entry(key: key, value: value))
  }

  private func find(_ kind: KeyKind, _ key: UInt64, _ value: UInt64 = 0) {
    findings.found[kind.rawValue].append(KeyRuns.Entry(key: key, value: value))
  }

  private func lookAtBoth(_ user: Int32, _ unit: borrowing Unit, _ row: Int64) {
    let rowValue = UInt64(row)
    if unit.featureKnownAt > unit.anchor { findings.add(4, row: row) }
    if unit.hasLabel && unit.labelDueAt > unit.observedThrough { findings.add(7, row: row) }
    if unit.key != 0 {
      let key = unit.key &+ UInt64(UInt32(bitPattern: user)) &* 0x9e37_79b9_7f4a_7c15
      ask(.unit, key, rowValue)
      // Nothing comes before train, so nobody asks for its units.
      if !isTrain { find(.unit, key) }
    }
    let hasTargets = unit.drafts.contains(where: \.isTarget)
    if hasTargets { lookAtOrders(unit, row) }
    let isHoldout = inputs.recipe.split.method == .actorHoldout
    let userValue = UInt64(UInt32(bitPattern: user))
    for draft in unit.drafts {
      if isTrain || draft.isTarget {
        if draft.basket != 0 { ask(.basket, draft.basket, rowValue) }
        ask(.event, draft.event, rowValue)
        if draft.time >= firstTarget { findings.add(0, row: row) }
      }
      if isHoldout, draft.visitor != 0 {
        ask(.visitor, draft.visitor, userValue << KeyKind.rowBitCount | rowValue)
        find(.visitor, draft.visitor, userValue)
      }
      guard !isTrain, draft.isTarget else { continue }
      find(.event, draft.event)
      if draft.basket != 0 { find(.basket, draft.basket) }
      findings.firstTarget = min(findings.firstTarget, draft.time)
    }
    if !isTrain && !hasTargets {
      findings.firstTarget = min(findings.firstTarget, decides(unit))
    }
  }

  /// Whether inputs tell what is to be predicted.
  private func lookAtOrders(_ unit: borrowing Unit, _ row: Int64) {
    var baskets: Set<UInt64> = []
    var events: Set<UInt64> = []
    for draft in unit.drafts where !draft.isTarget {
      if draft.basket != 0 { baskets.insert(draft.basket) }
      events.insert(draft.event)
    }
    for draft in unit.drafts where draft.isTarget {
      if baskets.contains(draft.basket) { findings.add(2, row: row) }
      if events.contains(draft.event) { findings.add(12, row: row) }
    }
  }

  /// The time that decides the split of a unit without targets.
  private func decides(_ unit: borrowing Unit) -> Int64 {
    inputs.recipe.task == .sequences && inputs.plan.straddlers == .byEnd
      ? max(unit.lastTime, unit.anchor) : unit.anchor
  }
}
