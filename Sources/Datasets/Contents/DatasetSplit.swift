/// A named part of a dataset; all formats of a build render the same ones.
///
/// - Units: microseconds since 1970 UTC; `from` is included, `until` is not. They bound the
///   targets, or all interactions where there are no targets.
package struct DatasetSplit: Sendable, Equatable {
  package enum Purpose: String, Sendable, CaseIterable {
    case train, validation, test
  }

  /// `train`, `validation`, `test`; of rolling origins `fold-1-train` and so on.
  package var name: String
  package var purpose: Purpose
  /// The fold of a rolling origin, from 1; 0 where there are none.
  package var fold = 0
  package var from: Int64
  package var until: Int64

  package init(_ name: String, _ purpose: Purpose, fold: Int = 0, from: Int64, until: Int64) {
    self.name = name
    self.purpose = purpose
    self.fold = fold
    self.from = from
    self.until = until
  }
}

/// What a split holds.
package struct SplitCounts: Sendable, Equatable {
  package var examples = 0
  package var interactions = 0
  package var targets = 0
  package var users = 0
  /// Distinct items.
  package var items = 0
  package var firstTime: Int64?
  package var lastTime: Int64?
  /// The most interactions of one example.
  package var longest = 0

  package init() {}
}

/// What an interaction does, by its code in a dataset.
package struct DatasetAction: Sendable, Equatable {
  /// The recipe's name: a role of the contract, `purchase` for a paid line.
  package var name: String
  package var weight: Float
  /// A bit of its own, the same in every dataset: view 1, cart_add 2, cart_remove 4, checkout 8,
  /// payment_attempt 16, payment_failure 32, purchase 64, refund 128, ad 256, search 512, other
  /// roles above.
  package var mask: Int64

  package init(name: String, weight: Float, mask: Int64) {
    self.name = name
    self.weight = weight
    self.mask = mask
  }
}
