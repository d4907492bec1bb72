/// A file of flat rows: which splits it holds.
struct FlatFile {
  var path: String
  var splits: [DatasetSplit]
}

/// Rows of one interaction each, in files of text.
///
/// A run is a list of files in which no interaction stands twice: an interaction that an earlier
/// split, or an earlier example of the unit, has shown already is left out.
struct FlatTable {
  var header: String?
  var dialect: TextDialect
  var values: [Projection]
  /// Whether a last field names the split.
  var namesSplit = false
  /// Interactions that the format has a place for.
  var includes: (ExampleBatch, Int) -> Bool = { batch, place in batch.item[place] != 0 }

  func write(
    _ runs: [[FlatFile]], of contents: any DatasetContents, to output: RenderingOutput
  ) throws {
    for run in runs {
      var fresh = FreshPlaces(users: contents.users)
      for part in run {
        try output.file(part.path) { file in
          if let header { file.text.append(header + "\n") }
          for split in part.splits {
            fresh.beginSplit()
            try contents.forEachBatch(of: split) { batch in
              for example in 0..<batch.count {
                for place in fresh.take(example, of: batch) where includes(batch, place) {
                  append(batch, example, place, split, to: &file.text)
                  file.rowCount += 1
                }
                try file.flushIfLarge()
              }
            }
          }
        }
      }
    }
  }

  private func append(
    _ batch: ExampleBatch, _ example: Int, _ place: Int, _ split: DatasetSplit,
    to text: inout [UInt8]
  ) {
    var isFirst = true
    for value in values {
      if !isFirst { text.append(dialect.separator) }
      isFirst = false
      text.append(value(batch, example, place), dialect)
    }
    if namesSplit {
      text.append(dialect.separator)
      text.append(split.name)
    }
    text.append(0x0a)
  }

  /// Reads the files again, record by record.
  func check(
    _ runs: [[FlatFile]], of contents: any DatasetContents, _ written: RenderingInput
  ) throws {
    for run in runs {
      var fresh = FreshPlaces(users: contents.users)
      for part in run {
        let reader = try TextReader(written, part.path)
        if let header { try reader.expect(line: header) }
        for split in part.splits {
          fresh.beginSplit()
          try contents.forEachBatch(of: split) { batch in
            for example in 0..<batch.count {
              for place in fresh.take(example, of: batch) where includes(batch, place) {
                let fields =
                  dialect == .commas ? try reader.record() : try reader.fields(dialect.separator)
                var expected = values.map { $0(batch, example, place) }
                if namesSplit { expected.append(.word(split.name)) }
                try reader.expect(expected, fields)
              }
            }
          }
        }
        try reader.expectEnd()
      }
    }
  }
}

extension DatasetContents {
  /// The splits fold by fold; one entry where there are no folds.
  var folds: [[DatasetSplit]] {
    var folds: [[DatasetSplit]] = []
    for split in splits {
      if let last = folds.last?.last, last.fold == split.fold {
        folds[folds.count - 1].append(split)
      } else {
        folds.append([split])
      }
    }
    return folds
  }

  /// The dataset's name, with the fold where there is one.
  func name(_ fold: [DatasetSplit]) -> String {
    guard let number = fold.first?.fold, number > 0 else { return recipe.name }
    return "\(recipe.name)-fold-\(number)"
  }

  /// A file a split.
  func runs(_ path: (DatasetSplit) -> String) -> [[FlatFile]] {
    folds.map { $0.map { FlatFile(path: path($0), splits: [$0]) } }
  }

  /// A file for all splits of a fold.
  func runs(whole path: (_ name: String) -> String) -> [[FlatFile]] {
    folds.map { [FlatFile(path: path(name($0)), splits: $0)] }
  }

  /// The second the dataset begins with.
  var firstSecond: Int64 {
    splits.compactMap { counts(of: $0).firstTime }.min()?.dividedDown(1_000_000) ?? 0
  }
}

extension DatasetSplit {
  /// The word that most readers use.
  var shortName: String {
    let purpose =
      switch self.purpose {
      case .train: "train"
      case .validation: "valid"
      case .test: "test"
      }
    return fold > 0 ? "fold-\(fold)-\(purpose)" : purpose
  }
}

extension RenderingOutput {
  /// The file beside the data that every format has: which build, splits and vocabularies these
  /// are.
  func describe(_ contents: any DatasetContents, _ format: String) throws {
    let splits = contents.splits.map { split -> JSONValue in
      let counts = contents.counts(of: split)
      return .object([
        .init("name", .string(split.name)), .init("purpose", .string(split.purpose.rawValue)),
        .init("examples", .integer(counts.examples)),
        .init("interactions", .integer(counts.interactions)),
      ])
    }
    let document = JSONValue.object([
      .init("dataset", .string(contents.recipe.name)),
      .init("version", .string(contents.version)),
      .init("format", .string(format)),
      .init("items_sha256", .string(contents.items.wordsHash)),
      .init("users_sha256", .string(contents.users.wordsHash)),
      .init("splits", .array(splits)),
    ])
    try file("dataset.json", text: document.pretty + "\n")
  }
}

extension RenderingInput {
  /// Fails unless `dataset.json` tells this build.
  func expectDescription(_ contents: any DatasetContents) throws {
    let read = JSONValue(parsing: try bytes("dataset.json"))
    guard let hash = read?["items_sha256"]?.text, hash == contents.items.wordsHash,
      let version = read?["version"]?.text, version == contents.version,
      read?["splits"]?.elements?.count == contents.splits.count
    else {
      throw RenderingError.misread(
        file: "dataset.json", place: "the whole file", expected: "this build's description",
        found: "another")
    }
  }
}
