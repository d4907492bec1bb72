package import ConfigurationFiles
import Parquet

/// RePlay's tables: flat interactions, and sequences as numeric lists for its Parquet reader.
///
/// - Shape: `<split>.csv` with `query_id,item_id,rating,timestamp` (seconds);
///   `sequences-<split>-00000-of-00001.parquet` with lists; `metadata.json` says shape and padding.
package struct RePlayRendering: Rendering {
  package static let name = "replay"
  package static let summary = "RePlay interactions, and sequences as numeric Parquet lists"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: RePlayRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Ids as text: numbers are those of the vocabularies, items out of it have the highest "
        + "number.",
      "Baskets, amounts, sampled negatives and columns of text.",
      "Times finer than a second.",
    ]
  }

  private func table(_ contents: any DatasetContents) -> FlatTable {
    FlatTable(
      header: "query_id,item_id,rating,timestamp", dialect: .commas,
      values: [
        Projections.userNumber, Projections.denseItem(contents), Projections.weight,
        Projections.seconds,
      ])
  }

  private func lists(_ contents: any DatasetContents) -> ParquetTable {
    ParquetTable([
      ExampleColumn("query_id", .int64, .example, "user", Projections.userNumber),
      ExampleColumn("item_id", .int64, .inputs, "items", Projections.denseItem(contents)),
      ExampleColumn("action", .int64, .inputs, "actions", Projections.actionNumber),
      ExampleColumn("rating", .float, .inputs, "weights", Projections.weight),
      ExampleColumn("timestamp", .int64, .inputs, "seconds", Projections.seconds),
      ExampleColumn("target_item_id", .int64, .targets, "targets", Projections.denseItem(contents)),
    ])
  }

  private func path(_ split: DatasetSplit) -> (Int, Int) -> String {
    { "sequences-\(split.name)-\($0.paddedToFive)-of-\($1.paddedToFive).parquet" }
  }

  private func runs(_ contents: any DatasetContents) -> [[FlatFile]] {
    contents.runs { "\($0.name).csv" }
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    try table(contents).write(runs(contents), of: contents, to: output)
    var longest = 1
    for split in contents.splits {
      try lists(contents).write(split, of: contents, to: output, path: path(split))
      longest = max(longest, contents.counts(of: split).longest)
    }
    let shape = JSONValue.object([
      .init("shape", .array([.integer(longest)])), .init("padding", .integer(0)),
    ])
    let names = ["item_id", "action", "rating", "timestamp", "target_item_id"]
    let metadata = JSONValue.object(
      [.init("query_id", .object([]))] + names.map { .init($0, shape) })
    try output.file("metadata.json", text: metadata.pretty + "\n")
    try output.describe(contents, RePlayRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try table(contents).check(runs(contents), of: contents, written)
    for split in contents.splits {
      try lists(contents).check(split, of: contents, written, path: path(split))
    }
    try written.expectDescription(contents)
  }
}
