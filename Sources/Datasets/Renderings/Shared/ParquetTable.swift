import Bytes
import Parquet

/// Writes examples as rows of Parquet, lists as lists: a row group holds whole examples.
///
/// - Shape: lists are `group x (LIST) { repeated group list { element } }`, integers are signed.
struct ParquetTable {
  let columns: [ExampleColumn]
  let schema: Schema
  var keyValues: [KeyValue] = []

  init(_ columns: [ExampleColumn]) {
    self.columns = columns
    schema = Schema(columns.map(\.node))
  }

  /// Writes the examples of a split into its shards.
  ///
  /// - Cost: memory for one row group, and one shard of encoded row groups.
  func write(
    _ split: DatasetSplit, of contents: any DatasetContents, to output: RenderingOutput,
    path: (_ shard: Int, _ count: Int) -> String
  ) throws {
    let shards = Shards(contents.counts(of: split))
    let group = try ParquetRowGroup(columns, schema)
    var encoded: [[EncodedColumnChunk]] = []
    var rowCount = 0
    var shard = 0
    var weight = 0

    func endShard() throws {
      if group.rowCount > 0 { encoded.append(try group.finish()) }
      try output.file(path(shard, shards.count)) { file in
        var parquet = FileWriter(schema, keyValues: keyValues)
        for chunks in encoded { try parquet.add(rowGroup: chunks) { try file.write($0) } }
        _ = try parquet.finish { try file.write($0) }
        file.rowCount = rowCount
      }
      encoded.removeAll()
      rowCount = 0
      shard += 1
    }

    try contents.forEachBatch(of: split) { batch in
      for example in 0..<batch.count {
        while shard + 1 < shards.count, weight >= shards.start(shard + 1) { try endShard() }
        group.append(batch, example)
        rowCount += 1
        weight += batch.interactions(example).count + 1
        if group.isFull { encoded.append(try group.finish()) }
      }
    }
    while shard < shards.count { try endShard() }
  }
}

/// Into how many files a split goes, and where each begins.
struct Shards {
  let count: Int
  private let total: Int

  /// - Shape: an example weighs its interactions and one, so that empty ones are shared out too.
  init(_ counts: SplitCounts, limit: Int = Limits.shardInteractionCount) {
    total = counts.interactions + counts.examples
    count = max(1, (total + limit - 1) / limit)
  }

  /// The weight of all examples before a shard.
  func start(_ shard: Int) -> Int { total / count * shard + total % count * shard / count }
}

/// The rows of a row group in the making.
private final class ParquetRowGroup {
  private let columns: [ExampleColumn]
  private let writers: [ColumnChunkWriter]
  private var leaves: [ParquetLeaf]
  private(set) var rowCount = 0
  private var byteCount = 0

  init(_ columns: [ExampleColumn], _ schema: Schema) throws {
    self.columns = columns
    writers = try schema.columns.map { try ColumnChunkWriter($0) }
    leaves = columns.map { _ in ParquetLeaf() }
  }

  var isFull: Bool {
    rowCount >= Limits.rowGroupRowCount || byteCount >= Limits.rowGroupByteCount
  }

  func append(_ batch: ExampleBatch, _ example: Int) {
    for (index, column) in columns.enumerated() { leaves[index].append(column, batch, example) }
    rowCount += 1
    byteCount += columns.count * 8 * (batch.interactions(example).count + 1)
  }

  func finish() throws -> [EncodedColumnChunk] {
    var chunks: [EncodedColumnChunk] = []
    for index in columns.indices {
      try leaves[index].append(to: writers[index], columns[index])
      leaves[index].removeAll()
      chunks.append(try writers[index].finish())
    }
    rowCount = 0
    byteCount = 0
    return chunks
  }
}

extension ExampleColumn {
  /// The field in the schema.
  fileprivate var node: SchemaNode {
    let repetition: Repetition = isOptional ? .optional : .required
    let name = isList ? "element" : self.name
    let leaf: SchemaNode
    switch kind {
    case .int64: leaf = .column(name, .int64, repetition)
    case .int32, .int8: leaf = .column(name, .int32, repetition)
    case .float: leaf = .column(name, .float, repetition)
    case .double: leaf = .column(name, .double, repetition)
    case .text: leaf = .string(name, repetition)
    case .timestamp: leaf = .timestamp(name, repetition)
    case .boolean: leaf = .column(name, .boolean, repetition)
    }
    return isList ? .list(self.name, of: leaf, .required) : leaf
  }
}

/// The entries of one column that wait for their row group.
private struct ParquetLeaf {
  private var definition: [UInt8] = []
  private var repetition: [UInt8] = []
  private var integers: [Int64] = []
  private var floats: [Float] = []
  private var doubles: [Double] = []
  private var text = ByteStrings()

  init() {}

  mutating func removeAll() {
    definition.removeAll(keepingCapacity: true)
    repetition.removeAll(keepingCapacity: true)
    integers.removeAll(keepingCapacity: true)
    floats.removeAll(keepingCapacity: true)
    doubles.removeAll(keepingCapacity: true)
    text = ByteStrings()
  }

  mutating func append(_ column: ExampleColumn, _ batch: ExampleBatch, _ example: Int) {
    let present: UInt8 = (column.isList ? 1 : 0) + (column.isOptional ? 1 : 0)
    var isFirst = true
    column.forEachValue(batch, example) { value in
      repetition.append(isFirst ? 0 : 1)
      isFirst = false
      definition.append(present)
      switch value {
      case .integer(let value): integers.append(value)
      case .float(let value): floats.append(value)
      case .double(let value): doubles.append(value)
      case .text(let value): text.append(value)
      case .null: definition[definition.count - 1] = present - 1
      }
    }
    if isFirst {
      definition.append(0)
      repetition.append(0)
    }
  }

  func append(to writer: ColumnChunkWriter, _ column: ExampleColumn) throws {
    try definition.withUnsafeBufferPointer { definition in
      try repetition.withUnsafeBufferPointer { repetition in
        let levels = LevelBuffers(
          definition: definition, repetition: column.isList ? repetition : nil)
        switch column.kind {
        case .int64, .timestamp:
          try integers.withUnsafeBufferPointer { try writer.append(int64: $0, levels: levels) }
        case .int32, .int8:
          try integers.map { Int32(clamping: $0) }.withUnsafeBufferPointer {
            try writer.append(int32: $0, levels: levels)
          }
        case .boolean:
          try integers.map { UInt8(clamping: $0) }.withUnsafeBufferPointer {
            try writer.append(boolean: $0, levels: levels)
          }
        case .float:
          try floats.withUnsafeBufferPointer { try writer.append(float: $0, levels: levels) }
        case .double:
          try doubles.withUnsafeBufferPointer { try writer.append(double: $0, levels: levels) }
        case .text:
          try text.bytes.withUnsafeBytes { bytes in
            try text.offsets.withUnsafeBufferPointer {
              try writer.append(bytes: bytes, offsets: $0, levels: levels)
            }
          }
        }
      }
    }
  }
}
