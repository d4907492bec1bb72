import Bytes
package import ConfigurationFiles
import Parquet

/// One row an example, interactions as list columns; whole examples in a row group, split in
/// shards.
///
/// - Shape: `<split>-00000-of-00001.parquet`, names as in NDJSON and `times_s`, `action_numbers`.
package struct ParquetRendering: Rendering {
  package static let name = "parquet"
  package static let summary = "one row an example, interactions as list columns, sharded"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: ParquetRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] { [] }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    try ParquetShards(contents, folder: "").write(contents, into: output)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try ParquetShards(contents, folder: "").check(contents, written)
  }
}

/// The shards of all splits, as several renderings need them.
struct ParquetShards {
  private let folder: String
  let table: ParquetTable

  init(_ contents: any DatasetContents, folder: String) {
    self.folder = folder
    var table = ParquetTable(ExampleColumn.everything(contents))
    table.keyValues = [
      KeyValue("daybook.dataset", contents.version),
      KeyValue("daybook.items", contents.items.wordsHash),
      KeyValue("daybook.users", contents.users.wordsHash),
    ]
    self.table = table
  }

  func path(_ split: DatasetSplit) -> (Int, Int) -> String {
    { shard, count in
      "\(folder)\(split.name)-\(shard.paddedToFive)-of-\(count.paddedToFive).parquet"
    }
  }

  func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    for split in contents.splits {
      try table.write(split, of: contents, to: output, path: path(split))
    }
  }

  func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    for split in contents.splits {
      try table.check(split, of: contents, written, path: path(split))
    }
  }
}

extension Int {
  /// Five digits and more.
  var paddedToFive: String {
    let digits = "\(self)"
    return String(repeating: "0", count: Swift.max(0, 5 - digits.utf8.count)) + digits
  }
}
