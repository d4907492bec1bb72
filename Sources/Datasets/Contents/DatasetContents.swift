/// A built dataset as renderings read it, again and again, in one fixed order.
///
/// - Concurrency: one thread at a time.
package protocol DatasetContents: AnyObject {
  var recipe: Recipe { get }
  /// The dataset's name and version, for cards: `next-item`, `2026-03-31-5f2c9a01`.
  var version: String { get }
  /// Train first, then validation and test, fold by fold.
  var splits: [DatasetSplit] { get }
  var items: Vocabulary { get }
  /// Users' words stand with the examples.
  var users: VocabularySummary { get }
  var actions: [DatasetAction] { get }
  var exampleColumns: [DatasetColumn] { get }
  var interactionColumns: [DatasetColumn] { get }
  /// The latest time that was known: all labels are as of then.
  var horizon: Int64 { get }

  func counts(of split: DatasetSplit) -> SplitCounts

  /// Hands over a split's examples in order, in batches of at most `Limits.batchInteractionCount`
  /// interactions (more only for a single longer example).
  func forEachBatch(of split: DatasetSplit, _ body: (ExampleBatch) throws -> Void) throws
}
