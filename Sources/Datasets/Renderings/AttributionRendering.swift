import Bytes
package import ConfigurationFiles

/// Touches in the columns of Criteo's attribution data, and tables of paths.
///
/// - Shape: `touches-<split>.tsv`, a touch a row, -1 where nothing applies, times in seconds since
///   the dataset's start, further columns `value` and `mature` behind; `names.csv` says what the
///   numbers of campaigns, channels and creatives stand for. `paths-<split>.csv` with
///   `path,total_conversions,total_conversion_value,total_null`, values in minor units, sorted.
package struct AttributionRendering: Rendering {
  package static let name = "attribution"
  package static let summary =
    "Criteo-style touches and path tables, for attribution and optimisers"

  private static let header =
    "timestamp\tuid\tcampaign\tconversion\tconversion_timestamp\tconversion_id\tattribution\tclick"
    + "\tclick_pos\tclick_nb\tcost\tcpo\ttime_since_last_click\tcat1\tcat2\tcat3\tcat4\tcat5\tcat6"
    + "\tcat7\tcat8\tcat9\tvalue\tmature"
  private static let pathHeader = "path,total_conversions,total_conversion_value,total_null"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: AttributionRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Cost: events tell none, so `cost` and `cpo` are -1; join your spend by campaign and day.",
      "Touches without a click: every touch here brought a visit, `click` is always 1.",
      "Who deserves the conversion: `attribution` is 1 for the last touch before it.",
      "Conversions that it is too early to tell: -1 in the touches, absent from the path tables.",
      "Categories but channel (`cat1`), campaign (`cat2`) and creative (`cat3`).",
      "Currencies: values of different ones are not to be added up. `>` in a channel is `%3E`.",
    ]
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    let columns = try TouchColumns(contents)
    var names = TouchNames()
    for split in contents.splits {
      try output.file("touches-\(split.name).tsv") { file in
        file.text.append(AttributionRendering.header + "\n")
        try contents.forEachBatch(of: split) { batch in
          for example in 0..<batch.count {
            for place in batch.interactions(example) {
              file.text.append(
                list: columns.touch(batch, example, place, contents.firstSecond, &names),
                separator: 0x09)
              file.text.append(0x0a)
              file.rowCount += 1
            }
            try file.flushIfLarge()
          }
        }
      }
      let paths = try columns.paths(split, of: contents, output.scratch("paths"))
      try output.file("paths-\(split.name).csv") { file in
        file.text.append(AttributionRendering.pathHeader + "\n")
        try paths.forEachSorted { path, counts in
          appendCSV(path[...], to: &file.text)
          file.text.append(",\(counts.conversions),\(counts.value),\(counts.none)\n")
          file.rowCount += 1
          try file.flushIfLarge()
        }
      }
    }
    try output.file("names.csv") { file in
      file.text.append("kind,number,name\n")
      for (kind, words) in names.kinds {
        for (number, word) in words.enumerated() {
          file.text.append("\(kind),\(number + 1),")
          appendCSV(word[...], to: &file.text)
          file.text.append(0x0a)
          file.rowCount += 1
        }
      }
    }
    try output.describe(contents, AttributionRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    let columns = try TouchColumns(contents)
    var names = TouchNames()
    for split in contents.splits {
      let reader = try TextReader(written, "touches-\(split.name).tsv")
      try reader.expect(line: AttributionRendering.header)
      var conversions = 0
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          if columns.isConverted(batch, example) == true { conversions += 1 }
          for place in batch.interactions(example) {
            let expected = columns.touch(batch, example, place, contents.firstSecond, &names)
            let read = try reader.fields(0x09)?.map(\.integer)
            guard read == expected else { throw reader.misread("\(expected)", "other numbers") }
          }
        }
      }
      try reader.expectEnd()
      try checkPaths(split, columns, contents, conversions: conversions, written)
    }
    let list = try TextReader(written, "names.csv")
    try list.expect(line: "kind,number,name")
    for (kind, words) in names.kinds {
      for (number, word) in words.enumerated() {
        try list.expect(
          [.word(kind), .integer(Int64(number) + 1), .text(word[...])], try list.record())
      }
    }
    try list.expectEnd()
    try written.expectDescription(contents)
  }

  /// Every path stands once with its counts, and together they are all conversions.
  private func checkPaths(
    _ split: DatasetSplit, _ columns: TouchColumns, _ contents: any DatasetContents,
    conversions: Int, _ written: RenderingInput
  ) throws {
    let reader = try TextReader(written, "paths-\(split.name).csv")
    try reader.expect(line: AttributionRendering.pathHeader)
    var told: Int64 = 0
    let expected = try columns.paths(split, of: contents, written.scratch("paths"))
    try expected.forEachSorted { path, counts in
      guard let record = try reader.record(), record.count == 4,
        record[0].bytes.elementsEqual(path),
        record[1].integer == counts.conversions, record[2].integer == counts.value,
        record[3].integer == counts.none
      else {
        throw reader.misread("\(String(decoding: path, as: UTF8.self)) and its counts", "others")
      }
      told += counts.conversions
    }
    try reader.expectEnd()
    guard told == conversions else { throw reader.misread("\(conversions) conversions", "\(told)") }
  }
}

/// Where a touchpoint dataset keeps what attribution needs.
private struct TouchColumns {
  private let conversion: Int
  private let convertedAt: Int?
  private let value: Int?
  private let mature: Int?
  private let channel: Int?
  private let campaign: Int?
  private let creative: Int?

  init(_ contents: any DatasetContents) throws {
    func example(_ name: String) -> Int? {
      contents.exampleColumns.firstIndex { $0.name == name }
    }
    func touch(_ name: String) -> Int? {
      contents.interactionColumns.firstIndex { $0.name == name }
    }
    guard let conversion = example("conversion") else {
      throw RenderingError.unsuitable(
        format: AttributionRendering.name, why: "the examples have no conversions",
        advice: "use it with 'task: touchpoints'")
    }
    self.conversion = conversion
    convertedAt = example("converted_at")
    value = example("value")
    mature = example("mature")
    channel = touch("channel")
    campaign = touch("campaign_id")
    creative = touch("creative_id")
  }

  /// Whether the path led to a conversion; nil when it is too early to tell.
  func isConverted(_ batch: ExampleBatch, _ example: Int) -> Bool? {
    batch.columns[conversion].integer(example).map { $0 != 0 }
  }

  /// A row of touches, all numbers.
  func touch(
    _ batch: ExampleBatch, _ example: Int, _ place: Int, _ start: Int64, _ names: inout TouchNames
  ) -> [Int64] {
    let places = batch.interactions(example)
    func seconds(_ time: Int64) -> Int64 { time.dividedDown(1_000_000) - start }
    func text(_ column: Int?) -> ArraySlice<UInt8>? {
      column.flatMap { batch.interactionColumns[$0].text(place) }
    }
    let isConverted = isConverted(batch, example)
    let campaign = names.campaigns.number(text(campaign))
    let convertedAt = convertedAt.flatMap { batch.columns[$0].integer(example) }
    let before = place == places.lowerBound ? nil : batch.time[place - 1]
    return [
      seconds(batch.time[place]), Int64(batch.user[example]), campaign,
      isConverted.map { $0 ? 1 : 0 } ?? -1, convertedAt.map(seconds) ?? -1,
      isConverted == true ? batch.unit[example] : -1,
      isConverted == true && place == places.upperBound - 1 ? 1 : 0, 1,
      Int64(place - places.lowerBound), Int64(places.count), -1, -1,
      before.map { seconds(batch.time[place]) - seconds($0) } ?? -1,
      names.channels.number(text(channel)), campaign, names.creatives.number(text(creative)), -1,
      -1, -1, -1, -1, -1, value.flatMap { batch.columns[$0].integer(example) } ?? -1,
      mature.flatMap { batch.columns[$0].integer(example) } ?? -1,
    ]
  }

  /// What became of the paths of a split.
  func paths(
    _ split: DatasetSplit, of contents: any DatasetContents, _ scratch: Scratch
  ) throws -> PathTable {
    let paths = PathTable(scratch)
    try contents.forEachBatch(of: split) { batch in
      for example in 0..<batch.count {
        guard let isConverted = isConverted(batch, example) else { continue }
        var path: [UInt8] = []
        for place in batch.interactions(example) {
          if !path.isEmpty { path.append(" > ") }
          let name =
            channel.flatMap { batch.interactionColumns[$0].text(place) }
            ?? campaign.flatMap { batch.interactionColumns[$0].text(place) }
          for byte in name ?? Array("unknown".utf8)[...] {
            if byte == UInt8(ascii: ">") { path.append("%3E") } else { path.append(byte) }
          }
        }
        if path.isEmpty { path.append("(direct)") }
        let value = isConverted ? value.flatMap { batch.columns[$0].integer(example) } ?? 0 : 0
        try paths.add(
          path,
          PathTable.Counts(
            conversions: isConverted ? 1 : 0, value: value, none: isConverted ? 0 : 1))
      }
    }
    return paths
  }
}

/// Numbers for words in the order of their first appearance, from 1.
private struct WordNumbers {
  private(set) var words: [[UInt8]] = []
  private var numbers: [[UInt8]: Int64] = [:]

  init() {}

  mutating func number(_ word: ArraySlice<UInt8>?) -> Int64 {
    guard let word else { return -1 }
    if let number = numbers[Array(word)] { return number }
    words.append(Array(word))
    numbers[Array(word)] = Int64(words.count)
    return Int64(words.count)
  }
}

/// The words behind the numbers of touches.
private struct TouchNames {
  var campaigns = WordNumbers()
  var channels = WordNumbers()
  var creatives = WordNumbers()

  init() {}

  var kinds: [(String, [[UInt8]])] {
    [
      ("campaign", campaigns.words), ("channel", channels.words), ("creative", creatives.words),
    ]
  }
}
