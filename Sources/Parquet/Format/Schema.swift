/// One field of a schema: a column of values, or a group of further fields.
public struct SchemaNode: Sendable, Equatable {
  /// A column of stored values, or a group.
  public enum Shape: Sendable, Equatable {
    /// - Units: `typeLength` in bytes, for fixed-length byte arrays only.
    case leaf(PhysicalType, typeLength: Int?)
    case group([SchemaNode])
  }

  public var name: String
  public var repetition: Repetition
  public var fieldID: Int32?
  public var logicalType: LogicalType?
  /// The older annotation as found in a file; a writer derives it from ``logicalType``.
  public var convertedType: ConvertedType?
  public var shape: Shape

  public init(
    _ name: String, _ repetition: Repetition, _ shape: Shape, logicalType: LogicalType? = nil,
    convertedType: ConvertedType? = nil, fieldID: Int32? = nil
  ) {
    self.name = name
    self.repetition = repetition
    self.shape = shape
    self.logicalType = logicalType
    self.convertedType = convertedType ?? logicalType?.convertedType
    self.fieldID = fieldID
  }

  /// The fields inside, none for a column.
  public var children: [SchemaNode] {
    if case .group(let children) = shape { children } else { [] }
  }

  /// Whether this is a group.
  public var isGroup: Bool {
    if case .group = shape { true } else { false }
  }
}

extension SchemaNode {
  /// A column of values.
  public static func column(
    _ name: String, _ type: PhysicalType, _ repetition: Repetition = .optional,
    logicalType: LogicalType? = nil, typeLength: Int? = nil, fieldID: Int32? = nil
  ) -> SchemaNode {
    SchemaNode(
      name, repetition, .leaf(type, typeLength: typeLength), logicalType: logicalType,
      fieldID: fieldID)
  }

  /// A column of UTF-8 text.
  public static func string(
    _ name: String, _ repetition: Repetition = .optional, fieldID: Int32? = nil
  ) -> SchemaNode {
    column(name, .byteArray, repetition, logicalType: .string, fieldID: fieldID)
  }

  /// A column of JSON text.
  public static func json(
    _ name: String, _ repetition: Repetition = .optional, fieldID: Int32? = nil
  ) -> SchemaNode {
    column(name, .byteArray, repetition, logicalType: .json, fieldID: fieldID)
  }

  /// A column of instants.
  ///
  /// - Units: microseconds since 1970-01-01 UTC.
  public static func timestamp(
    _ name: String, _ repetition: Repetition = .optional, fieldID: Int32? = nil
  ) -> SchemaNode {
    column(
      name, .int64, repetition,
      logicalType: .timestamp(unit: .microseconds, isAdjustedToUTC: true), fieldID: fieldID)
  }

  /// A column of decimals in the smallest integer type that holds the precision (at most 18).
  public static func decimal(
    _ name: String, precision: Int, scale: Int, _ repetition: Repetition = .optional,
    fieldID: Int32? = nil
  ) -> SchemaNode {
    precondition((1...18).contains(precision), "an integer holds 1 to 18 decimal digits")
    return column(
      name, precision <= 9 ? .int32 : .int64, repetition,
      logicalType: .decimal(precision: precision, scale: scale), fieldID: fieldID)
  }

  /// A structure of further fields.
  public static func structure(
    _ name: String, _ children: [SchemaNode], _ repetition: Repetition = .optional,
    fieldID: Int32? = nil
  ) -> SchemaNode {
    SchemaNode(name, repetition, .group(children), fieldID: fieldID)
  }

  /// A list in the three-level form; the element is renamed to `element` as the format demands.
  ///
  /// - Shape: `group name (LIST) { repeated group list { … element } }`.
  public static func list(
    _ name: String, of element: SchemaNode, _ repetition: Repetition = .optional,
    fieldID: Int32? = nil, listFieldID: Int32? = nil
  ) -> SchemaNode {
    var renamed = element
    renamed.name = "element"
    let middle = SchemaNode("list", .repeated, .group([renamed]), fieldID: listFieldID)
    return SchemaNode(name, repetition, .group([middle]), logicalType: .list, fieldID: fieldID)
  }

  /// A map in its three-level form.
  ///
  /// - Shape: `group name (MAP) { repeated group key_value { required key; value } }`.
  public static func map(
    _ name: String, key: SchemaNode, value: SchemaNode, _ repetition: Repetition = .optional,
    fieldID: Int32? = nil, entryFieldID: Int32? = nil
  ) -> SchemaNode {
    var renamedKey = key
    renamedKey.name = "key"
    renamedKey.repetition = .required
    var renamedValue = value
    renamedValue.name = "value"
    let middle = SchemaNode(
      "key_value", .repeated, .group([renamedKey, renamedValue]), fieldID: entryFieldID)
    return SchemaNode(name, repetition, .group([middle]), logicalType: .map, fieldID: fieldID)
  }
}

/// One column of stored values: a leaf of the schema with what its ancestors imply.
public struct ColumnDescriptor: Sendable, Equatable {
  /// Position among the columns, which is also its position in every row group.
  public let index: Int
  /// Names from the root down.
  public let path: [String]
  public let physicalType: PhysicalType
  /// - Units: bytes; for fixed-length byte arrays only.
  public let typeLength: Int?
  public let logicalType: LogicalType?
  public let convertedType: ConvertedType?
  public let fieldID: Int32?
  public let repetition: Repetition
  /// The definition level of a value that is there; lower levels are nulls or empty lists.
  public let maxDefinitionLevel: Int
  /// How many repeated fields lie on the path.
  public let maxRepetitionLevel: Int

  /// Names from the root down, joined by dots.
  public var dotPath: String { path.joined(separator: ".") }

  /// Whether a row holds one value or null, nothing repeated.
  public var isFlat: Bool { maxRepetitionLevel == 0 }

  /// Bytes of one value where all values have the same size.
  public var valueByteCount: Int? {
    physicalType == .fixedLengthByteArray ? typeLength : physicalType.plainByteCount
  }
}

/// The fields of a file as a tree, and its columns as a list.
public struct Schema: Sendable, Equatable {
  /// Name of the root; of no meaning, but kept.
  public let name: String
  public let fields: [SchemaNode]
  /// The leaves in depth-first order.
  public let columns: [ColumnDescriptor]

  public init(_ fields: [SchemaNode], name: String = "schema") {
    self.name = name
    self.fields = fields
    var columns: [ColumnDescriptor] = []
    for field in fields { Schema.flatten(field, [], 0, 0, into: &columns) }
    self.columns = columns
  }

  /// The column with a dot path, compared byte by byte.
  public func column(_ dotPath: String) -> ColumnDescriptor? {
    columns.first { $0.dotPath.utf8.elementsEqual(dotPath.utf8) }
  }

  /// The columns at or below a dot path, for lists and structures.
  public func columns(under dotPath: String) -> [ColumnDescriptor] {
    let prefix = Array((dotPath + ".").utf8)
    return columns.filter {
      $0.dotPath.utf8.elementsEqual(dotPath.utf8) || $0.dotPath.utf8.starts(with: prefix)
    }
  }

  /// The top-level field of a name, compared byte by byte.
  public func field(_ name: String) -> SchemaNode? {
    fields.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  private static func flatten(
    _ node: SchemaNode, _ parents: [String], _ definition: Int, _ repeatedCount: Int,
    into columns: inout [ColumnDescriptor]
  ) {
    let path = parents + [node.name]
    let definitionLevel = definition + (node.repetition == .required ? 0 : 1)
    let repetitionLevel = repeatedCount + (node.repetition == .repeated ? 1 : 0)
    switch node.shape {
    case .group(let children):
      for child in children {
        flatten(child, path, definitionLevel, repetitionLevel, into: &columns)
      }
    case .leaf(let type, let typeLength):
      columns.append(
        ColumnDescriptor(
          index: columns.count, path: path, physicalType: type, typeLength: typeLength,
          logicalType: node.logicalType, convertedType: node.convertedType,
          fieldID: node.fieldID, repetition: node.repetition,
          maxDefinitionLevel: definitionLevel, maxRepetitionLevel: repetitionLevel))
    }
  }
}
