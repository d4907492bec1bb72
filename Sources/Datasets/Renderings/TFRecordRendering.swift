package import ConfigurationFiles

/// TensorFlow's records: a `SequenceExample` an example, and the specification to parse it.
///
/// - Shape: `<split>-00000-of-00001.tfrecord`, `features.json`.
package struct TFRecordRendering: Rendering {
  package static let name = "tfrecord"
  package static let summary = "TFRecord files of SequenceExample, with their feature specification"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: TFRecordRendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Item ids and action names as text: numbers stand for them (`action_numbers` as in "
        + "`features.json`).",
      "Real numbers of 64 bits: TensorFlow's examples know 32 bits only.",
      "Nulls: -1 in whole numbers, NaN in real ones, empty text.",
    ]
  }

  /// Columns that the format can hold, nulls replaced.
  private func columns(_ contents: any DatasetContents) -> [ExampleColumn] {
    ExampleColumn.everything(contents).compactMap { column in
      if column.kind == .text && column.isList { return nil }
      var plain = column
      let value = column.value
      switch column.kind {
      case .text:
        plain.value = { batch, example, place in
          if case .text(let text) = value(batch, example, place) { return .text(text) }
          return .text([])
        }
      case .float, .double:
        plain.kind = .float
        plain.value = { batch, example, place in
          switch value(batch, example, place) {
          case .float(let number): .float(number)
          case .double(let number): .float(Float(number))
          default: .float(.nan)
          }
        }
      default:
        plain.kind = .int64
        plain.value = { batch, example, place in
          .integer(value(batch, example, place).integer ?? -1)
        }
      }
      return plain
    }
  }

  private func path(_ split: DatasetSplit, _ shard: Int, _ count: Int) -> String {
    "\(split.name)-\(shard.paddedToFive)-of-\(count.paddedToFive).tfrecord"
  }

  private func append(
    _ columns: [ExampleColumn], _ batch: ExampleBatch, _ example: Int,
    _ writer: inout SequenceExampleWriter
  ) {
    writer.removeAll()
    for column in columns {
      guard column.isList else {
        switch column.value(batch, example, -1) {
        case .integer(let number): writer.context(column.name, number)
        case .float(let number): writer.context(column.name, number)
        case .text(let text): writer.context(column.name, text)
        case .double, .null: break
        }
        continue
      }
      if column.kind == .float {
        var numbers: [Float] = []
        column.forEachValue(batch, example) {
          if case .float(let value) = $0 { numbers.append(value) }
        }
        writer.steps(column.name, numbers)
      } else {
        var numbers: [Int64] = []
        column.forEachValue(batch, example) { numbers.append($0.integer ?? -1) }
        writer.steps(column.name, numbers)
      }
    }
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    let columns = columns(contents)
    var writer = SequenceExampleWriter()
    for split in contents.splits {
      let shards = Shards(contents.counts(of: split))
      var text: [UInt8] = []
      var rowCount = 0
      var shard = 0
      var weight = 0
      func endShard() throws {
        try output.file(path(split, shard, shards.count)) { file in
          try text.withUnsafeBytes { try file.write($0) }
          file.rowCount = rowCount
        }
        text.removeAll(keepingCapacity: true)
        rowCount = 0
        shard += 1
      }
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          while shard + 1 < shards.count, weight >= shards.start(shard + 1) { try endShard() }
          append(columns, batch, example, &writer)
          TFRecordFrame.append(writer.finish(), to: &text)
          rowCount += 1
          weight += batch.interactions(example).count + 1
        }
      }
      while shard < shards.count { try endShard() }
    }
    try output.file("features.json", text: specification(columns, contents).pretty + "\n")
    try output.describe(contents, TFRecordRendering.name)
  }

  /// What `tf.io.parse_single_sequence_example` is to be told.
  private func specification(
    _ columns: [ExampleColumn], _ contents: any DatasetContents
  ) -> JSONValue {
    func features(_ isList: Bool) -> JSONValue {
      .object(
        columns.filter { $0.isList == isList }.map { column in
          let kind =
            switch column.kind {
            case .text: "bytes"
            case .float: "float"
            default: "int"
            }
          return .init(
            column.name,
            .object([.init("kind", .string(kind)), .init("meaning", .string(column.meaning))]))
        })
    }
    return .object([
      .init("message", .string("tensorflow.SequenceExample")),
      .init("context", features(false)), .init("feature_lists", features(true)),
      .init("action_numbers", .strings(contents.actions.map(\.name))),
    ])
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    let columns = columns(contents)
    for split in contents.splits {
      let count = Shards(contents.counts(of: split)).count
      var shard = 0
      var records = try RecordReader(written, path(split, 0, count))
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          while records.isAtEnd, shard + 1 < count {
            shard += 1
            records = try RecordReader(written, path(split, shard, count))
          }
          try records.expect(example, of: batch, columns)
        }
      }
      try records.expectEnd()
    }
    guard JSONValue(parsing: try written.bytes("features.json"))?["feature_lists"] != nil else {
      throw RenderingError.misread(
        file: "features.json", place: "the whole file", expected: "feature_lists", found: "none")
    }
    try written.expectDescription(contents)
  }
}
