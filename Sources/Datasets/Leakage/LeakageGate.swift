import Synchronization

/// What the gate looks at: finished examples with their lineage, and what train taught.
///
/// It shares nothing with the code that made them but the stored form.
struct LeakageInputs: Sendable {
  let recipe: Recipe
  let plan: SplitPlan
  let horizon: Int64
  /// Whether an item has a number, and when it was first seen, by code.
  let isNumbered: [Bool]
  let firstSeen: [Int64]
  /// Cold users as the build reported them.
  let reportedColdUsers: Int
  /// Where keys wait that memory does not hold.
  let work: BuildDirectory
}

/// Looks for leaks: later splits first, so that what they hold is known when earlier ones come.
///
/// For each split of `order`: `begin`, then its examples through `look` of a looker a thread, their
/// findings to `take` in order, then `finish`; at last `report`.
/// - Cost: some bytes an item and user; keys of later splits' units, targets and baskets wait on
///   disk beyond a limit.
final class LeakageGate {
  let inputs: LeakageInputs
  private var checks: [LeakCheck]
  /// By `KeyKind`.
  private let joins: [KeyJoin]
  private var firstTarget = Int64.max
  private var nextFirstTarget = Int64.max
  private var fold = -1
  /// Of the fold at hand.
  private var trainCounts: [Int32]
  private var users = UserFlags()
  /// Of each item that is a target: how often, and the first row.
  private var targets: [Int32: (count: Int, row: Int64)] = [:]
  private var coldUserCount = 0
  private var targetCount = 0
  private var tiedCount = 0
  private var gauges = GaugeCounter()
  private let isSampleFull = Flag()
  /// Items in any fold's train.
  private var isTrained: [Bool]

  /// What threads may ask while another one takes.
  final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool {
      get { value.load(ordering: .relaxed) }
      set { value.store(newValue, ordering: .relaxed) }
    }
  }

  init(_ inputs: LeakageInputs) {
    self.inputs = inputs
    checks = LeakCheck.all(allowed: inputs.recipe.allowedLeaks)
    joins = KeyKind.allCases.map { KeyJoin(inputs.work, "leak-\($0)") }
    trainCounts = Array(repeating: 0, count: inputs.firstSeen.count)
    isTrained = Array(repeating: false, count: inputs.firstSeen.count)
  }

  /// The places of splits in the order in which the gate looks at them.
  var order: [Int] {
    let splits = inputs.plan.splits
    return Set(splits.map(\.split.fold)).sorted().flatMap { fold in
      splits.indices.filter { splits[$0].split.fold == fold }.reversed()
    }
  }

  /// Begins a split: gives what a thread looks with.
  func begin(_ index: Int) throws -> () -> LeakLooker {
    let split = inputs.plan.splits[index].split
    if split.fold != fold {
      try finishFold()
      fold = split.fold
    }
    nextFirstTarget = Int64.max
    let (inputs, firstTarget, isSampleFull) = (self.inputs, self.firstTarget, self.isSampleFull)
    let filters = joins.map(\.filter)
    return { LeakLooker(inputs, split, filters, firstTarget: firstTarget, isSampleFull) }
  }

  /// Takes what was found in the examples that come next.
  func take(_ found: LeakFindings, isTrain: Bool) throws {
    for (place, check) in found.checks { add(check, to: place) }
    for kind in KeyKind.allCases {
      try joins[kind.rawValue].ask(found.asked[kind.rawValue])
      try joins[kind.rawValue].find(found.found[kind.rawValue])
    }
    nextFirstTarget = min(nextFirstTarget, found.firstTarget)
    for user in found.users { users.set(user, isTrain: isTrain) }
    for (item, target) in found.targets {
      let before = targets[item]
      targets[item] = (
        (before?.count ?? 0) + target.count, min(before?.row ?? target.row, target.row)
      )
    }
    targetCount += found.targetCount
    tiedCount += found.tiedCount
    gauges.merge(found.gauges)
    if gauges.isFull { isSampleFull.isSet = true }
  }

  private func add(_ found: LeakFindings.Found, to place: Int) {
    checks[place].count += found.count
    let room = Limits.leakExampleCount - checks[place].examples.count
    if room > 0 { checks[place].examples += found.examples.prefix(room) }
  }

  /// Ends a split; `lookers` are those of its threads.
  func finish(_ lookers: [LeakLooker]) throws {
    for looker in lookers {
      for item in trainCounts.indices where looker.trainCounts[item] > 0 {
        trainCounts[item] += looker.trainCounts[item]
      }
    }
    for kind in KeyKind.allCases {
      var rows = FirstRows()
      try joins[kind.rawValue].finishSplit { asked, values in
        guard kind == .visitor else { return rows.add(Int64(asked.value)) }
        let user = asked.value >> KeyKind.rowBitCount
        if values.lowerBound != user || values.upperBound != user {
          rows.add(Int64(asked.value & (1 << KeyKind.rowBitCount - 1)))
        }
      }
      if rows.count > 0 {
        add(
          LeakFindings.Found(count: rows.count, examples: rows.rows.map { "row \($0)" }),
          to: kind.check)
      }
    }
    firstTarget = min(firstTarget, nextFirstTarget)
  }

  /// The verdict, when all splits were looked at.
  func report() throws -> LeakageReport {
    try finishFold()
    checkNumbers()
    checkTies()
    let (reported, counted) = (inputs.reportedColdUsers, coldUserCount)
    checks[14].note = "\(reported) users of later splits are not in train"
    if counted != reported { checks[14].found("\(counted) counted again") }
    if inputs.plan.splits.contains(where: { $0.split.until - 1 > inputs.horizon }) {
      checks[7].found("a split ends after the horizon")
    }
    return LeakageReport(checks: checks, quality: gauges.gauges)
  }

  /// What only the whole of a fold shows.
  private func finishFold() throws {
    coldUserCount += users.coldCount
    let recipe = inputs.recipe
    if recipe.task == .nextItem || recipe.task == .interactions {
      for (item, count) in trainCounts.enumerated()
      where count > 0 && Int(count) < recipe.shape.itemSupport {
        checks[3].found("item \(item) has \(count) interactions in train")
      }
      if recipe.vocabulary.cold == .drop {
        let cold = targets.filter { trainCounts[Int($0.key)] == 0 }.values
        for target in cold.sorted(by: { $0.row < $1.row }) {
          checks[14].found("row \(target.row)", times: target.count)
        }
      }
    }
    for item in trainCounts.indices where trainCounts[item] > 0 {
      isTrained[item] = true
      trainCounts[item] = 0
    }
    for join in joins { try join.removeAll() }
    firstTarget = Int64.max
    users = UserFlags()
    targets = [:]
  }

  private func checkNumbers() {
    guard inputs.recipe.vocabulary.cold != .keep else { return }
    for (item, isNumbered) in inputs.isNumbered.enumerated()
    where isNumbered && !(item < isTrained.count && isTrained[item]) {
      checks[3].found("item \(item) has a number and is not in train")
    }
  }

  private func checkTies() {
    let perMillion = targetCount == 0 ? 0 : tiedCount * 1_000_000 / targetCount
    checks[10].note =
      "\(tiedCount) examples of \(targetCount) targets have a tie, \(perMillion) per million; "
      + "up to \(Limits.tiedPerMillion) pass"
    if perMillion > Limits.tiedPerMillion {
      checks[10].count = tiedCount
    } else {
      checks[10].examples = []
    }
  }
}

/// The first few of many rows, whatever their order.
private struct FirstRows {
  private(set) var count = 0
  private(set) var rows: [Int64] = []

  mutating func add(_ row: Int64) {
    count += 1
    if rows.count == Limits.leakExampleCount, let last = rows.last, row >= last { return }
    rows.insert(row, at: rows.firstIndex { $0 > row } ?? rows.count)
    if rows.count > Limits.leakExampleCount { rows.removeLast() }
  }
}
