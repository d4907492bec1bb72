package import ConfigurationFiles

/// Amazon Personalize's interactions and their Avro schema.
///
/// - Shape: `interactions.csv` (a fold: `<name>-fold-1.csv`) with
///   `USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE`, seconds since 1970; `interactions.avsc`.
package struct PersonalizeRendering: Rendering {
  package static let name = "personalize"
  package static let summary = "Amazon Personalize interactions with their Avro schema"

  private static let header = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: PersonalizeRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    var lines = [
      "Splits: Personalize splits by itself; all of a dataset's interactions are here once.",
      "Interactions without an item or with one out of the vocabulary: they are left out.",
      "Baskets, amounts, units, negatives; times finer than a second. `EVENT_VALUE` is the weight.",
    ]
    let count = contents.splits.reduce(0) { $0 + contents.counts(of: $1).interactions }
    if count < 1_000 {
      lines.append("Personalize wants 1,000 interactions at least; here are fewer.")
    }
    return lines
  }

  /// The commerce domain's names where it has one.
  static func eventType(_ action: String) -> String {
    switch action {
    case "view": "View"
    case "cart_add": "AddToCart"
    case "cart_remove": "RemoveFromCart"
    case "checkout": "StartCheckout"
    case "purchase": "Purchase"
    default: action
    }
  }

  private func table(_ contents: any DatasetContents) -> FlatTable {
    let types = contents.actions.map {
      Array(PersonalizeRendering.eventType($0.name).utf8)[...]
    }
    return FlatTable(
      header: PersonalizeRendering.header, dialect: .commas,
      values: [
        Projections.userWord, Projections.itemWord(contents), Projections.seconds,
        { batch, _, place in .text(types[Int(batch.action[place])]) }, Projections.weight,
      ],
      includes: { batch, place in batch.item[place] > 0 })
  }

  private func runs(_ contents: any DatasetContents) -> [[FlatFile]] {
    contents.runs(whole: { $0 == contents.recipe.name ? "interactions.csv" : "\($0).csv" })
  }

  private static var schema: JSONValue {
    func field(_ name: String, _ type: JSONValue) -> JSONValue {
      .object([.init("name", .string(name)), .init("type", type)])
    }
    let optionalFloat = JSONValue.strings(["float", "null"])
    return .object([
      .init("type", .string("record")), .init("name", .string("Interactions")),
      .init("namespace", .string("com.amazonaws.personalize.schema")),
      .init(
        "fields",
        .array([
          field("USER_ID", .string("string")), field("ITEM_ID", .string("string")),
          field("TIMESTAMP", .string("long")), field("EVENT_TYPE", .string("string")),
          field("EVENT_VALUE", optionalFloat),
        ])),
      .init("version", .string("1.0")),
    ])
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    try table(contents).write(runs(contents), of: contents, to: output)
    try output.file("interactions.avsc", text: PersonalizeRendering.schema.pretty + "\n")
    try output.describe(contents, PersonalizeRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try table(contents).check(runs(contents), of: contents, written)
    let schema = JSONValue(parsing: try written.bytes("interactions.avsc"))
    let names = schema?["fields"]?.elements?.compactMap { $0["name"]?.text } ?? []
    guard names.joined(separator: ",") == PersonalizeRendering.header else {
      throw RenderingError.misread(
        file: "interactions.avsc", place: "fields", expected: PersonalizeRendering.header,
        found: names.joined(separator: ","))
    }
    try written.expectDescription(contents)
  }
}
