import Bytes
import ConfigurationFiles
import Files
import FilesTesting

@testable import Datasets

/// Examples written down by hand, for renderings.
final class SmallContents: DatasetContents {
  /// One interaction: an item's number, an action's, and seconds since the base.
  struct Step {
    var item: Int32
    var action: UInt8
    var seconds: Double
    var isTarget = false
    var basket: Int32 = -1
    var amount: Int64?
    var texts: [String?] = []

    init(
      _ item: Int32, _ action: UInt8, _ seconds: Double, isTarget: Bool = false,
      basket: Int32 = -1, amount: Int64? = nil, texts: [String?] = []
    ) {
      self.item = item
      self.action = action
      self.seconds = seconds
      self.isTarget = isTarget
      self.basket = basket
      self.amount = amount
      self.texts = texts
    }
  }

  /// One example of a user, who is also the unit unless said otherwise.
  struct Row {
    var user: Int32
    var unit: Int64
    var steps: [Step]
    var cells: [Cell] = []
    var negatives: [Int32] = []
  }

  /// A value of an example's column.
  enum Cell {
    case none
    case integer(Int64)
    case real(Double)
    case text(String)
  }

  static let base: Int64 = 1_760_000_000

  var recipe: Recipe
  var version = "2025-10-10-0123abcd"
  var splits: [DatasetSplit]
  var items = Vocabulary(name: "items")
  var users: VocabularySummary
  private let userWords: [String]
  var actions = [
    DatasetAction(name: "view", weight: 1, mask: 1),
    DatasetAction(name: "cart_add", weight: 3, mask: 2),
    DatasetAction(name: "purchase", weight: 10, mask: 64),
    DatasetAction(name: "payment_failure", weight: 0.5, mask: 32),
  ]
  var exampleColumns: [DatasetColumn] = []
  var interactionColumns: [DatasetColumn] = []
  var horizon: Int64 = (SmallContents.base + 86_400) * 1_000_000
  var rows: [[Row]]
  /// Examples of a batch.
  var batchCount = 2

  init(task: Recipe.Task = .nextItem, users: [String], items: [String], rows: [[Row]]) {
    recipe = Recipe(task: task)
    recipe.name = "demo"
    var words = Vocabulary(name: "users")
    for user in users { words.append(user.utf8, firstSeen: 0) }
    self.users = VocabularySummary(
      name: "users", count: users.count, usedCount: users.count, wordsHash: words.wordsHash)
    userWords = users
    let purposes: [DatasetSplit.Purpose] = [.train, .validation, .test]
    splits = zip(purposes, rows).map { purpose, _ in
      DatasetSplit(purpose.rawValue, purpose, from: 0, until: 1)
    }
    self.rows = rows
    for item in items { self.items.append(item.utf8, firstSeen: 0) }
  }

  private func rows(_ split: DatasetSplit) -> [Row] {
    rows[splits.firstIndex { $0.name == split.name } ?? 0]
  }

  func counts(of split: DatasetSplit) -> SplitCounts {
    var counts = SplitCounts()
    let rows = rows(split)
    let steps = rows.flatMap(\.steps)
    counts.examples = rows.count
    counts.interactions = steps.count
    counts.targets = steps.count(where: \.isTarget)
    counts.users = Set(rows.map(\.user)).count
    counts.items = Set(steps.map(\.item)).count
    counts.firstTime = steps.map { SmallContents.time($0.seconds) }.min()
    counts.lastTime = steps.map { SmallContents.time($0.seconds) }.max()
    counts.longest = rows.map(\.steps.count).max() ?? 0
    return counts
  }

  static func time(_ seconds: Double) -> Int64 {
    base * 1_000_000 + Int64((seconds * 1e6).rounded())
  }

  func forEachBatch(of split: DatasetSplit, _ body: (ExampleBatch) throws -> Void) throws {
    let before = splits.prefix { $0.name != split.name }.reduce(0) { $0 + rows($1).count }
    var batch = ExampleBatch(exampleColumns, interactionColumns)
    for (number, row) in rows(split).enumerated() {
      append(row, number: Int64(before + number), to: &batch)
      if batch.count == batchCount {
        try body(batch)
        batch = ExampleBatch(exampleColumns, interactionColumns)
      }
    }
    if batch.count > 0 { try body(batch) }
  }

  private func append(_ row: Row, number: Int64, to batch: inout ExampleBatch) {
    batch.row.append(number)
    batch.user.append(row.user)
    batch.userWord.append(userWords[Int(row.user) - 1].utf8)
    batch.unit.append(row.unit)
    for step in row.steps {
      batch.item.append(step.item)
      batch.action.append(step.action)
      batch.time.append(SmallContents.time(step.seconds))
      batch.weight.append(actions[Int(step.action)].weight)
      batch.quantity.append(step.amount == nil ? nil : 1)
      batch.unitPrice.append(step.amount)
      batch.amount.append(step.amount)
      batch.basket.append(step.basket)
      batch.isTarget.append(step.isTarget ? 1 : 0)
      for index in interactionColumns.indices {
        let text = step.texts.indices.contains(index) ? step.texts[index] : nil
        guard case .text(var texts) = batch.interactionColumns[index] else { continue }
        texts.append(text.map { Array($0.utf8) })
        batch.interactionColumns[index] = .text(texts)
      }
    }
    batch.starts.append(batch.item.count)
    for index in exampleColumns.indices {
      let cell = row.cells.indices.contains(index) ? row.cells[index] : .none
      batch.columns[index] = SmallContents.appending(cell, to: batch.columns[index])
    }
    batch.negatives += row.negatives
    batch.negativeStarts.append(batch.negatives.count)
  }

  private static func appending(_ cell: Cell, to column: ColumnValues) -> ColumnValues {
    switch column {
    case .integer(var values):
      if case .integer(let value) = cell { values.append(value) } else { values.append(nil) }
      return .integer(values)
    case .real(var values):
      if case .real(let value) = cell { values.append(value) } else { values.append(.nan) }
      return .real(values)
    case .text(var values):
      if case .text(let text) = cell {
        values.append(Array(text.utf8))
      } else {
        values.append(nil as [UInt8]?)
      }
      return .text(values)
    }
  }
}

extension SmallContents {
  /// The notes' tiny dataset: A views, adds and buys 10; B views 11 and 12, her card is declined.
  static var tiny: SmallContents {
    SmallContents(
      users: ["A", "B"], items: ["10", "11", "12"],
      rows: [
        [
          Row(user: 1, unit: 1, steps: [Step(1, 0, 0), Step(1, 1, 60), Step(1, 2, 120)]),
          Row(user: 2, unit: 2, steps: [Step(2, 0, 0), Step(3, 0, 30), Step(3, 3, 90)]),
        ]
      ])
  }

  /// Words that readers lose, ties, an item out of the vocabulary, targets, nulls, negatives.
  static var hostile: SmallContents {
    let words = [
      "NA", "null", "None", "nan", "\"quoted", "a,b", "tab\there", "line\nbreak", "100%", " lead",
      "N/A", "été", "'", "\\", "0", "-1", "=1+1", "#x",
    ]
    let count = Int32(words.count)
    let contents = SmallContents(
      users: ["NA", "\"u", "x y", "漢字"], items: words,
      rows: [
        [
          Row(
            user: 1, unit: 1, steps: (1...count).map { Step($0, 0, Double($0 / 2)) },
            cells: [.integer(5), .real(0.5), .text("a,\"b\"\n"), .integer(1), .integer(7)]),
          Row(
            user: 2, unit: 2,
            steps: [
              Step(1, 0, 0.000001), Step(2, 1, 0.5), Step(2, 1, 0.5, amount: 4_999),
              Step(3, 2, 400.25, basket: 0, amount: 1_999, texts: ["o\"1", "EUR"]),
              Step(4, 2, 400.25, basket: 0, amount: 5, texts: ["o\"1", "EUR"]),
            ], cells: [.none, .none, .none, .none, .none]),
          Row(user: 3, unit: 3, steps: [Step(5, 0, 3)], negatives: [1, 2]),
        ],
        [
          Row(
            user: 2, unit: 12,
            steps: [
              Step(1, 0, 0.000001), Step(2, 1, 0.5), Step(2, 1, 0.5), Step(3, 2, 400.25),
              Step(4, 2, 400.25), Step(7, 0, 500, isTarget: true),
              Step(8, 0, 501, isTarget: true), Step(7, 1, 502, isTarget: true),
            ], negatives: [5, 6, 9])
        ],
        [
          Row(
            user: 4, unit: 4,
            steps: [
              Step(6, 0, 1_000), Step(-1, 0, 1_001), Step(0, 0, 1_002),
              Step(6, 2, 1_003, isTarget: true, basket: 1, amount: 100, texts: [nil, "EUR"]),
            ], cells: [.integer(-3), .real(1e300), .text(""), .integer(0), .none]),
          Row(user: 4, unit: 5, steps: []),
        ],
      ])
    contents.exampleColumns = [
      DatasetColumn("count", .integer, .feature, "A number."),
      DatasetColumn("share", .real, .feature, "A share."),
      DatasetColumn("note", .text, .context, "A text."),
      DatasetColumn("bought", .boolean, .label, "A truth."),
      DatasetColumn("seen_at", .time, .context, "A time."),
    ]
    contents.interactionColumns = [
      DatasetColumn("order_id", .text, .context, "The order."),
      DatasetColumn("currency", .text, .context, "The currency."),
    ]
    contents.recipe.negatives = NegativeRules()
    contents.recipe.vocabulary.cold = .oov
    return contents
  }

  /// Paths of touches, with and without a conversion.
  static var touches: SmallContents {
    let contents = SmallContents(
      task: .touchpoints, users: ["A", "B", "C"], items: [],
      rows: [
        [
          Row(
            user: 1, unit: 1,
            steps: [
              Step(0, 0, 0, texts: ["email", "spring", "c1"]),
              Step(0, 0, 60, texts: ["search", nil, nil]),
            ],
            cells: [.integer(1), .integer((base + 90) * 1_000_000), .integer(4_999), .integer(1)]
          ),
          Row(
            user: 2, unit: 2, steps: [Step(0, 0, 10, texts: ["a > b", "spring", nil])],
            cells: [.integer(0), .none, .integer(0), .integer(1)]),
          Row(
            user: 3, unit: 3, steps: [Step(0, 0, 10, texts: [nil, "autumn", nil])],
            cells: [.none, .none, .none, .integer(0)]),
        ]
      ])
    contents.actions = [DatasetAction(name: "ad", weight: 1, mask: 256)]
    contents.exampleColumns = [
      DatasetColumn("conversion", .boolean, .label, "Whether a purchase followed."),
      DatasetColumn("converted_at", .time, .label, "The purchase."),
      DatasetColumn("value", .integer, .label, "Net value."),
      DatasetColumn("mature", .boolean, .context, "Whether it can change no more."),
    ]
    contents.interactionColumns = [
      DatasetColumn("channel", .text, .feature, "The channel."),
      DatasetColumn("campaign_id", .text, .feature, "The campaign."),
      DatasetColumn("creative_id", .text, .feature, "The creative."),
    ]
    return contents
  }
}

/// A disk in memory with one rendering on it.
struct Rendered {
  let files = SimulatedFileSystem(directory: "/ledger")
  let rendering: any Rendering
  let contents: SmallContents
  let written: [DatasetFile]

  init(_ kind: any Rendering.Type, _ contents: SmallContents, options: String? = nil) throws {
    self.contents = contents
    let node = try options.map { try ConfigurationNode.parse(text: $0, file: "options") }
    rendering = try kind.init(options: node)
    let output = RenderingOutput(files: files, directory: "/ledger", folder: kind.name)
    try rendering.write(contents, into: output)
    written = output.written
  }

  func check() throws {
    try rendering.check(
      contents,
      RenderingInput(files: files, directory: "/ledger", folder: type(of: rendering).name))
  }

  func text(_ path: String) -> String {
    String(
      decoding: files.bytes("/ledger/\(type(of: rendering).name)/\(path)") ?? [], as: UTF8.self)
  }
}
