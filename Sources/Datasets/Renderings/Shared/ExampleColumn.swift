/// A column of a file with one row an example.
struct ExampleColumn {
  /// How values are stored.
  enum Kind {
    case int64, int32, int8, float, double, text, timestamp, boolean
  }

  /// Which interactions a list has an element for, or none.
  enum Scope {
    case example, interactions, inputs, targets, negatives
  }

  var name: String
  var kind: Kind
  var scope: Scope
  var isOptional = false
  /// For cards.
  var meaning: String
  var value: Projection

  var isList: Bool { scope != .example }

  init(
    _ name: String, _ kind: Kind, _ scope: Scope, isOptional: Bool = false, _ meaning: String,
    _ value: @escaping Projection
  ) {
    self.name = name
    self.kind = kind
    self.scope = scope
    self.isOptional = isOptional
    self.meaning = meaning
    self.value = value
  }

  /// The column's values of an example: one, or an element each.
  func forEachValue(
    _ batch: ExampleBatch, _ example: Int, _ body: (FieldValue) throws -> Void
  ) rethrows {
    switch scope {
    case .example: try body(value(batch, example, -1))
    case .interactions:
      for place in batch.interactions(example) { try body(value(batch, example, place)) }
    case .inputs, .targets:
      let wanted: UInt8 = scope == .targets ? 1 : 0
      for place in batch.interactions(example) where batch.isTarget[place] == wanted {
        try body(value(batch, example, place))
      }
    case .negatives:
      for place in batch.negativeStarts[example]..<batch.negativeStarts[example + 1] {
        try body(value(batch, example, place))
      }
    }
  }

  func count(_ batch: ExampleBatch, _ example: Int) -> Int {
    switch scope {
    case .example: return 1
    case .interactions: return batch.interactions(example).count
    case .negatives: return batch.negativeStarts[example + 1] - batch.negativeStarts[example]
    case .inputs, .targets:
      let wanted: UInt8 = scope == .targets ? 1 : 0
      return batch.interactions(example).count { batch.isTarget[$0] == wanted }
    }
  }
}

extension ExampleColumn.Kind {
  init(_ kind: DatasetColumn.Kind) {
    switch kind {
    case .integer: self = .int64
    case .real: self = .double
    case .text: self = .text
    case .time: self = .timestamp
    case .boolean: self = .boolean
    }
  }
}

extension ExampleColumn {
  /// Everything a dataset has, under the names that NDJSON uses, and seconds for trainers.
  static func everything(_ contents: any DatasetContents) -> [ExampleColumn] {
    var columns = [
      ExampleColumn("row", .int64, .example, "number of the example", Projections.row),
      ExampleColumn("user", .text, .example, "the user's id", Projections.userWord),
      ExampleColumn(
        "user_number", .int64, .example, "the user's number from 1", Projections.userNumber),
      ExampleColumn("unit", .int64, .example, "number of the unit, from 1", Projections.unit),
    ]
    columns += declared(contents)
    columns += [
      ExampleColumn(
        "items", .text, .interactions, isOptional: true, "item ids",
        Projections.itemWord(contents)),
      ExampleColumn(
        "item_numbers", .int64, .interactions, "item numbers from 1; 0 none, -1 not in vocabulary",
        Projections.itemNumber),
      ExampleColumn(
        "actions", .text, .interactions, "names of actions", Projections.actionName(contents)),
      ExampleColumn(
        "action_numbers", .int64, .interactions, "actions by number from 0",
        Projections.actionNumber),
      ExampleColumn("times", .timestamp, .interactions, "times, UTC", Projections.time),
      ExampleColumn(
        "times_s", .int64, .interactions, "whole seconds since 1970 UTC", Projections.seconds),
      ExampleColumn(
        "weights", .float, .interactions, "weights of the actions", Projections.weight),
      ExampleColumn(
        "quantities", .int64, .interactions, isOptional: true, "quantities",
        Projections.quantity),
      ExampleColumn(
        "unit_prices", .int64, .interactions, isOptional: true, "minor units",
        Projections.unitPrice),
      ExampleColumn(
        "amounts", .int64, .interactions, isOptional: true, "minor units", Projections.amount),
      ExampleColumn(
        "baskets", .int64, .interactions, "interactions of one basket share a number; -1 none",
        Projections.basket),
      ExampleColumn(
        "targets", .int64, .interactions, "1 where the interaction is to be predicted",
        Projections.isTarget),
    ]
    for (index, column) in contents.interactionColumns.enumerated() {
      columns.append(
        ExampleColumn(
          column.name, Kind(column.kind), .interactions, isOptional: true, column.meaning,
          Projections.column(index, ofInteractions: true)))
    }
    if contents.recipe.negatives != nil {
      columns.append(
        ExampleColumn(
          "negatives", .int64, .negatives, "sampled item numbers that are no targets",
          Projections.negative))
    }
    return columns
  }

  /// The columns of examples that the task declares.
  static func declared(_ contents: any DatasetContents) -> [ExampleColumn] {
    contents.exampleColumns.enumerated().map { index, column in
      ExampleColumn(
        column.name, Kind(column.kind), .example, isOptional: true, column.meaning,
        Projections.column(index, ofInteractions: false))
    }
  }
}
