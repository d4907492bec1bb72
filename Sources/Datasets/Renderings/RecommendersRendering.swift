import Bytes
package import ConfigurationFiles

/// Microsoft Recommenders' tables: flat, and the eight columns of its deep sequential models.
///
/// - Shape: `<split>.csv` with `userID,itemID,rating,timestamp`; `<split>_sequence.tsv` without a
///   header: label, user, item, category, time, and the histories of item, category and time,
///   commas within. Numbers are those of the vocabularies; there is one category, 1.
package struct RecommendersRendering: Rendering {
  package static let name = "recommenders"
  package static let summary = "Microsoft Recommenders: flat table and deep-sequence TSV"

  /// The newest this many items make a history.
  private let maxLength: Int

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    maxLength = try options.integer("max_length", default: 50, in: 1...100_000, of: Self.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Ids as text: numbers are those of the vocabularies, items out of it have the highest "
        + "number.",
      "Categories of items: the events have none, so all have category 1.",
      "Its pickled vocabularies: `pickle.dump({str(n): n for n in range(N + 1)}, file)` makes "
        + "them.",
      "Actions, baskets, amounts; times finer than a second; more than \(maxLength) items of "
        + "history.",
    ]
  }

  private func table(_ contents: any DatasetContents) -> FlatTable {
    FlatTable(
      header: "userID,itemID,rating,timestamp", dialect: .commas,
      values: [
        Projections.userNumber, Projections.denseItem(contents), Projections.weight,
        Projections.seconds,
      ])
  }

  private func runs(_ contents: any DatasetContents) -> [[FlatFile]] {
    contents.runs { "\($0.name).csv" }
  }

  /// The lines of an example: each target as 1, and the sampled negatives behind the first as 0.
  private func lines(
    _ batch: ExampleBatch, _ example: Int, strangers: Int64,
    _ body: (_ label: Int64, _ item: Int64, _ pair: HistoryPairs.Pair) throws -> Void
  ) rethrows {
    func number(_ item: Int32) -> Int64 { item > 0 ? Int64(item) : strangers }
    var isFirst = true
    for pair in HistoryPairs(batch, example, maxLength: maxLength) {
      try body(1, number(batch.item[pair.target]), pair)
      if isFirst {
        for place in batch.negativeStarts[example]..<batch.negativeStarts[example + 1] {
          try body(0, number(batch.negatives[place]), pair)
        }
      }
      isFirst = false
    }
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    try table(contents).write(runs(contents), of: contents, to: output)
    let strangers = Int64(contents.items.count) + 1
    for split in contents.splits {
      try output.file("\(split.name)_sequence.tsv") { file in
        try contents.forEachBatch(of: split) { batch in
          for example in 0..<batch.count {
            lines(batch, example, strangers: strangers) { label, item, pair in
              let seconds = batch.time[pair.target].dividedDown(1_000_000)
              file.text.append("\(label)\t\(batch.user[example])\t\(item)\t1\t\(seconds)\t")
              file.text.append(list: pair.history.map { $0 > 0 ? Int64($0) : strangers })
              file.text.append(0x09)
              file.text.append(list: pair.history.map { _ in 1 })
              file.text.append(0x09)
              file.text.append(list: pair.places.map { batch.time[$0].dividedDown(1_000_000) })
              file.text.append(0x0a)
              file.rowCount += 1
            }
            try file.flushIfLarge()
          }
        }
      }
    }
    try output.describe(contents, RecommendersRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try table(contents).check(runs(contents), of: contents, written)
    let strangers = Int64(contents.items.count) + 1
    for split in contents.splits {
      let reader = try TextReader(written, "\(split.name)_sequence.tsv")
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          try lines(batch, example, strangers: strangers) { label, item, pair in
            let fields = try reader.fields(0x09) ?? []
            let numbers = fields.prefix(5).map(\.integer)
            let seconds = batch.time[pair.target].dividedDown(1_000_000)
            guard fields.count == 8,
              numbers == [label, Int64(batch.user[example]), item, 1, seconds],
              fields[5].integers == pair.history.map({ $0 > 0 ? Int64($0) : strangers }),
              fields[6].integers == pair.history.map({ _ in 1 }),
              fields[7].integers == pair.places.map({ batch.time[$0].dividedDown(1_000_000) })
            else { throw reader.misread("the eight columns of item \(item)", "others") }
          }
        }
      }
      try reader.expectEnd()
    }
    try written.expectDescription(contents)
  }
}

extension [UInt8] {
  /// Numbers with commas, or another byte, between.
  mutating func append(
    list numbers: some Sequence<Int64>, separator: UInt8 = UInt8(ascii: ",")
  ) {
    var isFirst = true
    for number in numbers {
      if !isFirst { append(separator) }
      isFirst = false
      appendDecimal(number, to: &self)
    }
  }
}

extension TextField {
  /// Numbers with commas between; nil for anything else.
  var integers: [Int64]? {
    var numbers: [Int64] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Int64(part) else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
