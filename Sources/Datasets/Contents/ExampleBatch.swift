package import Bytes

/// Some examples of one split as columns: what every rendering reads.
///
/// An example is one unit (an actor's path, a session, a sequence, an episode) with its
/// interactions in order, and columns of its own. A table without lists is an example without
/// interactions.
/// - Shape: columns of examples have `count` entries, columns of interactions `interactionCount`;
///   the interactions of example `i` are `starts[i]..<starts[i + 1]`, oldest first. Examples are
///   sorted by (user, unit, first time); the interactions of an example by (time, action, place).
/// - Units: times in microseconds since 1970 UTC; money in minor units.
package struct ExampleBatch: Sendable, Equatable {
  /// Stands for an item that the vocabulary does not have (`vocabulary.cold: oov`).
  package static let outOfVocabulary: Int32 = -1

  // Of examples.
  package var starts: [Int] = [0]
  /// The example's row number in the dataset, over all splits, from 0: what `explain` takes.
  package var row: [Int64] = []
  /// Index into the vocabulary of users, from 1.
  package var user: [Int32] = []
  /// The user's word in the vocabulary.
  package var userWord = ByteStrings()
  /// The number of the unit in the dataset, from 1: a session id for readers that want numbers.
  /// Several examples share it where `expand` made them from one unit.
  package var unit: [Int64] = []
  /// In the order of `DatasetContents.exampleColumns`.
  package var columns: [ColumnValues]

  // Of interactions.
  /// Index into the vocabulary of items, from 1; `outOfVocabulary` for one it does not have, 0
  /// where the interaction has no item (a touch of an ad).
  package var item: [Int32] = []
  /// Index into `DatasetContents.actions`.
  package var action: [UInt8] = []
  package var time: [Int64] = []
  package var weight: [Float] = []
  package var quantity = OptionalIntegers<Int64>()
  package var unitPrice = OptionalIntegers<Int64>()
  /// What the line is worth: quantity × unit price, or what a payment or refund told.
  package var amount = OptionalIntegers<Int64>()
  /// Interactions of one basket have one number within the example; -1 outside of baskets.
  package var basket: [Int32] = []
  /// 1 where the interaction is to be predicted from those that are 0, else 0.
  package var isTarget: [UInt8] = []
  /// In the order of `DatasetContents.interactionColumns`.
  package var interactionColumns: [ColumnValues]

  /// Sampled items that are no targets: those of example `i` are
  /// `negatives[negativeStarts[i]..<negativeStarts[i + 1]]`; none unless the recipe asks.
  package var negativeStarts: [Int] = [0]
  package var negatives: [Int32] = []

  package init(_ columns: [DatasetColumn], _ interactionColumns: [DatasetColumn]) {
    self.columns = columns.map { ColumnValues($0.kind) }
    self.interactionColumns = interactionColumns.map { ColumnValues($0.kind) }
  }

  package var count: Int { row.count }
  package var interactionCount: Int { item.count }

  /// The places of an example's interactions.
  package func interactions(_ example: Int) -> Range<Int> { starts[example]..<starts[example + 1] }

  /// The places of an example's inputs, in order.
  package func inputs(_ example: Int) -> [Int] {
    interactions(example).filter { isTarget[$0] == 0 }
  }

  /// The places of an example's targets, in order.
  package func targets(_ example: Int) -> [Int] {
    interactions(example).filter { isTarget[$0] == 1 }
  }
}
