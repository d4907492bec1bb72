/// Which orders lie across a cut: what comes of an order after the split it began in is no target.
///
/// An order may be told when it is placed, attempted and paid. Where these lie on both sides of a
/// cut, a target would be an order that earlier inputs name already.
/// - Cost: 8 bytes an order that is a target of a later split.
struct OrderCuts {
  private let plan: SplitPlan
  /// Orders that could be targets, by split.
  private var wanted: [Set<UInt64>]
  /// Those of them that an earlier split holds, by fold.
  private var begun: [Set<UInt64>]

  init(_ plan: SplitPlan) {
    self.plan = plan
    wanted = Array(repeating: [], count: plan.splits.count)
    let folds = plan.splits.map(\.split.fold).max() ?? 0
    begun = Array(repeating: [], count: folds + 1)
  }

  /// Notes the orders that a split would predict; all splits, before any is taken.
  mutating func want(_ drafts: [Draft], of split: Int) {
    for draft in drafts where draft.isTarget && draft.basket != 0 {
      wanted[split].insert(draft.basket)
    }
  }

  /// Notes the orders that a split holds; splits in their order.
  mutating func take(_ drafts: [Draft], of split: Int) {
    let fold = plan.splits[split].split.fold
    for draft in drafts where draft.basket != 0 {
      for later in plan.splits.indices[(split + 1)...]
      where plan.splits[later].split.fold == fold && wanted[later].contains(draft.basket) {
        begun[fold].insert(draft.basket)
      }
    }
  }

  /// Whether an earlier split of the same fold holds the draft's order.
  func hasBegun(_ draft: Draft, before split: Int) -> Bool {
    draft.basket != 0 && begun[plan.splits[split].split.fold].contains(draft.basket)
  }
}
