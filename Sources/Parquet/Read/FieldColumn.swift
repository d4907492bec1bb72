/// A field of the schema with all that is below it, for some rows: the assembled form of levels.
///
/// Every case has one entry a slot: a row for a top-level field, an element for what is in a list.
public indirect enum FieldColumn: Sendable, Equatable {
  /// A column of values.
  case values(LeafColumn)
  case structure(StructureColumn)
  /// A list; a map is a list of structures of key and value.
  case list(ListColumn)

  /// 1 for slots that are there, 0 for nulls.
  public var isPresent: [UInt8] {
    switch self {
    case .values(let column): column.isPresent
    case .structure(let column): column.isPresent
    case .list(let column): column.isPresent
    }
  }
}

/// Values with a slot for every null.
public struct LeafColumn: Sendable, Equatable {
  public var column: ColumnDescriptor
  public var isPresent: [UInt8]
  /// One value a slot; zero or empty for null, ``ColumnReader/absentCode`` for codes.
  public var values: ColumnValues
}

/// Fields that belong together.
public struct StructureColumn: Sendable, Equatable {
  public var isPresent: [UInt8]
  public var names: [String]
  /// One column a name, each with the slots of the structure.
  public var fields: [FieldColumn]

  /// The field of a name, compared byte by byte.
  public func field(_ name: String) -> FieldColumn? {
    zip(names, fields).first { $0.0.utf8.elementsEqual(name.utf8) }?.1
  }
}

/// Lists: slot `i` holds the elements `offsets[i]..<offsets[i + 1]`.
public struct ListColumn: Sendable, Equatable {
  public var isPresent: [UInt8]
  /// - Shape: one entry more than there are slots.
  public var offsets: [UInt32]
  public var element: FieldColumn
  public var isMap: Bool
}
