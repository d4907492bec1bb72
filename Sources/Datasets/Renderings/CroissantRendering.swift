package import ConfigurationFiles

/// Parquet shards described by Croissant's JSON-LD.
///
/// - Shape: `croissant.json`, `data/<split>-00000-of-00001.parquet`.
package struct CroissantRendering: Rendering {
  package static let name = "croissant"
  package static let summary = "Croissant JSON-LD over Parquet shards, with checksums"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: CroissantRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "The time of day in its type: times are `sc:Date` there, microseconds in the Parquet files.",
      "A licence that the recipe does not tell, and the address where the dataset will be found.",
    ]
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    let shards = ParquetShards(contents, folder: "data/")
    try shards.write(contents, into: output)
    let files = output.written.filter { $0.path.hasSuffix(".parquet") }
    let croissant = Croissant(contents, shards.table.columns, files: files)
    try output.file("croissant.json", text: croissant.document.pretty + "\n")
    try output.describe(contents, CroissantRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try ParquetShards(contents, folder: "data/").check(contents, written)
    try Croissant.check(written, "croissant.json")
    try written.expectDescription(contents)
  }
}
