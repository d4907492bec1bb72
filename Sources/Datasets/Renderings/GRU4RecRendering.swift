package import ConfigurationFiles

/// GRU4Rec's and session-rec's tables: session, item and time as numbers, tabs between.
///
/// - Shape: `<name>_train_full.txt` (train and validation), `<name>_test.txt`,
///   `<name>_train_tr.txt`, `<name>_train_valid.txt`; times are seconds since 1970 with their
///   fraction.
package struct GRU4RecRendering: Rendering {
  package static let name = "gru4rec"
  package static let summary = "GRU4Rec and session-rec tables: SessionId, ItemId, Time"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: GRU4RecRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    var lines = [
      "Actions, weights, baskets, amounts, users and sampled negatives.",
      "What a unit did in an earlier split: a file holds each interaction once, so a session that "
        + "goes on after a cut begins there anew. Recipes with `unit: session` have few of those.",
    ]
    if contents.recipe.vocabulary.cold == .oov {
      lines.append("Items out of the vocabulary one by one: all have the highest number.")
    }
    return lines
  }

  private func table(_ contents: any DatasetContents) -> FlatTable {
    FlatTable(
      header: "SessionId\tItemId\tTime", dialect: .tabs,
      values: [
        Projections.unit, Projections.denseItem(contents),
        { batch, _, place in .double(Double(batch.time[place]) / 1e6) },
      ])
  }

  private func runs(_ contents: any DatasetContents) -> [[FlatFile]] {
    var runs: [[FlatFile]] = []
    for fold in contents.folds {
      let name = contents.name(fold)
      func part(_ file: String, _ purposes: [DatasetSplit.Purpose]) -> FlatFile {
        FlatFile(path: "\(name)_\(file).txt", splits: fold.filter { purposes.contains($0.purpose) })
      }
      runs.append([part("train_full", [.train, .validation]), part("test", [.test])])
      if fold.contains(where: { $0.purpose == .validation }) {
        runs.append([part("train_tr", [.train]), part("train_valid", [.validation])])
      }
    }
    return runs
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    try table(contents).write(runs(contents), of: contents, to: output)
    try output.describe(contents, GRU4RecRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try table(contents).check(runs(contents), of: contents, written)
    try written.expectDescription(contents)
  }
}
