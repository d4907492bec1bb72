package import ConfigurationFiles

/// SASRec's and BERT4Rec's text: a user and an item a line, numbers from 1, in order.
///
/// - Shape: `<name>.txt` holds all, for their own split; `<name>.train.txt` and so on are ours.
package struct SASRecRendering: Rendering {
  package static let name = "sasrec"
  package static let summary = "SASRec and BERT4Rec text: user and item numbers, in order"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: SASRecRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Times, actions, weights, baskets, amounts and sampled negatives; sessions: rows are a "
        + "user's.",
      "Our split in `<name>.txt`: those programs keep each user's last item for the test and the "
        + "one before for validation, whatever the time; users with fewer than three are train "
        + "only.",
    ]
  }

  private func table(_ contents: any DatasetContents) -> FlatTable {
    FlatTable(
      header: nil, dialect: .spaces,
      values: [Projections.userNumber, Projections.denseItem(contents)])
  }

  private func runs(_ contents: any DatasetContents) -> [[FlatFile]] {
    contents.runs(whole: { "\($0).txt" })
      + contents.runs { "\(contents.recipe.name).\($0.shortName).txt" }
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    try table(contents).write(runs(contents), of: contents, to: output)
    try output.describe(contents, SASRecRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try table(contents).check(runs(contents), of: contents, written)
    try written.expectDescription(contents)
  }
}
