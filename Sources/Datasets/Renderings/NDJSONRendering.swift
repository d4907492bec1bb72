import Bytes
package import ConfigurationFiles

/// One JSON object an example, its interactions as lists of equal length.
///
/// - Shape: `<split>.ndjson`; keys `row`, `user`, `user_number`, `unit`, the examples' columns,
///   `items`, `item_numbers`, `actions`, `times`, `weights`, `quantities`, `unit_prices`,
///   `amounts`, `baskets`, `targets`, the interactions' columns, and `negatives` where there are
///   some.
package struct NDJSONRendering: Rendering {
  package static let name = "ndjson"
  package static let summary = "one JSON object an example, interactions as lists"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: NDJSONRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] { [] }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    for split in contents.splits {
      try output.file("\(split.name).ndjson") { file in
        try contents.forEachBatch(of: split) { batch in
          for example in 0..<batch.count {
            append(example, of: batch, contents, to: &file.text)
            file.rowCount += 1
            try file.flushIfLarge()
          }
        }
      }
    }
  }

  private func append(
    _ example: Int, of batch: ExampleBatch, _ contents: any DatasetContents,
    to text: inout [UInt8]
  ) {
    let range = batch.interactions(example)
    text.append(contentsOf: "{\"row\":\(batch.row[example]),\"user\":".utf8)
    appendJSON(batch.userWord[example], to: &text)
    text.append(contentsOf: ",\"user_number\":\(batch.user[example])".utf8)
    text.append(contentsOf: ",\"unit\":\(batch.unit[example])".utf8)
    for (column, values) in zip(contents.exampleColumns, batch.columns) {
      key(column.name, &text)
      values.appendJSON(example, column.kind, to: &text)
    }
    list("items", range, &text) { place, text in
      if batch.item[place] > 0 {
        appendJSON(contents.items[batch.item[place]], to: &text)
      } else {
        text.append(contentsOf: "null".utf8)
      }
    }
    list("item_numbers", range, &text) { appendDecimal(Int64(batch.item[$0]), to: &$1) }
    list("actions", range, &text) { place, text in
      text.append(contentsOf: "\"\(contents.actions[Int(batch.action[place])].name)\"".utf8)
    }
    list("times", range, &text) { place, text in
      text.append(0x22)
      appendTime(batch.time[place], to: &text)
      text.append(0x22)
    }
    list("weights", range, &text) { appendReal(batch.weight[$0], to: &$1) }
    let numbers: [(String, OptionalIntegers<Int64>)] = [
      ("quantities", batch.quantity), ("unit_prices", batch.unitPrice), ("amounts", batch.amount),
    ]
    for (name, column) in numbers {
      list(name, range, &text) { ColumnValues.integer(column).appendJSON($0, .integer, to: &$1) }
    }
    list("baskets", range, &text) { appendDecimal(Int64(batch.basket[$0]), to: &$1) }
    list("targets", range, &text) { appendDecimal(Int64(batch.isTarget[$0]), to: &$1) }
    for (column, values) in zip(contents.interactionColumns, batch.interactionColumns) {
      list(column.name, range, &text) { values.appendJSON($0, column.kind, to: &$1) }
    }
    if contents.recipe.negatives != nil {
      let negatives = batch.negativeStarts[example]..<batch.negativeStarts[example + 1]
      list("negatives", negatives, &text) { appendDecimal(Int64(batch.negatives[$0]), to: &$1) }
    }
    text.append(contentsOf: "}\n".utf8)
  }

  private func key(_ name: String, _ text: inout [UInt8]) {
    text.append(contentsOf: ",\"\(name)\":".utf8)
  }

  private func list(
    _ name: String, _ range: Range<Int>, _ text: inout [UInt8],
    _ append: (Int, inout [UInt8]) -> Void
  ) {
    key(name, &text)
    text.append(UInt8(ascii: "["))
    for place in range {
      if place > range.lowerBound { text.append(UInt8(ascii: ",")) }
      append(place, &text)
    }
    text.append(UInt8(ascii: "]"))
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    // What Parquet has besides stands in no line.
    let columns = ExampleColumn.everything(contents).filter { column in
      column.name != "times_s" && column.name != "action_numbers"
    }
    let keys = columns.map { Array($0.name.utf8) }
    for split in contents.splits {
      let reader = try TextReader(written, "\(split.name).ndjson")
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          guard let line = try reader.line() else { throw reader.misread("an example", "the end") }
          var cursor = JSONCursor(Array(line))
          var mark: Unicode.Scalar = "{"
          for (column, key) in zip(columns, keys) {
            guard cursor.take(mark), cursor.take(key: key),
              cursor.take(column, batch, example)
            else { throw reader.misread("'\(column.name)' of the example", cursor.nearby) }
            mark = ","
          }
          guard cursor.take("}"), cursor.isAtEnd else {
            throw reader.misread("the end of the example", cursor.nearby)
          }
        }
      }
      try reader.expectEnd()
    }
  }
}

extension JSONCursor {
  /// Takes an example's value of a column, or the list of them; false where it says another.
  fileprivate mutating func take(
    _ column: ExampleColumn, _ batch: ExampleBatch, _ example: Int
  ) -> Bool {
    guard column.isList else { return take(column.value(batch, example, -1), column.kind) }
    guard take("[") else { return false }
    var isRight = true
    var isFirst = true
    column.forEachValue(batch, example) { value in
      if !isRight { return }
      isRight = (isFirst || take(",")) && take(value, column.kind)
      isFirst = false
    }
    return isRight && take("]")
  }
}
