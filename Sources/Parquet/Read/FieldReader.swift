/// Reads one top-level field of one row group in its assembled form, whatever it nests.
///
/// ```swift
/// let items = try file.fieldReader("items", rowGroup: 0)
/// while case .list(let lists)? = try items.read(65_536) { … }
/// ```
///
/// - Cost: memory is a page a column, and the batch.
public final class FieldReader {
  /// What is being read.
  public let field: SchemaNode
  /// The readers of the columns below, in the order of the schema.
  public let columns: [ColumnReader]
  private let asCodes: Bool

  init(_ field: SchemaNode, _ columns: [ColumnReader], asCodes: Bool) {
    self.field = field
    self.columns = columns
    self.asCodes = asCodes
  }

  /// The next rows; nil at the end of the row group.
  public func read(_ rowLimit: Int) throws(ParquetError) -> FieldColumn? {
    var batches: [LevelBatch] = []
    for column in columns {
      let isString = column.column.physicalType == .byteArray
      batches.append(try column.readLevels(rowLimit, asCodes: asCodes && isString))
    }
    guard let rowCount = batches.first?.rowCount, rowCount > 0 else { return nil }
    for (column, batch) in zip(columns, batches) where batch.rowCount != rowCount {
      throw ParquetError(
        .corrupt, "columns of one field have different numbers of rows",
        column: column.column.dotPath, rowGroup: column.rowGroup, expected: "\(rowCount)",
        found: "\(batch.rowCount)")
    }
    var assembler = FieldAssembler(columns.map(\.column), batches)
    return try assembler.assemble(field)
  }

  /// Makes `row` the next to be read in all columns.
  public func seek(toRow row: Int) throws(ParquetError) {
    for column in columns { try column.seek(toRow: row) }
  }
}

extension FileReader {
  /// A reader of a top-level field of one row group.
  ///
  /// - Shape: with `asCodes` strings come as numbers into the dictionaries of the column readers.
  public func fieldReader(
    _ name: String, rowGroup: Int, asCodes: Bool = false
  ) throws(ParquetError) -> FieldReader {
    var firstColumn = 0
    for field in schema.fields {
      let columnCount = field.leafCount
      if field.name.utf8.elementsEqual(name.utf8) {
        var readers: [ColumnReader] = []
        for column in firstColumn..<firstColumn + columnCount {
          readers.append(try columnReader(column: column, rowGroup: rowGroup))
        }
        return FieldReader(field, readers, asCodes: asCodes)
      }
      firstColumn += columnCount
    }
    throw ParquetError(.misuse, "the file has no such field", column: name)
  }
}

extension SchemaNode {
  /// Columns at and below the node.
  var leafCount: Int {
    isGroup ? children.reduce(0) { $0 + $1.leafCount } : 1
  }

  /// The node whose slots are the elements, when this is the repeated field inside a list.
  ///
  /// - Source: Apache Parquet format, LogicalTypes.md, "Lists", backward-compatibility rules.
  func listElement(listName: String) -> SchemaNode? {
    guard children.count == 1, let only = children.first, only.repetition != .repeated else {
      return nil
    }
    let isOldStructure =
      name.utf8.elementsEqual("array".utf8) || name.utf8.elementsEqual((listName + "_tuple").utf8)
    return isOldStructure ? nil : only
  }
}
