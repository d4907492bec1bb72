package import ConfigurationFiles

/// The table of Meta's generative recommenders (HSTU): a line a user, lists in quoted cells.
///
/// Its reader evaluates cells as Python, keeps the last element as the target, needs lists of equal
/// length and at least two, and takes item 0 for padding.
/// - Shape: `<split>.csv` with
///   `index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps`; ratings are the
///   actions' bits, times whole seconds.
package struct HSTURendering: Rendering {
  package static let name = "hstu"
  package static let summary = "HSTU tables: a line a user with items, action bits and times"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: HSTURendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Several targets: a line of validation or test ends with the first; the reader asks for the "
        + "last element only, so later targets are left out.",
      "Sequences shorter than two: they are left out, and counted in `dataset.json`'s examples.",
      "Weights, baskets, amounts, negatives; times finer than a second. Public code ignores "
        + "actions "
        + "unless they stand in the ratings, as they do here.",
      "Numbers held in its code: the highest item number here is \(contents.items.count)"
        + (contents.recipe.vocabulary.cold == .oov ? " and one for unknown items." : "."),
    ]
  }

  /// The places of a line: inputs and the first target; nil where the reader would fail.
  private func places(_ batch: ExampleBatch, _ example: Int) -> [Int]? {
    var places: [Int] = []
    for place in batch.interactions(example) where batch.item[place] != 0 {
      places.append(place)
      if batch.isTarget[place] == 1 { break }
    }
    return places.count < 2 ? nil : places
  }

  private func columns(_ contents: any DatasetContents) -> [Projection] {
    [Projections.denseItem(contents), Projections.actionMask(contents), Projections.seconds]
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    let columns = columns(contents)
    for split in contents.splits {
      try output.file("\(split.name).csv") { file in
        file.text.append(
          "index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps\n")
        try contents.forEachBatch(of: split) { batch in
          for example in 0..<batch.count {
            guard let places = places(batch, example) else { continue }
            file.text.append("\(file.rowCount),\(batch.user[example])")
            for column in columns {
              file.text.append(",\"")
              for (index, place) in places.enumerated() {
                if index > 0 { file.text.append(UInt8(ascii: ",")) }
                file.text.append(column(batch, example, place), .commas)
              }
              file.text.append(UInt8(ascii: "\""))
            }
            file.text.append(0x0a)
            file.rowCount += 1
            try file.flushIfLarge()
          }
        }
      }
    }
    try output.describe(contents, HSTURendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    let columns = columns(contents)
    for split in contents.splits {
      let reader = try TextReader(written, "\(split.name).csv")
      try reader.expect(
        line: "index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps")
      var index: Int64 = 0
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          guard let places = places(batch, example) else { continue }
          let fields = try reader.record() ?? []
          guard fields.count == 5, fields[0].integer == index,
            fields[1].integer == Int64(batch.user[example])
          else { throw reader.misread("line \(index) of user \(batch.user[example])", "another") }
          for (field, column) in zip(fields.dropFirst(2), columns) {
            let expected = places.map { column(batch, example, $0).integer ?? 0 }
            guard field.integers == expected else {
              throw reader.misread("\(expected)", field.text)
            }
          }
          index += 1
        }
      }
      try reader.expectEnd()
    }
    try written.expectDescription(contents)
  }
}

extension FieldValue {
  /// The value where it is a whole number.
  var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
}
