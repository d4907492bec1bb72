import Bytes
package import ConfigurationFiles

/// RecBole's atomic files: one plain set that it splits itself, one split by us, and a YAML for
/// each.
///
/// Its reader keeps times as 32-bit floats, takes `NA` for a gap, strips quotes, and keeps the
/// oldest of a long list: hence seconds since the dataset's start, prefixed words, and lists cut to
/// the newest.
/// - Shape: `<name>/<name>.inter`, `<name>.yaml`;
///   `<name>-split/<name>-split.{train,valid,test}.inter`, `<name>-split.yaml`.
package struct RecBoleRendering: Rendering {
  package static let name = "recbole"
  package static let summary = "RecBole atomic files, plain and split, with configurations"

  /// The newest this many items make a history.
  private let maxLength: Int

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    maxLength = try options.integer("max_length", default: 50, in: 1...100_000, of: Self.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Times finer than a second: RecBole keeps them as 32-bit floats, so `timestamp` is seconds "
        + "since the first event; the column `time_us` has the microseconds since 1970 as text.",
      "Baskets, amounts, quantities, sampled negatives and further columns.",
      "Ids as they are: `u:` and `i:` stand before them, `%XX` for white space, `%` and `\"`.",
      "Histories of more than \(maxLength) items in the split files: the newest are kept.",
      "Our split in the plain file: RecBole splits it itself, by leave-one-out in the YAML, which "
        + "looks into the future of other users. Use the `-split` set to compare results.",
    ]
  }

  private func table(_ contents: any DatasetContents) -> FlatTable {
    let words = RecBoleWords(contents)
    let start = contents.firstSecond
    return FlatTable(
      header: "user_id:token\titem_id:token\taction:token\tweight:float\ttimestamp:float"
        + "\ttime_us:token",
      dialect: .tabs,
      values: [
        { batch, example, _ in .text(words.user(batch, example)) },
        { batch, _, place in .text(words.item(batch.item[place])) },
        Projections.actionName(contents), Projections.weight,
        { batch, _, place in .integer(batch.time[place].dividedDown(1_000_000) - start) },
        Projections.time,
      ])
  }

  private func runs(_ contents: any DatasetContents) -> [[FlatFile]] {
    contents.runs(whole: { "\($0)/\($0).inter" })
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    try table(contents).write(runs(contents), of: contents, to: output)
    let words = RecBoleWords(contents)
    for fold in contents.folds {
      let name = contents.name(fold)
      try output.file("\(name).yaml", text: RecBoleRendering.plainYAML(name))
      for split in fold {
        try output.file(path(name, split)) { file in
          file.text.append("session_id:token\titem_id_list:token_seq\titem_id:token\n")
          try contents.forEachBatch(of: split) { batch in
            for example in 0..<batch.count {
              for pair in HistoryPairs(batch, example, maxLength: maxLength) {
                file.text.append("s:\(batch.unit[example])\t")
                for (place, item) in pair.history.enumerated() {
                  if place > 0 { file.text.append(0x20) }
                  file.text.append(contentsOf: words.item(item))
                }
                file.text.append(0x09)
                file.text.append(contentsOf: words.item(batch.item[pair.target]))
                file.text.append(0x0a)
                file.rowCount += 1
              }
              try file.flushIfLarge()
            }
          }
        }
      }
      try output.file("\(name)-split.yaml", text: splitYAML(name, fold))
    }
    try output.describe(contents, RecBoleRendering.name)
  }

  private func path(_ name: String, _ split: DatasetSplit) -> String {
    "\(name)-split/\(name)-split.\(RecBoleRendering.purpose(split)).inter"
  }

  private static func purpose(_ split: DatasetSplit) -> String {
    switch split.purpose {
    case .train: "train"
    case .validation: "valid"
    case .test: "test"
    }
  }

  private static func plainYAML(_ name: String) -> String {
    """
    # RecBole's own split; `data_path` is the folder of this file.
    dataset: \(name)
    USER_ID_FIELD: user_id
    ITEM_ID_FIELD: item_id
    TIME_FIELD: timestamp
    load_col: {inter: [user_id, item_id, timestamp]}
    eval_args: {group_by: user, order: TO, split: {LS: valid_and_test}, mode: full}
    train_neg_sample_args: ~

    """
  }

  private func splitYAML(_ name: String, _ fold: [DatasetSplit]) -> String {
    """
    # The split of the dataset: rows are used as they stand.
    dataset: \(name)-split
    benchmark_filename: [\(fold.map(RecBoleRendering.purpose).joined(separator: ", "))]
    USER_ID_FIELD: session_id
    ITEM_ID_FIELD: item_id
    ITEM_LIST_LENGTH_FIELD: item_length
    LIST_SUFFIX: _list
    MAX_ITEM_LIST_LENGTH: \(maxLength)
    alias_of_item_id: [item_id_list]
    load_col: {inter: [session_id, item_id_list, item_id]}
    eval_args: {group_by: none, order: TO, split: {LS: valid_and_test}, mode: full}
    train_neg_sample_args: ~

    """
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    try table(contents).check(runs(contents), of: contents, written)
    let words = RecBoleWords(contents)
    for fold in contents.folds {
      for split in fold {
        let reader = try TextReader(written, path(contents.name(fold), split))
        try reader.expect(line: "session_id:token\titem_id_list:token_seq\titem_id:token")
        try contents.forEachBatch(of: split) { batch in
          for example in 0..<batch.count {
            for pair in HistoryPairs(batch, example, maxLength: maxLength) {
              let fields = try reader.fields(0x09)
              let list = fields?.dropFirst().first?.bytes.split(separator: 0x20) ?? []
              guard fields?.count == 3, fields?[0].text == "s:\(batch.unit[example])",
                list.count == pair.history.count,
                zip(list, pair.history).allSatisfy({ $0.elementsEqual(words.item($1)) }),
                fields?[2].bytes.elementsEqual(words.item(batch.item[pair.target])) == true
              else {
                throw reader.misread("\(pair.history.count) items and a target", "other fields")
              }
            }
          }
        }
        try reader.expectEnd()
      }
    }
    try written.expectDescription(contents)
  }
}

/// The words of users and items as RecBole reads them back.
struct RecBoleWords {
  private var items = ByteStrings()
  private let stranger = Array("oov".utf8)[...]

  init(_ contents: any DatasetContents) {
    let words = contents.items.words
    for place in 0..<words.count { items.add(safeWord(words[place], prefix: "i:")[...]) }
  }

  func user(_ batch: ExampleBatch, _ example: Int) -> ArraySlice<UInt8> {
    safeWord(batch.userWord[example], prefix: "u:")[...]
  }

  /// - Shape: `oov` for an item out of the vocabulary; no prefixed word is like it.
  func item(_ number: Int32) -> ArraySlice<UInt8> { number > 0 ? items[Int(number) - 1] : stranger }
}
