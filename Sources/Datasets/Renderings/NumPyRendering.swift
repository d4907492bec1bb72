package import ConfigurationFiles

/// NumPy's `.npz`, for plain PyTorch: ragged arrays with offsets, and padded matrices.
///
/// - Shape: `<split>.npz`: `row`, `user`, `unit` and columns of numbers, one an example; `lengths`;
///   `items`, `actions`, `times_us`, `weights`, `targets`, one an interaction (`numpy.cumsum` of
///   the lengths says where an example ends). `<split>-padded.npz`: `items`, `actions`, `times_s`
///   of the newest inputs, padded in front with 0 (actions count from 1 there); `targets` padded
///   behind. Files in the archive are stored, not compressed.
package struct NumPyRendering: Rendering {
  package static let name = "numpy"
  package static let summary = "NumPy .npz, ragged and padded, for plain PyTorch"

  /// The width of padded inputs.
  private let maxLength: Int

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    maxLength = try options.integer("max_length", default: 50, in: 1...100_000, of: Self.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "Text: users, items and actions are numbers, columns of text are left out.",
      "Baskets, quantities, prices and amounts. Nulls: -1 in whole numbers, NaN in real ones.",
      "In the padded files, inputs beyond the newest \(maxLength). Items out of the vocabulary "
        + "have "
        + "the number \(contents.items.count + 1) there and -1 in the ragged files.",
    ]
  }

  private func ragged(_ contents: any DatasetContents, _ split: DatasetSplit) -> [NumberArray] {
    let counts = contents.counts(of: split)
    func one(_ name: String, _ type: ArrayType, _ value: @escaping Projection) -> NumberArray {
      NumberArray(name: name, type: type, shape: [counts.examples]) { batch, example in
        [value(batch, example, -1)]
      }
    }
    func each(_ name: String, _ type: ArrayType, _ value: @escaping Projection) -> NumberArray {
      NumberArray(name: name, type: type, shape: [counts.interactions]) { batch, example in
        batch.interactions(example).map { value(batch, example, $0) }
      }
    }
    var arrays = [
      one("row", .int64, Projections.row), one("user", .int32, Projections.userNumber),
      one("unit", .int64, Projections.unit),
      one("lengths", .int64) { batch, example, _ in
        .integer(Int64(batch.interactions(example).count))
      },
    ]
    for (index, column) in contents.exampleColumns.enumerated() where column.kind != .text {
      arrays.append(
        one(
          column.name, column.kind == .real ? .double : .int64,
          Projections.column(index, ofInteractions: false)))
    }
    return arrays + [
      each("items", .int32, Projections.itemNumber),
      each("actions", .int8, Projections.actionNumber),
      each("times_us", .int64, Projections.time), each("weights", .float, Projections.weight),
      each("targets", .int8, Projections.isTarget),
    ]
  }

  private func padded(_ contents: any DatasetContents, _ split: DatasetSplit) -> [NumberArray] {
    let examples = contents.counts(of: split).examples
    let item = Projections.denseItem(contents)
    let width = maxLength
    func inputs(_ name: String, _ type: ArrayType, _ value: @escaping Projection) -> NumberArray {
      NumberArray(name: name, type: type, shape: [examples, width]) { batch, example in
        let places = batch.inputs(example).suffix(width)
        return [FieldValue](repeating: .integer(0), count: width - places.count)
          + places.map { value(batch, example, $0) }
      }
    }
    return [
      inputs("items", .int32, item),
      inputs("actions", .int8) { batch, _, place in .integer(Int64(batch.action[place]) + 1) },
      inputs("times_s", .int64, Projections.seconds),
      NumberArray(name: "targets", type: .int32, shape: [examples, width]) { batch, example in
        let places = batch.targets(example).prefix(width)
        return places.map { item(batch, example, $0) }
          + [FieldValue](repeating: .integer(0), count: width - places.count)
      },
    ]
  }

  private func archives(
    _ contents: any DatasetContents
  ) -> [(path: String, split: DatasetSplit, arrays: [NumberArray])] {
    contents.splits.flatMap { split in
      [
        ("\(split.name).npz", split, ragged(contents, split)),
        ("\(split.name)-padded.npz", split, padded(contents, split)),
      ]
    }
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    for archive in archives(contents) {
      try output.file(archive.path) { file in
        var zip = ZipWriter()
        for array in archive.arrays {
          let header = arrayHeader(array.type, shape: array.shape)
          zip.begin(
            array.name + ".npy", byteCount: header.count + array.byteCount, to: &file.text)
          zip.append(header, to: &file.text)
          try contents.forEachBatch(of: archive.split) { batch in
            var content = LittleEndianBytes()
            for example in 0..<batch.count {
              for value in array.values(batch, example) { content.put(value, array.type) }
            }
            zip.append(content.bytes, to: &file.text)
            try file.flushIfLarge()
          }
        }
        zip.finish(to: &file.text)
        file.rowCount = contents.counts(of: archive.split).examples
      }
    }
    try output.describe(contents, NumPyRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    for archive in archives(contents) {
      let reader = try ArchiveReader(written, archive.path)
      for array in archive.arrays {
        let numbers = try reader.array(array.name, shape: array.shape)
        try contents.forEachBatch(of: archive.split) { batch in
          for example in 0..<batch.count {
            for value in array.values(batch, example) { try numbers.expect(value) }
          }
        }
        try numbers.expectEnd()
      }
    }
    try written.expectDescription(contents)
  }
}

/// An array of numbers: what it is called, how large it is, and what each example adds.
struct NumberArray {
  var name: String
  var type: ArrayType
  var shape: [Int]
  var values: (ExampleBatch, Int) -> [FieldValue]

  var byteCount: Int { shape.reduce(type.byteCount, *) }
}

extension LittleEndianBytes {
  /// Appends a number; -1 or NaN for null.
  fileprivate mutating func put(_ value: FieldValue, _ type: ArrayType) {
    switch type {
    case .int64: put(value.integer ?? -1)
    case .int32: put(Int32(clamping: value.integer ?? -1))
    case .int8: put(Int8(clamping: value.integer ?? -1))
    case .float: put(Float(value.real).bitPattern)
    case .double: put(value.real.bitPattern)
    }
  }
}

extension FieldValue {
  /// The value as a real number; NaN for null.
  var real: Double {
    switch self {
    case .integer(let value): Double(value)
    case .float(let value): Double(value)
    case .double(let value): value
    case .text, .null: .nan
    }
  }
}
