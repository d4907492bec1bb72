package import ConfigurationFiles

/// RecTools' table of interactions.
///
/// pandas takes ids such as `NA` for gaps, hence the prefixes.
/// - Shape: `interactions.csv` (a fold: `<name>-fold-1.csv`) with
///   `user_id,item_id,weight,datetime,action,split`; times in UTC without a zone.
package struct RecToolsRendering: Rendering {
  package static let name = "rectools"
  package static let summary = "RecTools interactions: user_id, item_id, weight, datetime"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: RecToolsRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Ids as they are: `u:` and `i:` stand before them, `%XX` for white space, `%` and `\"`.",
      "Baskets, amounts, units and sampled negatives.",
      "Order within one microsecond: RecTools sorts by `datetime`.",
    ]
  }

  private func table(_ contents: any DatasetContents) -> FlatTable {
    let words = RecBoleWords(contents)
    return FlatTable(
      header: "user_id,item_id,weight,datetime,action,split", dialect: .commas,
      values: [
        { batch, example, _ in .text(words.user(batch, example)) },
        { batch, _, place in .text(words.item(batch.item[place])) },
        Projections.weight, Projections.dateTime, Projections.actionName(contents),
      ], namesSplit: true)
  }

  private func runs(_ contents: any DatasetContents) -> [[FlatFile]] {
    contents.runs(whole: { $0 == contents.recipe.name ? "interactions.csv" : "\($0).csv" })
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    try table(contents).write(runs(contents), of: contents, to: output)
    try output.describe(contents, RecToolsRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try table(contents).check(runs(contents), of: contents, written)
    try written.expectDescription(contents)
  }
}
