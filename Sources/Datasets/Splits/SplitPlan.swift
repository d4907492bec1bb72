import Events
import Mappings

/// A cut of time and what is known on both sides of it.
///
/// - Units: microseconds since 1970 UTC; passes are times of knowledge.
struct PlannedSplit: Equatable {
  var split: DatasetSplit
  /// Index into `SplitPlan.passes`: what inputs are known by, and what targets.
  var inputPass: Int
  var targetPass: Int
}

/// Which splits there are, and which passes over the ledger they need.
///
/// A pass computes everything as of one time, so that nothing in it stands on anything later.
struct SplitPlan: Equatable {
  /// The times of knowledge, ascending; the last one is the horizon.
  var passes: [Int64] = []
  var splits: [PlannedSplit] = []
  /// Whether time parts the splits; otherwise actors or places in a path do.
  var isByTime = true
  var straddlers: SplitRules.Straddlers

  /// - Shape: `horizon` is the latest time that exists, included.
  init(_ recipe: Recipe, horizon: Int64) {
    let rules = recipe.split
    straddlers = rules.method == .sessionByDay ? .byEnd : rules.straddlers
    switch rules.method {
    case .globalTime: addGlobal(end: horizon + 1, rules, horizon)
    case .sessionByDay:
      // Whole days: the last one ends at the midnight after the horizon.
      let days = horizon >= 0 ? horizon / Span.day : (horizon - Span.day + 1) / Span.day
      addGlobal(end: (days + 1) * Span.day, rules, horizon)
    case .rollingOrigin: addFolds(rules, horizon)
    case .leaveOneOut, .actorHoldout: addAtOnce(rules, horizon)
    }
  }

  private mutating func addGlobal(end: Int64, _ rules: SplitRules, _ horizon: Int64) {
    let testFrom = end - rules.test
    let validationFrom = testFrom - rules.validation
    let first = pass(validationFrom - 1)
    let second = pass(testFrom - 1)
    let last = pass(horizon)
    add(DatasetSplit("train", .train, from: Int64.min, until: validationFrom), first, first)
    if rules.validation > 0 {
      add(
        DatasetSplit("validation", .validation, from: validationFrom, until: testFrom), first,
        second)
    }
    add(DatasetSplit("test", .test, from: testFrom, until: horizon + 1), second, last)
  }

  private mutating func addFolds(_ rules: SplitRules, _ horizon: Int64) {
    for fold in 1...rules.folds {
      let until = horizon + 1 - Int64(rules.folds - fold) * rules.step
      let from = until - rules.test
      let inputs = pass(from - 1)
      let targets = pass(until - 1)
      add(
        DatasetSplit("fold-\(fold)-train", .train, fold: fold, from: Int64.min, until: from),
        inputs, inputs)
      add(
        DatasetSplit("fold-\(fold)-test", .test, fold: fold, from: from, until: until), inputs,
        targets)
    }
  }

  private mutating func addAtOnce(_ rules: SplitRules, _ horizon: Int64) {
    isByTime = false
    let only = pass(horizon)
    let until = horizon + 1
    add(DatasetSplit("train", .train, from: Int64.min, until: until), only, only)
    if rules.method == .leaveOneOut || rules.validationPercent > 0 {
      add(DatasetSplit("validation", .validation, from: Int64.min, until: until), only, only)
    }
    add(DatasetSplit("test", .test, from: Int64.min, until: until), only, only)
  }

  private mutating func add(_ split: DatasetSplit, _ inputPass: Int, _ targetPass: Int) {
    splits.append(PlannedSplit(split: split, inputPass: inputPass, targetPass: targetPass))
  }

  /// The pass of a time of knowledge; times come in ascending order but for folds that overlap.
  private mutating func pass(_ time: Int64) -> Int {
    if let place = passes.firstIndex(of: time) { return place }
    passes.append(time)
    return passes.count - 1
  }
}

/// The latest effective time of any event, or nil when there is none.
///
/// - Shape: `bounds` are a run's latest time of occurrence, as far as it is known: runs that cannot
///   hold the latest event are not read.
func latestTime(of runs: [any EventRun], bounds: [Int64?]) throws -> Int64? {
  var latest: Int64?
  let order = runs.indices.sorted { (bounds[$0] ?? Int64.max) > (bounds[$1] ?? Int64.max) }
  for index in order {
    if let latest, let bound = bounds[index], bound <= latest { continue }
    let run = runs[index]
    try run.open(.times).scan(0..<run.rowCount, .times) { batch in
      for row in 0..<batch.count {
        let time = effectiveTime(
          occurredAt: batch.occurredAt[row], recordedAt: batch.recordedAt[row])
        if time > latest ?? Int64.min { latest = time }
      }
    }
  }
  return latest
}
