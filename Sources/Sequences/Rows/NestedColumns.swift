import Parquet

/// The columns of one kind of row in a Parquet file.
///
/// - Shape: field ids are the field's place from 1, and inside of field `f`: `100 f` the list,
///   `100 f + 1` its element, `100 f + 2` and on the element's fields. They never change.
struct NestedLayout: Sendable {
  let schema: Schema
  let name: String

  init(_ fields: [SchemaNode], name: String) {
    schema = Schema(fields, name: name)
    self.name = name
  }

  /// A list of structures, or of one column when `children` is one column called `element`.
  static func list(
    _ name: String, _ children: [SchemaNode], id: Int32, _ repetition: Repetition = .required
  ) -> SchemaNode {
    var numbered: [SchemaNode] = []
    for (place, child) in children.enumerated() {
      var child = child
      child.fieldID = 100 * id + 2 + Int32(place)
      numbered.append(child)
    }
    let element = SchemaNode.structure("element", numbered, .required, fieldID: 100 * id + 1)
    return .list(name, of: element, repetition, fieldID: id, listFieldID: 100 * id)
  }

  static func texts(_ name: String, id: Int32) -> SchemaNode {
    let element = SchemaNode.string("element", .required, fieldID: 100 * id + 1)
    return .list(name, of: element, .required, fieldID: id, listFieldID: 100 * id)
  }
}

/// Rows as the leaves of a Parquet schema: levels for every entry, values for those that are there.
///
/// Filled row by row in the order of the schema's leaves; a leaf is addressed by its index.
final class NestedColumns {
  struct Leaf {
    var definition: [UInt8] = []
    var repetition: [UInt8] = []
    var integers: [Int64] = []
    var smallIntegers: [Int32] = []
    var text: [UInt8] = []
    var offsets: [UInt32] = [0]
  }

  let layout: NestedLayout
  var leaves: [Leaf]
  /// For strings that are put together here.
  var scratch = OutputBytes(capacity: 64)
  let roleNames = RoleNames()
  private(set) var rowCount = 0
  private(set) var byteCount = 0

  init(_ layout: NestedLayout) {
    self.layout = layout
    leaves = layout.schema.columns.map { _ in Leaf() }
  }

  func endRow() { rowCount += 1 }

  func removeAll() {
    for index in leaves.indices {
      leaves[index].definition.removeAll(keepingCapacity: true)
      leaves[index].repetition.removeAll(keepingCapacity: true)
      leaves[index].integers.removeAll(keepingCapacity: true)
      leaves[index].smallIntegers.removeAll(keepingCapacity: true)
      leaves[index].text.removeAll(keepingCapacity: true)
      leaves[index].offsets.removeAll(keepingCapacity: true)
      leaves[index].offsets.append(0)
    }
    rowCount = 0
    byteCount = 0
  }

  /// An entry without a value: null, or a list that is empty or null.
  func none(_ leaf: Int, definition: UInt8, repetition: UInt8 = 0) {
    leaves[leaf].definition.append(definition)
    leaves[leaf].repetition.append(repetition)
    byteCount += 2
  }

  func integer(_ leaf: Int, _ value: Int64, definition: UInt8, repetition: UInt8 = 0) {
    none(leaf, definition: definition, repetition: repetition)
    leaves[leaf].integers.append(value)
    byteCount += 8
  }

  func smallInteger(_ leaf: Int, _ value: Int32, definition: UInt8, repetition: UInt8 = 0) {
    none(leaf, definition: definition, repetition: repetition)
    leaves[leaf].smallIntegers.append(value)
    byteCount += 4
  }

  func text(
    _ leaf: Int, _ value: UnsafeRawBufferPointer, definition: UInt8, repetition: UInt8 = 0
  ) {
    none(leaf, definition: definition, repetition: repetition)
    leaves[leaf].text.append(contentsOf: value)
    leaves[leaf].offsets.append(UInt32(leaves[leaf].text.count))
    byteCount += value.count + 4
  }

  // Optional entries: the definition level is that of a value; a null has one less.

  func optional(_ leaf: Int, time: Int64) {
    if time == WalkedSequence.none {
      none(leaf, definition: 0)
    } else {
      integer(leaf, time, definition: 1)
    }
  }

  func optional(_ leaf: Int, integer value: Int64?, definition: UInt8 = 1, repetition: UInt8 = 0) {
    if let value {
      integer(leaf, value, definition: definition, repetition: repetition)
    } else {
      none(leaf, definition: definition - 1, repetition: repetition)
    }
  }

  func optional(_ leaf: Int, text value: TextSlice, definition: UInt8 = 1, repetition: UInt8 = 0) {
    if value.isPresent {
      text(leaf, value.raw, definition: definition, repetition: repetition)
    } else {
      none(leaf, definition: definition - 1, repetition: repetition)
    }
  }
}

/// A Parquet file of rows that come in parts.
///
/// Row groups end at the ends of partitions only, whose rows depend on nothing but the events, so
/// the bytes do not show how many threads made them or how much memory they had.
final class ParquetRows {
  let layout: NestedLayout
  private var file: FileWriter?
  private var writers: [ColumnChunkWriter]?
  private var rowCount = 0

  init(_ layout: NestedLayout) {
    self.layout = layout
    file = FileWriter(layout.schema)
  }

  func append(_ columns: NestedColumns, isEndOfPartition: Bool, _ sink: ByteSink) throws {
    var writers =
      try self.writers ?? layout.schema.columns.map { try ColumnChunkWriter($0, ColumnOptions()) }
    for (leaf, writer) in zip(columns.leaves, writers) { try leaf.append(to: writer) }
    rowCount += columns.rowCount
    self.writers = writers
    let byteCount = writers.reduce(0) { $0 + $1.bufferedByteCount }
    let isFull = rowCount >= Limits.rowGroupRowCount || byteCount >= Limits.rowGroupByteCount
    if isEndOfPartition && isFull {
      try endRowGroup(&writers, sink)
      self.writers = writers
    }
  }

  private func endRowGroup(_ writers: inout [ColumnChunkWriter], _ sink: ByteSink) throws {
    var chunks: [EncodedColumnChunk] = []
    for writer in writers { chunks.append(try writer.finish()) }
    try file?.add(rowGroup: chunks, sink: sink)
    rowCount = 0
  }

  func finish(_ sink: ByteSink) throws {
    if var writers, rowCount > 0 { try endRowGroup(&writers, sink) }
    guard let file = file.take() else { return }
    _ = try file.finish(sink: sink)
  }
}

extension NestedColumns.Leaf {
  fileprivate func append(to writer: ColumnChunkWriter) throws {
    try definition.withUnsafeBufferPointer { definition in
      try repetition.withUnsafeBufferPointer { repetition in
        let levels = LevelBuffers(
          definition: definition,
          repetition: writer.column.maxRepetitionLevel > 0 ? repetition : nil)
        switch writer.column.physicalType {
        case .int64:
          try integers.withUnsafeBufferPointer { try writer.append(int64: $0, levels: levels) }
        case .int32:
          try smallIntegers.withUnsafeBufferPointer { try writer.append(int32: $0, levels: levels) }
        default:
          try text.withUnsafeBytes { text in
            try offsets.withUnsafeBufferPointer {
              try writer.append(bytes: text, offsets: $0, levels: levels)
            }
          }
        }
      }
    }
  }
}
