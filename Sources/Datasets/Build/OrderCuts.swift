/// Which orders lie across a cut: what comes of an order after the split it began in is no target.
///
/// An order may be told when it is placed, attempted and paid. Where these lie on both sides of a
/// cut, a target would be an order that earlier inputs name already.
/// - Cost: 8 bytes an order that lies across a cut; all others wait on disk, sorted.
final class OrderCuts {
  private let plan: SplitPlan
  /// Orders that could be targets, by split.
  private let wanted: [KeyRuns]
  /// Orders that a split holds, by split.
  private let held: [KeyRuns]
  /// Those wanted that an earlier split holds, by fold.
  private var begun: [Set<UInt64>]

  init(_ plan: SplitPlan, _ work: BuildDirectory) {
    self.plan = plan
    wanted = plan.splits.indices.map { KeyRuns(work, "wanted-\($0)") }
    held = plan.splits.indices.map { KeyRuns(work, "held-\($0)") }
    let folds = plan.splits.map(\.split.fold).max() ?? 0
    begun = Array(repeating: [], count: folds + 1)
  }

  /// Notes the orders that splits would predict; all splits, before any is taken.
  func want(_ keys: [(split: Int, key: UInt64)]) throws {
    for (split, key) in keys { try wanted[split].append(key, 0) }
  }

  /// Notes the orders that a split holds; splits in their order.
  func take(_ keys: [UInt64], of split: Int) throws {
    guard later(than: split).contains(where: { wanted[$0].count > 0 }) else { return }
    for key in keys { try held[split].append(key, 0) }
  }

  /// What a split holds is known: later ones of its fold may ask.
  func finish(_ split: Int) throws {
    for later in later(than: split) where held[split].count > 0 && wanted[later].count > 0 {
      let (left, right) = (try held[split].sorted(), try wanted[later].sorted())
      var (first, second) = (try left.next(), try right.next())
      while let one = first, let other = second {
        if one.key == other.key { begun[plan.splits[split].split.fold].insert(one.key) }
        if one.key <= other.key { first = try left.next() } else { second = try right.next() }
      }
    }
    try held[split].removeAll()
    try wanted[split].removeAll()
  }

  private func later(than split: Int) -> [Int] {
    plan.splits.indices[(split + 1)...].filter {
      plan.splits[$0].split.fold == plan.splits[split].split.fold
    }
  }

  /// The orders that earlier splits of a split's fold hold already.
  func begun(before split: Int) -> Set<UInt64> { begun[plan.splits[split].split.fold] }
}

extension [Draft] {
  /// Appends the orders of some interactions, each once where it stands together.
  func appendBaskets(to keys: inout [UInt64]) {
    for draft in self where draft.basket != 0 && draft.basket != keys.last {
      keys.append(draft.basket)
    }
  }
}
