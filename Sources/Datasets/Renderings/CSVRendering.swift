import Bytes
package import ConfigurationFiles

/// One line an interaction, the example's own columns repeated; RFC 4180 with LF.
///
/// - Shape: `<split>.csv`; an example without interactions has one line whose fields of
///   interactions are empty.
package struct CSVRendering: Rendering {
  package static let name = "csv"
  package static let summary = "one line an interaction, RFC 4180"

  private static let before = ["row", "user", "user_number", "unit", "position"]
  private static let after = [
    "item", "item_number", "action", "time", "weight", "quantity", "unit_price", "amount", "basket",
    "target",
  ]

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: CSVRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    var lines = ["An absent value and an empty one look the same."]
    if contents.recipe.negatives != nil { lines.append("Sampled negatives.") }
    return lines
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    for split in contents.splits {
      try output.file("\(split.name).csv") { file in
        let names =
          CSVRendering.before + CSVRendering.after + contents.exampleColumns.map(\.name)
          + contents.interactionColumns.map(\.name)
        file.text.append(contentsOf: (names.joined(separator: ",") + "\n").utf8)
        try contents.forEachBatch(of: split) { batch in
          for example in 0..<batch.count {
            let range = batch.interactions(example)
            if range.isEmpty { append(nil, example, of: batch, contents, to: file) }
            for place in range { append(place, example, of: batch, contents, to: file) }
            try file.flushIfLarge()
          }
        }
      }
    }
  }

  private func append(
    _ place: Int?, _ example: Int, of batch: ExampleBatch, _ contents: any DatasetContents,
    to file: RenderedFile
  ) {
    file.rowCount += 1
    appendDecimal(batch.row[example], to: &file.text)
    file.text.append(0x2c)
    appendCSV(batch.userWord[example], to: &file.text)
    file.text.append(contentsOf: ",\(batch.user[example]),\(batch.unit[example]),".utf8)
    if let place {
      appendDecimal(Int64(place - batch.starts[example]), to: &file.text)
      appendInteraction(place, of: batch, contents, to: &file.text)
    } else {
      file.text.append(contentsOf: repeatElement(0x2c, count: CSVRendering.after.count))
    }
    for (column, values) in zip(contents.exampleColumns, batch.columns) {
      file.text.append(0x2c)
      values.appendCSV(example, column.kind, to: &file.text)
    }
    for (column, values) in zip(contents.interactionColumns, batch.interactionColumns) {
      file.text.append(0x2c)
      if let place { values.appendCSV(place, column.kind, to: &file.text) }
    }
    file.text.append(0x0a)
  }

  private func appendInteraction(
    _ place: Int, of batch: ExampleBatch, _ contents: any DatasetContents, to text: inout [UInt8]
  ) {
    let item = batch.item[place]
    text.append(0x2c)
    if item > 0 { appendCSV(contents.items[item], to: &text) }
    text.append(contentsOf: ",\(item),\(contents.actions[Int(batch.action[place])].name),".utf8)
    appendTime(batch.time[place], to: &text)
    text.append(0x2c)
    appendReal(batch.weight[place], to: &text)
    for column in [batch.quantity, batch.unitPrice, batch.amount] {
      text.append(0x2c)
      if let value = column.at(place) { appendDecimal(value, to: &text) }
    }
    text.append(contentsOf: ",\(batch.basket[place]),\(batch.isTarget[place])".utf8)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    let columns = CSVRendering.columns(contents)
    for split in contents.splits {
      let reader = try TextReader(written, "\(split.name).csv")
      try reader.expect(columns.map { .word($0.name) }, try reader.record())
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          let range = batch.interactions(example)
          if range.isEmpty { try expect(columns, batch, example, nil, reader) }
          for place in range { try expect(columns, batch, example, place, reader) }
        }
      }
      try reader.expectEnd()
    }
  }

  /// Fails unless the next record says an interaction, or an example that has none.
  private func expect(
    _ columns: [ExampleColumn], _ batch: ExampleBatch, _ example: Int, _ place: Int?,
    _ reader: TextReader
  ) throws {
    guard let fields = try reader.record(), fields.count == columns.count else {
      throw reader.misread("\(columns.count) fields", "another number of them, or the end")
    }
    for (column, field) in zip(columns, fields) {
      let value: FieldValue
      if column.scope == .example {
        value = column.value(batch, example, -1)
      } else {
        value = place.map { column.value(batch, example, $0) } ?? .null
      }
      if !field.says(value, column.kind) {
        throw reader.misread("\(value) as \(column.name)", field.text)
      }
    }
  }

  /// The columns as they should be read again, in the order of the file.
  private static func columns(_ contents: any DatasetContents) -> [ExampleColumn] {
    let everything = ExampleColumn.everything(contents)
    func named(_ name: String, as written: String? = nil) -> [ExampleColumn] {
      everything.filter { $0.name == name }.prefix(1).map { column in
        var column = column
        column.name = written ?? name
        return column
      }
    }
    let position = ExampleColumn("position", .int64, .interactions, "place in the example") {
      batch, example, place in .integer(Int64(place - batch.starts[example]))
    }
    let fixed = before.dropLast().flatMap { named($0) } + [position]
    let lists = [
      "items", "item_numbers", "actions", "times", "weights", "quantities", "unit_prices",
      "amounts", "baskets", "targets",
    ]
    let ofInteractions = contents.interactionColumns.indices.map { index in
      let column = contents.interactionColumns[index]
      return ExampleColumn(
        column.name, ExampleColumn.Kind(column.kind), .interactions, column.meaning,
        Projections.column(index, ofInteractions: true))
    }
    return fixed + zip(lists, after).flatMap { named($0, as: $1) }
      + ExampleColumn.declared(contents) + ofInteractions
  }
}
