package import ConfigurationFiles
import Parquet

/// A folder as a dataset repository of Hugging Face: Parquet shards and the card.
///
/// - Shape: `repository/README.md` (the card), `repository/data/<split>-00000-of-00001.parquet`,
///   `repository/croissant.json`. Rolling origins are configurations of their own.
package struct HuggingFaceRendering: Rendering {
  package static let name = "huggingface"
  package static let summary = "Hugging Face dataset repository: Parquet shards, card, Croissant"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: HuggingFaceRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "A licence that the recipe does not tell: the card says `other`.",
      "Which interactions are targets, for loaders that know only columns: the list `targets` "
        + "says.",
    ]
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    let shards = ParquetShards(contents, folder: "repository/data/")
    try shards.write(contents, into: output)
    let files = output.written.filter { $0.path.hasSuffix(".parquet") }
    try output.file("repository/README.md", text: card(contents, shards.table.columns))
    let croissant = Croissant(contents, shards.table.columns, files: files)
    try output.file("repository/croissant.json", text: croissant.document.pretty + "\n")
    try output.describe(contents, HuggingFaceRendering.name)
  }

  private static func split(_ split: DatasetSplit) -> String {
    switch split.purpose {
    case .train: "train"
    case .validation: "validation"
    case .test: "test"
    }
  }

  private static func dataType(_ column: ExampleColumn) -> String {
    switch column.kind {
    case .int64: "int64"
    case .int32, .int8: "int32"
    case .float: "float32"
    case .double: "float64"
    case .text: "string"
    case .timestamp: "timestamp[us, tz=UTC]"
    case .boolean: "bool"
    }
  }

  private func card(
    _ contents: any DatasetContents, _ columns: [ExampleColumn]
  ) -> String {
    let title = contents.recipe.title ?? contents.recipe.name
    let interactions = contents.splits.reduce(0) { $0 + contents.counts(of: $1).interactions }
    var lines = ["---", "pretty_name: \(JSONValue.string(title).pretty)"]
    lines.append("license: \(JSONValue.string(contents.recipe.license ?? "other").pretty)")
    lines.append("size_categories: [\(HuggingFaceRendering.size(interactions))]")
    lines.append("tags: [recommendation, sequential-recommendation, e-commerce]")
    lines.append("configs:")
    for fold in contents.folds {
      let number = fold.first?.fold ?? 0
      lines.append("- config_name: \(number == 0 ? "default" : "fold-\(number)")")
      if number <= 1 { lines.append("  default: true") }
      lines.append("  data_files:")
      for split in fold {
        lines.append("  - split: \(HuggingFaceRendering.split(split))")
        lines.append("    path: data/\(split.name)-*.parquet")
      }
    }
    lines += ["---", "", "# \(title)", ""]
    lines.append(
      "Task `\(contents.recipe.task.rawValue)`, version `\(contents.version)`; one row an example, "
        + "its interactions as lists of equal length, oldest first.")
    lines += ["", "| split | examples | interactions | users | items |", "|---|---|---|---|---|"]
    for split in contents.splits {
      let counts = contents.counts(of: split)
      lines.append(
        "| \(split.name) | \(counts.examples) | \(counts.interactions) | \(counts.users) "
          + "| \(counts.items) |")
    }
    lines += ["", "| column | type | meaning |", "|---|---|---|"]
    for column in columns {
      let type = HuggingFaceRendering.dataType(column)
      lines.append(
        "| `\(column.name)` | \(column.isList ? "list of \(type)" : type) | \(column.meaning) |")
    }
    lines += [
      "", "Vocabularies: items `\(contents.items.wordsHash)`, users `\(contents.users.wordsHash)`.",
      "", "```python", "from datasets import load_dataset", "",
      "load_dataset(\"path/to/this/folder\")", "```", "",
    ]
    return lines.joined(separator: "\n")
  }

  private static func size(_ count: Int) -> String {
    switch count {
    case ..<1_000: "n<1K"
    case ..<10_000: "1K<n<10K"
    case ..<100_000: "10K<n<100K"
    case ..<1_000_000: "100K<n<1M"
    case ..<10_000_000: "1M<n<10M"
    case ..<100_000_000: "10M<n<100M"
    default: "100M<n<1B"
    }
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try ParquetShards(contents, folder: "repository/data/").check(contents, written)
    // The card's head is YAML: its splits name files that are there.
    let card = String(decoding: try written.bytes("repository/README.md"), as: UTF8.self)
    let parts = card.split(separator: "---\n", maxSplits: 1, omittingEmptySubsequences: true)
    let head = parts.first ?? ""
    let document = try ConfigurationNode.parse(text: String(head), file: "repository/README.md")
    let files = try written.list("repository/data")
    var splits = 0
    for configuration in try document["configs"]?.items() ?? [] {
      for entry in try configuration["data_files"]?.items() ?? [] {
        splits += 1
        let path = try entry["path"]?.text() ?? ""
        let start = path.dropFirst("data/".count).prefix { $0 != "*" }
        if !files.contains(where: { $0.utf8.starts(with: start.utf8) }) {
          throw RenderingError.misread(
            file: "repository/README.md", place: "configs", expected: "a file like \(path)",
            found: "none")
        }
      }
    }
    guard splits == contents.splits.count else {
      throw RenderingError.misread(
        file: "repository/README.md", place: "configs", expected: "\(contents.splits.count) splits",
        found: "\(splits)")
    }
    try Croissant.check(written, "repository/croissant.json")
    try written.expectDescription(contents)
  }
}
