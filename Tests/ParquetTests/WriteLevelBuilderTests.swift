import Parquet
import Testing

/// Levels made from offsets and presence: the same as those of rows taken apart.
@Suite struct WriteLevelBuilder {
  /// A list of optional structures with an optional text, in the form that batches have.
  @Test func `a list of structures gives the levels of its rows`() throws {
    let field = SchemaNode.list("lines", of: .structure("line", [.string("item")]))
    let schema = Schema([field])
    let rows: [[TableValue]] = [
      [.null], [.list([])],
      [.list([.structure([.text("a")]), .null, .structure([.null])])],
      [.list([.structure([.text("b")])])],
    ]
    var builder = LevelBuilder(rowCount: 4)
    builder.optional([0, 1, 1, 1])
    builder.repeated([0, 0, 0, 3, 4])
    builder.optional([1, 0, 1, 1])
    builder.optional([1, 0, 0, 1])
    #expect(builder.definition == [0, 1, 4, 2, 3, 4])
    #expect(builder.repetition == [0, 0, 0, 1, 1, 0])
    #expect(builder.selection == [0, 3])

    let writer = try ColumnChunkWriter(schema.columns[0])
    let selection = builder.selection
    try builder.withLevels { (levels) throws(ParquetError) in
      try append("axxb", lengths: [1, 1, 1, 1], to: writer, levels, selection)
    }
    var bytes: [UInt8] = []
    var file = FileWriter(schema)
    try file.add(rowGroup: [writer.finish()]) { bytes.append(contentsOf: $0) }
    _ = try file.finish { bytes.append(contentsOf: $0) }
    #expect(try ReadBack.rows(bytes) == rows)
    #expect(try bytes == TableWriter(schema).write(rows))
  }

  private func append(
    _ text: String, lengths: [UInt32], to writer: ColumnChunkWriter, _ levels: LevelBuffers,
    _ selection: [UInt32]
  ) throws(ParquetError) {
    var offsets: [UInt32] = [0]
    for length in lengths { offsets.append((offsets.last ?? 0) + length) }
    var failure: ParquetError?
    Array(text.utf8).withUnsafeBytes { bytes in
      offsets.withUnsafeBufferPointer { offsets in
        selection.withUnsafeBufferPointer { selection in
          do throws(ParquetError) {
            try writer.append(
              bytes: bytes, offsets: offsets, levels: levels, selection: selection)
          } catch {
            failure = error
          }
        }
      }
    }
    if let failure { throw failure }
  }

  @Test func `lists in lists restart at the right level`() {
    // Rows: [[1, 2], []], [], [[3]].
    var builder = LevelBuilder(rowCount: 3)
    builder.repeated([0, 2, 2, 3])
    builder.repeated([0, 2, 2, 3])
    #expect(builder.definition == [2, 2, 1, 0, 2])
    #expect(builder.repetition == [0, 2, 1, 0, 0])
    #expect(builder.selection == [0, 1, 2])
  }
}
