package import ConfigurationFiles

/// The table of Meta's DLRM-v3 in the style of KuaiRand: JSON arrays in cells, actions as bits.
///
/// Its reader keeps the oldest of a long history, so histories are cut to the newest here.
/// - Shape: `<split>.csv` with `user_id,video_id,time_ms,action_weights,play_time_ms,duration_ms`;
///   the targets are the last elements of each list.
package struct KuaiRandRendering: Rendering {
  package static let name = "kuairand"
  package static let summary = "KuaiRand-style tables for DLRM-v3: JSON lists and action bits"

  /// The newest this many inputs are kept.
  private let maxLength: Int

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    maxLength = try options.integer("max_length", default: 200, in: 1...100_000, of: Self.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    [
      "`play_time_ms` and `duration_ms`: a shop has none; they are 0.",
      "Which elements are targets: its reader takes the last N, set by its configuration. "
        + "Columns of "
        + "users are none.",
      "Weights, baskets, amounts, negatives; times finer than a millisecond; more than "
        + "\(maxLength) "
        + "inputs: the newest are kept.",
    ]
  }

  private func places(_ batch: ExampleBatch, _ example: Int) -> [Int] {
    let all = batch.interactions(example).filter { batch.item[$0] != 0 }
    let inputCount = all.count { batch.isTarget[$0] == 0 }
    return Array(all.dropFirst(max(0, inputCount - maxLength)))
  }

  private func columns(_ contents: any DatasetContents) -> [Projection] {
    [
      Projections.denseItem(contents), Projections.milliseconds, Projections.actionMask(contents),
      { _, _, _ in .integer(0) }, { _, _, _ in .integer(0) },
    ]
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    let columns = columns(contents)
    for split in contents.splits {
      try output.file("\(split.name).csv") { file in
        file.text.append("user_id,video_id,time_ms,action_weights,play_time_ms,duration_ms\n")
        try contents.forEachBatch(of: split) { batch in
          for example in 0..<batch.count {
            let places = places(batch, example)
            file.text.append("\(batch.user[example])")
            for column in columns {
              file.text.append(",\"[")
              file.text.append(list: places.map { column(batch, example, $0).integer ?? 0 })
              file.text.append("]\"")
            }
            file.text.append(0x0a)
            file.rowCount += 1
            try file.flushIfLarge()
          }
        }
      }
    }
    try output.describe(contents, KuaiRandRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    let columns = columns(contents)
    for split in contents.splits {
      let reader = try TextReader(written, "\(split.name).csv")
      try reader.expect(line: "user_id,video_id,time_ms,action_weights,play_time_ms,duration_ms")
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          let places = places(batch, example)
          let fields = try reader.record() ?? []
          guard fields.count == 6, fields[0].integer == Int64(batch.user[example]) else {
            throw reader.misread("user \(batch.user[example])", fields.first?.text ?? "the end")
          }
          for (field, column) in zip(fields.dropFirst(), columns) {
            let list = JSONValue(parsing: field.bytes)?.elements?.map(\.integer)
            guard list == places.map({ column(batch, example, $0).integer }) else {
              throw reader.misread("\(places.count) numbers", field.text)
            }
          }
        }
      }
      try reader.expectEnd()
    }
    try written.expectDescription(contents)
  }
}
