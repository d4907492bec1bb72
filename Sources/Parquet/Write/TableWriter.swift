/// A value of any type, for small tables and tests; large ones go through ``ColumnChunkWriter``.
public indirect enum TableValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  /// Columns of 32 and 64 bits.
  case integer(Int64)
  case float(Float)
  case double(Double)
  /// Strings and byte arrays, of fixed length or not.
  case bytes([UInt8])
  /// The elements of a list in its three-level form, or of a bare repeated field.
  case list([TableValue])
  /// The fields of a group in the order of the schema.
  case structure([TableValue])

  /// A string as its UTF-8 bytes.
  public static func text(_ text: String) -> TableValue { .bytes(Array(text.utf8)) }
}

/// Writes whole tables of values: convenient, not fast.
public struct TableWriter {
  public let schema: Schema
  public var rowGroupRowLimit = 1 << 20
  public var keyValues: [KeyValue] = []
  /// The options of each column.
  public var options: (ColumnDescriptor) -> ColumnOptions = { _ in ColumnOptions() }

  public init(_ schema: Schema) { self.schema = schema }

  /// The bytes of a file with the rows.
  ///
  /// - Shape: a row is a value for every field of the schema.
  /// - Errors: `misuse` where a value does not fit its field.
  public func write(_ rows: [[TableValue]]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var file = FileWriter(schema, keyValues: keyValues)
    var writers: [ColumnChunkWriter] = []
    for column in schema.columns { writers.append(try ColumnChunkWriter(column, options(column))) }
    var first = 0
    while first < rows.count {
      let end = min(first + max(rowGroupRowLimit, 1), rows.count)
      var shredder = Shredder(schema)
      for row in rows[first..<end] { try shredder.add(row) }
      var chunks: [EncodedColumnChunk] = []
      for (index, writer) in writers.enumerated() {
        try shredder.leaves[index].append(to: writer)
        chunks.append(try writer.finish())
      }
      try file.add(rowGroup: chunks) { bytes.append(contentsOf: $0) }
      first = end
    }
    _ = try file.finish { bytes.append(contentsOf: $0) }
    return bytes
  }
}

/// One leaf of rows taken apart: levels, and the values that are there.
struct ShreddedLeaf {
  let column: ColumnDescriptor
  var definition: [UInt8] = []
  var repetition: [UInt8] = []
  var integers: [Int64] = []
  var floats: [Float] = []
  var doubles: [Double] = []
  var booleans: [UInt8] = []
  var bytes: [UInt8] = []
  var offsets: [UInt32] = [0]

  init(_ column: ColumnDescriptor) { self.column = column }

  mutating func add(_ value: TableValue) throws(ParquetError) {
    switch (column.physicalType, value) {
    case (.int32, .integer(let value)):
      guard value >= Int64(Int32.min), value <= Int64(UInt32.max) else {
        throw misfit("a 32-bit integer", "\(value)")
      }
      integers.append(value)
    case (.int64, .integer(let value)): integers.append(value)
    case (.float, .float(let value)): floats.append(value)
    case (.double, .double(let value)): doubles.append(value)
    case (.boolean, .boolean(let value)): booleans.append(value ? 1 : 0)
    case (.byteArray, .bytes(let value)), (.fixedLengthByteArray, .bytes(let value)),
      (.int96, .bytes(let value)):
      guard value.count <= Int(UInt32.max) - bytes.count - 1 else {
        throw misfit("less than 4 GiB of strings in a row group", "more")
      }
      bytes.append(contentsOf: value)
      offsets.append(UInt32(bytes.count))
    default: throw misfit("\(column.physicalType)", "\(value)")
    }
  }

  private func misfit(_ expected: String, _ found: String) -> ParquetError {
    ParquetError(
      .misuse, "a value does not fit its column", column: column.dotPath, expected: expected,
      found: found)
  }

  func append(to writer: ColumnChunkWriter) throws {
    try definition.withUnsafeBufferPointer { definition in
      try repetition.withUnsafeBufferPointer { repetition in
        let levels = LevelBuffers(definition: definition, repetition: repetition)
        switch column.physicalType {
        case .int32:
          try integers.map { Int32(truncatingIfNeeded: $0) }.withUnsafeBufferPointer {
            try writer.append(int32: $0, levels: levels)
          }
        case .int64:
          try integers.withUnsafeBufferPointer { try writer.append(int64: $0, levels: levels) }
        case .float:
          try floats.withUnsafeBufferPointer { try writer.append(float: $0, levels: levels) }
        case .double:
          try doubles.withUnsafeBufferPointer { try writer.append(double: $0, levels: levels) }
        case .boolean:
          try booleans.withUnsafeBufferPointer {
            try writer.append(boolean: $0, levels: levels)
          }
        case .byteArray, .fixedLengthByteArray, .int96:
          try bytes.withUnsafeBytes { bytes in
            try offsets.withUnsafeBufferPointer {
              try writer.append(bytes: bytes, offsets: $0, levels: levels)
            }
          }
        }
      }
    }
  }
}

/// Takes rows apart into leaves, as the Dremel paper does: one walk of the schema a row.
struct Shredder {
  let schema: Schema
  var leaves: [ShreddedLeaf]
  /// The next leaf of the walk.
  private var next = 0

  init(_ schema: Schema) {
    self.schema = schema
    leaves = schema.columns.map { ShreddedLeaf($0) }
  }

  mutating func add(_ row: [TableValue]) throws(ParquetError) {
    guard row.count == schema.fields.count else {
      throw ParquetError(
        .misuse, "a row has the wrong number of fields", expected: "\(schema.fields.count)",
        found: "\(row.count)")
    }
    next = 0
    for (field, value) in zip(schema.fields, row) {
      try add(value, field, definition: 0, repetition: 0, depth: 0)
    }
  }

  /// - Shape: `definition` and `repetition` are the levels of the entry to write, `depth` the
  ///   number of repeated fields above.
  private mutating func add(
    _ value: TableValue, _ node: SchemaNode, definition: Int, repetition: Int, depth: Int
  ) throws(ParquetError) {
    switch node.repetition {
    case .required:
      guard value != .null else { throw misfit(node, "a value", "null") }
      try addContent(
        value, node, definition: definition, repetition: repetition, depth: depth)
    case .optional:
      if value == .null {
        addAbsent(node, definition: definition, repetition: repetition)
      } else {
        try addContent(
          value, node, definition: definition + 1, repetition: repetition, depth: depth)
      }
    case .repeated:
      guard case .list(let elements) = value else { throw misfit(node, "a list", "\(value)") }
      if elements.isEmpty { addAbsent(node, definition: definition, repetition: repetition) }
      let first = next
      for (index, element) in elements.enumerated() {
        next = first
        try addContent(
          element, node, definition: definition + 1,
          repetition: index == 0 ? repetition : depth + 1, depth: depth + 1)
      }
    }
  }

  private mutating func addContent(
    _ value: TableValue, _ node: SchemaNode, definition: Int, repetition: Int, depth: Int
  ) throws(ParquetError) {
    guard case .group(let children) = node.shape else {
      try leaves[next].add(value)
      addLevels(definition, repetition)
      return
    }
    if node.logicalType == .list, let middle = children.first {
      // The elements go straight to the repeated group, which holds nothing but them.
      guard case .list(let elements) = value else { throw misfit(node, "a list", "\(value)") }
      let wrapped = elements.map { TableValue.structure([$0]) }
      return try add(
        .list(wrapped), middle, definition: definition, repetition: repetition, depth: depth)
    }
    guard case .structure(let fields) = value, fields.count == children.count else {
      throw misfit(node, "a structure of \(children.count) fields", "\(value)")
    }
    for (child, field) in zip(children, fields) {
      try add(field, child, definition: definition, repetition: repetition, depth: depth)
    }
  }

  /// A null or an empty list: every leaf below gets an entry without a value.
  private mutating func addAbsent(_ node: SchemaNode, definition: Int, repetition: Int) {
    guard node.isGroup else { return addLevels(definition, repetition) }
    for child in node.children {
      addAbsent(child, definition: definition, repetition: repetition)
    }
  }

  private mutating func addLevels(_ definition: Int, _ repetition: Int) {
    leaves[next].definition.append(UInt8(truncatingIfNeeded: definition))
    leaves[next].repetition.append(UInt8(truncatingIfNeeded: repetition))
    next += 1
  }

  private func misfit(_ node: SchemaNode, _ expected: String, _ found: String) -> ParquetError {
    ParquetError(
      .misuse, "a value does not fit its field", column: node.name, expected: expected,
      found: found)
  }
}
