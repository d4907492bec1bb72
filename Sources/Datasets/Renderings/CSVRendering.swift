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
    appendCSV(contents.users[batch.user[example]], to: &file.text)
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
      if let value = column[place] { appendDecimal(value, to: &text) }
    }
    text.append(contentsOf: ",\(batch.basket[place]),\(batch.isTarget[place])".utf8)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    for split in contents.splits {
      let file = "\(split.name).csv"
      let fieldCount =
        CSVRendering.before.count + CSVRendering.after.count + contents.exampleColumns.count
        + contents.interactionColumns.count
      var fields = 0
      var records = 0
      var isQuoted = false
      try written.forEachLine(file) { number, line in
        // Quotes toggle; what they enclose may hold commas and line ends.
        for byte in line {
          if byte == 0x22 { isQuoted.toggle() } else if byte == 0x2c && !isQuoted { fields += 1 }
        }
        if isQuoted { return }
        guard fields + 1 == fieldCount else {
          throw RenderingError.misread(
            file: file, place: "line \(number)", expected: "\(fieldCount) fields",
            found: "\(fields + 1)")
        }
        fields = 0
        records += 1
      }
      let counts = contents.counts(of: split)
      let expected = contents.exampleColumns.isEmpty ? counts.interactions : -1
      guard expected < 0 || records - 1 == expected else {
        throw RenderingError.misread(
          file: file, place: "the whole file", expected: "\(expected) interactions",
          found: "\(records - 1)")
      }
    }
  }
}
