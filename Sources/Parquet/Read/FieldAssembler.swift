/// Turns levels into presence and offsets, a node of the schema at a time.
///
/// A slot of a node is an entry of the level streams of any column below it that starts something
/// new at the node's depth: its repetition level is at most the number of repeated fields above,
/// and its definition level at least that of the innermost repeated field above. A slot is there
/// when its definition level reaches the node's own.
struct FieldAssembler {
  /// Where in the tree a node is.
  private struct Depth {
    /// Definition level of the parent.
    var definition = 0
    /// Definition level at which the innermost list above has an element.
    var elementDefinition = 0
    /// Repeated fields above.
    var repetition = 0
  }

  private let columns: [ColumnDescriptor]
  private var batches: [LevelBatch]
  private var nextLeaf = 0

  init(_ columns: [ColumnDescriptor], _ batches: [LevelBatch]) {
    self.columns = columns
    self.batches = batches
  }

  mutating func assemble(_ field: SchemaNode) throws(ParquetError) -> FieldColumn {
    nextLeaf = 0
    return try node(field, Depth())
  }

  private mutating func node(
    _ node: SchemaNode, _ depth: Depth
  ) throws(ParquetError) -> FieldColumn {
    if node.repetition == .repeated {
      // A repeated field that no list surrounds: a list that is never null.
      return try list(of: node, isMap: false, depth)
    }
    var depth = depth
    if node.repetition == .optional { depth.definition += 1 }
    return try group(node, depth)
  }

  /// A node whose own repetition is dealt with: a column, a list, a map or a structure.
  private mutating func group(
    _ node: SchemaNode, _ depth: Depth
  ) throws(ParquetError) -> FieldColumn {
    if !node.isGroup { return .values(try leaf(depth)) }
    let isMap = node.logicalType == .map
    if node.logicalType == .list || isMap, node.children.count == 1,
      let repeated = node.children.first, repeated.repetition == .repeated
    {
      return try list(of: repeated, isMap: isMap, depth, listName: node.name)
    }
    return try structure(node, depth)
  }

  private mutating func structure(
    _ node: SchemaNode, _ depth: Depth
  ) throws(ParquetError) -> FieldColumn {
    let first = nextLeaf
    var fields: [FieldColumn] = []
    for child in node.children {
      // A group without columns has no levels to tell its slots by.
      guard child.leafCount > 0 else {
        throw ParquetError(.unsupported, "a group has no columns", column: child.name)
      }
      fields.append(try self.node(child, depth))
    }
    let presence = slots(first, depth).map { $0 >= depth.definition ? UInt8(1) : 0 }
    for field in fields where field.isPresent.count != presence.count {
      throw ParquetError(
        .corrupt, "columns of one structure have different lengths",
        column: columns[first].dotPath, expected: "\(presence.count)",
        found: "\(field.isPresent.count)")
    }
    return .structure(
      StructureColumn(isPresent: presence, names: node.children.map(\.name), fields: fields))
  }

  /// - Shape: `depth.definition` is that of the list itself.
  private mutating func list(
    of repeated: SchemaNode, isMap: Bool, _ depth: Depth, listName: String? = nil
  ) throws(ParquetError) -> FieldColumn {
    let first = nextLeaf
    let inside = Depth(
      definition: depth.definition + 1, elementDefinition: depth.definition + 1,
      repetition: depth.repetition + 1)
    let element: FieldColumn
    // A map without values is a list of its keys.
    let isMap = isMap && repeated.children.count == 2
    if let listName, !isMap, let only = repeated.listElement(listName: listName) {
      element = try node(only, inside)
    } else if isMap {
      element = try structure(repeated, inside)
    } else {
      element = try group(repeated, inside)
    }
    var presence: [UInt8] = []
    var offsets: [UInt32] = []
    var elementCount: UInt32 = 0
    let batch = batches[first]
    for entry in batch.definitionLevels.indices {
      let definition = Int(batch.definitionLevels[entry])
      let repetition = Int(batch.repetitionLevels[entry])
      guard definition >= depth.elementDefinition else { continue }
      if repetition <= depth.repetition {
        presence.append(definition >= depth.definition ? 1 : 0)
        offsets.append(elementCount)
      }
      if repetition <= inside.repetition && definition >= inside.definition {
        if offsets.isEmpty {
          throw ParquetError(
            .corrupt, "an element stands outside of any list", column: columns[first].dotPath)
        }
        elementCount += 1
      }
    }
    offsets.append(elementCount)
    guard element.isPresent.count == Int(elementCount) else {
      throw ParquetError(
        .corrupt, "columns of one list have different lengths",
        column: columns[first].dotPath, expected: "\(elementCount)",
        found: "\(element.isPresent.count)")
    }
    return .list(
      ListColumn(isPresent: presence, offsets: offsets, element: element, isMap: isMap))
  }

  private mutating func leaf(_ depth: Depth) throws(ParquetError) -> LeafColumn {
    let index = nextLeaf
    nextLeaf += 1
    let presence: [UInt8]
    if depth.elementDefinition == 0 && depth.repetition == 0 && depth.definition == 0 {
      presence = [UInt8](repeating: 1, count: batches[index].definitionLevels.count)
    } else {
      presence = slots(index, depth).map { $0 >= depth.definition ? UInt8(1) : 0 }
    }
    var values = batches[index].values
    batches[index].values = .codes([])
    try values.spread(presence)
    return LeafColumn(column: columns[index], isPresent: presence, values: values)
  }

  /// The definition levels of the slots at a depth, read from one column below it.
  private func slots(_ leaf: Int, _ depth: Depth) -> [UInt8] {
    let batch = batches[leaf]
    if depth.repetition == 0 && columns[leaf].isFlat { return batch.definitionLevels }
    var slots: [UInt8] = []
    slots.reserveCapacity(batch.definitionLevels.count)
    batch.definitionLevels.withUnsafeBufferPointer { definitions in
      batch.repetitionLevels.withUnsafeBufferPointer { repetitions in
        for entry in 0..<definitions.count
        where Int(repetitions[entry]) <= depth.repetition
          && Int(definitions[entry]) >= depth.elementDefinition
        {
          slots.append(definitions[entry])
        }
      }
    }
    return slots
  }
}

extension ColumnValues {
  /// Gives every null a slot.
  mutating func spread(_ presence: [UInt8]) throws(ParquetError) {
    let part = FlatPart(rows: presence.count, present: count)
    if part.rows == part.present { return }
    let empty = part.rows - part.present
    switch self {
    case .booleans(var array):
      self = .codes([])
      array.append(contentsOf: repeatElement(0, count: empty))
      array.withUnsafeMutableBufferPointer { $0.spread(part, presence, empty: 0) }
      self = .booleans(array)
    case .int32(var array):
      self = .codes([])
      array.append(contentsOf: repeatElement(0, count: empty))
      array.withUnsafeMutableBufferPointer { $0.spread(part, presence, empty: 0) }
      self = .int32(array)
    case .int64(var array):
      self = .codes([])
      array.append(contentsOf: repeatElement(0, count: empty))
      array.withUnsafeMutableBufferPointer { $0.spread(part, presence, empty: 0) }
      self = .int64(array)
    case .floats(let array):
      var words = array.map(\.bitPattern) + repeatElement(0, count: empty)
      words.withUnsafeMutableBufferPointer { $0.spread(part, presence, empty: 0) }
      self = .floats(words.map { Float(bitPattern: $0) })
    case .doubles(let array):
      var words = array.map(\.bitPattern) + repeatElement(0, count: empty)
      words.withUnsafeMutableBufferPointer { $0.spread(part, presence, empty: 0) }
      self = .doubles(words.map { Double(bitPattern: $0) })
    case .codes(var array):
      self = .booleans([])
      array.append(contentsOf: repeatElement(0, count: empty))
      array.withUnsafeMutableBufferPointer {
        $0.spread(part, presence, empty: ColumnReader.absentCode)
      }
      self = .codes(array)
    case .strings(var strings):
      self = .codes([])
      try Presence.spreadOffsets(&strings.offsets, 0, part, presence)
      self = .strings(strings)
    case .fixed(var array, let byteCount):
      self = .codes([])
      guard byteCount == 0 || part.rows <= Limits.batchByteCount / byteCount else {
        throw ParquetError(.limit, "the values of one batch are too many bytes")
      }
      array.append(contentsOf: repeatElement(0, count: empty * byteCount))
      array.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        Presence.spreadFixed(base, part, presence, width: byteCount)
      }
      self = .fixed(array, byteCount: byteCount)
    }
  }
}

extension UnsafeMutableBufferPointer where Element: FixedWidthInteger & BitwiseCopyable {
  fileprivate func spread(_ part: FlatPart, _ presence: [UInt8], empty: Element) {
    guard let baseAddress else { return }
    Presence.spread(baseAddress, part, presence, empty: empty)
  }
}
