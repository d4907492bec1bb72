/// A schema is stored as its nodes in depth-first order, each group with its number of children.
///
/// - Source: `SchemaElement` in parquet.thrift.
extension Schema {
  func write(to writer: inout ThriftWriter, field id: Int16) {
    writer.list(id, .structure, count: 1 + fields.reduce(0) { $0 + $1.elementCount })
    writer.begin()
    writer.text(4, name)
    writer.int32(5, Int32(fields.count))
    writer.end()
    for field in fields { field.write(to: &writer) }
  }

  init(from reader: inout ThriftReader, _ field: ThriftReader.Field) throws(ParquetError) {
    let elements = try reader.structureList(field) { (reader) throws(ParquetError) in
      try SchemaElement(from: &reader)
    }
    guard let root = elements.first else { throw reader.failure("the schema is empty") }
    var next = 1
    var fields: [SchemaNode] = []
    for _ in 0..<max(0, root.childCount ?? 0) {
      fields.append(try SchemaElement.tree(elements, &next, depth: 1, reader))
    }
    guard next == elements.count else {
      throw reader.failure(
        "the schema has stray elements", expected: "\(next)", found: "\(elements.count)")
    }
    self.init(fields, name: root.name)
  }
}

/// One node as stored.
private struct SchemaElement {
  var type: Int32?
  var typeLength: Int32?
  var repetition: Int32?
  var name = ""
  var childCount: Int?
  var convertedType: Int32?
  var scale: Int32?
  var precision: Int32?
  var fieldID: Int32?
  var logicalType: LogicalType?

  init(from reader: inout ThriftReader) throws(ParquetError) {
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: type = try reader.int32(field)
      case 2: typeLength = try reader.int32(field)
      case 3: repetition = try reader.int32(field)
      case 4: name = try reader.text(field)
      case 5: childCount = Int(try reader.int32(field))
      case 6: convertedType = try reader.int32(field)
      case 7: scale = try reader.int32(field)
      case 8: precision = try reader.int32(field)
      case 9: fieldID = try reader.int32(field)
      case 10: logicalType = try LogicalType(from: &reader, field)
      default: try reader.skip(field)
      }
    }
  }

  /// The subtree that starts at element `next`.
  static func tree(
    _ elements: [SchemaElement], _ next: inout Int, depth: Int, _ reader: ThriftReader
  ) throws(ParquetError) -> SchemaNode {
    guard depth <= Limits.schemaDepth else {
      throw reader.failure("the schema nests deeper than \(Limits.schemaDepth)")
    }
    guard next < elements.count else { throw reader.failure("the schema ends early") }
    let element = elements[next]
    next += 1
    guard let repetition = Repetition(rawValue: element.repetition ?? 0) else {
      throw reader.failure(
        "a schema field has an unknown repetition", found: "\(element.repetition ?? 0)")
    }
    let shape: SchemaNode.Shape
    let childCount = element.childCount ?? 0
    if childCount > 0 || element.type == nil {
      guard childCount <= elements.count - next else {
        throw reader.failure("schema group \(element.name) has fewer children than it says")
      }
      var children: [SchemaNode] = []
      for _ in 0..<max(0, childCount) {
        children.append(try tree(elements, &next, depth: depth + 1, reader))
      }
      shape = .group(children)
    } else {
      shape = try element.leaf(reader)
    }
    let converted = element.convertedType.flatMap(ConvertedType.init(rawValue:))
    let logical =
      element.logicalType
      ?? converted.flatMap {
        LogicalType($0, precision: Int(element.precision ?? 0), scale: Int(element.scale ?? 0))
      }
    return SchemaNode(
      element.name, repetition, shape, logicalType: logical, convertedType: converted,
      fieldID: element.fieldID)
  }

  private func leaf(_ reader: ThriftReader) throws(ParquetError) -> SchemaNode.Shape {
    guard let physical = PhysicalType(rawValue: type ?? -1) else {
      throw reader.failure("column \(name) has an unknown type", found: "\(type ?? -1)")
    }
    if physical != .fixedLengthByteArray { return .leaf(physical, typeLength: nil) }
    guard let length = typeLength, length >= 0 else {
      throw reader.failure("column \(name) has no type length", found: "\(typeLength ?? -1)")
    }
    return .leaf(physical, typeLength: Int(length))
  }
}

extension SchemaNode {
  /// How many elements the node and all below it take.
  fileprivate var elementCount: Int { 1 + children.reduce(0) { $0 + $1.elementCount } }

  fileprivate func write(to writer: inout ThriftWriter) {
    writer.begin()
    if case .leaf(let type, let typeLength) = shape {
      writer.int32(1, type.rawValue)
      writer.int32(2, typeLength.map(Int32.init(clamping:)))
    }
    writer.int32(3, repetition.rawValue)
    writer.text(4, name)
    if isGroup { writer.int32(5, Int32(children.count)) }
    writer.int32(6, (convertedType ?? logicalType?.convertedType)?.rawValue)
    if case .decimal(let precision, let scale) = logicalType {
      writer.int32(7, Int32(clamping: scale))
      writer.int32(8, Int32(clamping: precision))
    }
    writer.int32(9, fieldID)
    logicalType?.write(to: &writer, field: 10)
    writer.end()
    for child in children { child.write(to: &writer) }
  }
}
