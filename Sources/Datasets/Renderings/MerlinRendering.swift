package import ConfigurationFiles

/// Merlin's and Transformers4Rec's Parquet: a session a row, lists of integers, and the schema
/// twice.
///
/// Item 0 pads, 1 is null, 2 out of vocabulary, so numbers are the vocabulary's plus 2. A row is a
/// whole session, which no reader may tear.
/// - Shape: `<split>.parquet` (`train`, `valid`, `test`), `schema.pbtxt`, `.merlin/schema.json`,
///   `schema.json`, `_file_list.txt`.
package struct MerlinRendering: Rendering {
  package static let name = "merlin"
  package static let summary =
    "Merlin and Transformers4Rec Parquet with schema.pbtxt and schema.json"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: MerlinRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Ids as text. Numbers are those of the vocabularies plus 2: 0 pads, 1 is null, 2 stands for "
        + "all items out of the vocabulary.",
      "Inputs and targets apart: lists hold both, `target_count` says how many at the end are "
        + "targets.",
      "Its layout of one folder a day with a random part inside: whole splits are written instead.",
      "Nulls of columns: -1 for integers. Baskets, amounts, columns of text, negatives.",
    ]
  }

  private static let reserved: Int64 = 2

  private func columns(_ contents: any DatasetContents) -> [ExampleColumn] {
    var columns = [
      ExampleColumn("session_id", .int64, .example, "session_id", Projections.unit),
      ExampleColumn("user_id", .int64, .example, "user_id") { batch, example, _ in
        .integer(Int64(batch.user[example]) + MerlinRendering.reserved)
      },
      ExampleColumn("item_id-count", .int64, .example, "") { batch, example, _ in
        .integer(Int64(batch.interactions(example).count))
      },
      ExampleColumn("target_count", .int64, .example, "") { batch, example, _ in
        .integer(Int64(batch.interactions(example).count { batch.isTarget[$0] == 1 }))
      },
      ExampleColumn("item_id-list", .int64, .interactions, "item_id") { batch, _, place in
        let item = batch.item[place]
        if item == 0 { return .integer(1) }
        return .integer(item > 0 ? Int64(item) + MerlinRendering.reserved : 2)
      },
      ExampleColumn("action-list", .int64, .interactions, "action") { batch, _, place in
        .integer(Int64(batch.action[place]) + MerlinRendering.reserved + 1)
      },
      ExampleColumn("time-list", .int64, .interactions, "time", Projections.seconds),
      ExampleColumn("weight-list", .float, .interactions, "weight", Projections.weight),
    ]
    for (index, column) in contents.exampleColumns.enumerated() where column.kind != .text {
      let value = Projections.column(index, ofInteractions: false)
      let isReal = column.kind == .real
      columns.append(
        ExampleColumn(column.name, isReal ? .float : .int64, .example, column.use.rawValue) {
          batch, example, place in
          switch value(batch, example, place) {
          case .integer(let number): .integer(number)
          case .double(let number): .float(Float(number))
          default: isReal ? .float(.nan) : .integer(-1)
          }
        })
    }
    return columns
  }

  /// How each column looks to a trainer.
  private func features(_ contents: any DatasetContents) -> [MerlinFeature] {
    let longest = contents.splits.map { contents.counts(of: $0).longest }.max() ?? 0
    let lists = longest > 0 ? 1...longest : 0...1
    return columns(contents).map { column in
      var feature = MerlinFeature(name: column.name, isFloat: column.kind == .float)
      if column.isList { feature.valueCount = lists }
      switch column.name {
      case "session_id": feature.tags = ["session_id", "session", "id", "categorical"]
      case "user_id":
        feature.tags = ["user_id", "user", "id", "categorical"]
        feature.categories = Int64(contents.users.count) + MerlinRendering.reserved
      case "item_id-list":
        feature.tags = ["item_id", "item", "id", "list", "categorical"]
        feature.categories = Int64(contents.items.count) + MerlinRendering.reserved
      case "action-list":
        feature.tags = ["list", "categorical"]
        feature.categories = Int64(contents.actions.count) + MerlinRendering.reserved
      case "time-list": feature.tags = ["list", "time"]
      case "weight-list": feature.tags = ["list", "continuous"]
      case "item_id-count", "target_count": feature.tags = ["context"]
      default: feature.tags = [column.meaning == "label" ? "target" : "context"]
      }
      return feature
    }
  }

  private func path(_ split: DatasetSplit) -> (Int, Int) -> String {
    { shard, count in
      count == 1 ? "\(split.shortName).parquet" : "\(split.shortName)-\(shard.paddedToFive).parquet"
    }
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    let table = ParquetTable(columns(contents))
    var paths: [String] = []
    for split in contents.splits {
      try table.write(split, of: contents, to: output) { shard, count in
        let path = path(split)(shard, count)
        paths.append(path)
        return path
      }
    }
    let features = features(contents)
    try output.file("schema.pbtxt", text: features.map(\.text).joined())
    let json = MerlinFeature.document(features).pretty + "\n"
    try output.file("schema.json", text: json)
    try output.file(".merlin/schema.json", text: json)
    try output.file(
      "_file_list.txt", text: "\(paths.count)\n" + paths.joined(separator: "\n") + "\n")
    try output.describe(contents, MerlinRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    let table = ParquetTable(columns(contents))
    for split in contents.splits {
      try table.check(split, of: contents, written, path: path(split))
    }
    let names = columns(contents).map(\.name)
    let document = JSONValue(parsing: try written.bytes(".merlin/schema.json"))
    let read = document?["feature"]?.elements?.compactMap { $0["name"]?.text }
    let text = TextMessage(parsing: try written.bytes("schema.pbtxt"))
    let readText = text?.messages("feature").compactMap { $0.text("name") }
    guard read == names, readText == names else {
      throw RenderingError.misread(
        file: "schema.pbtxt", place: "features", expected: "\(names)",
        found: "\(readText ?? []), \(read ?? [])")
    }
    try written.expectDescription(contents)
  }
}

/// A column in the language of TensorFlow Metadata, as Merlin reads it.
struct MerlinFeature {
  var name: String
  var isFloat: Bool
  /// The least and the most elements of a list; nil outside of lists.
  var valueCount: ClosedRange<Int>?
  /// The highest number of a categorical column.
  var categories: Int64?
  var tags: [String] = []

  init(name: String, isFloat: Bool) {
    self.name = name
    self.isFloat = isFloat
  }

  private var isRagged: Bool { valueCount.map { $0.lowerBound != $0.upperBound } ?? false }

  private var dataType: String { isFloat ? "float" : "int" }

  /// In protocol buffers' text format.
  var text: String {
    var lines = ["feature {", "  name: \"\(name)\""]
    if let valueCount {
      lines += [
        "  value_count {", "    min: \(valueCount.lowerBound)", "    max: \(valueCount.upperBound)",
        "  }",
      ]
    }
    lines.append("  type: \(isFloat ? "FLOAT" : "INT")")
    if let categories {
      lines += [
        "  int_domain {", "    name: \"\(name)\"", "    min: 0", "    max: \(categories)",
        "    is_categorical: true", "  }",
      ]
    }
    lines.append("  annotation {")
    lines += tags.map { "    tag: \"\($0)\"" }
    lines += ["  }", "}", ""]
    return lines.joined(separator: "\n")
  }

  /// In its JSON form: names in camel case, 64-bit integers as text.
  static func document(_ features: [MerlinFeature]) -> JSONValue {
    .object([
      .init(
        "feature",
        .array(
          features.map { feature in
            var members: [JSONValue.Member] = [.init("name", .string(feature.name))]
            if let count = feature.valueCount {
              members.append(
                .init(
                  "valueCount",
                  .object([
                    .init("min", .string("\(count.lowerBound)")),
                    .init("max", .string("\(count.upperBound)")),
                  ])))
            }
            members.append(.init("type", .string(feature.isFloat ? "FLOAT" : "INT")))
            if let categories = feature.categories {
              members.append(
                .init(
                  "intDomain",
                  .object([
                    .init("name", .string(feature.name)), .init("min", .string("0")),
                    .init("max", .string("\(categories)")), .init("isCategorical", .boolean(true)),
                  ])))
            }
            members.append(.init("annotation", feature.annotation))
            return .object(members)
          }))
    ])
  }

  private var annotation: JSONValue {
    let isList = valueCount != nil
    let dimensions: JSONValue =
      isList
      ? .array([.array([.integer(0), .null]), .array([.integer(0), .null])])
      : .array([.array([.integer(0), .null])])
    return .object([
      .init("tag", .strings(tags)),
      .init(
        "extraMetadata",
        .array([
          .object([
            .init("_dims", dimensions), .init("is_list", .boolean(isList)),
            .init("is_ragged", .boolean(isRagged)),
            .init("dtype_item_size", .number(isFloat ? "32.0" : "64.0")),
          ])
        ])),
    ])
  }
}
