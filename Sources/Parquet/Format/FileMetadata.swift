/// A column by which rows of a row group are sorted.
public struct SortingColumn: Sendable, Equatable {
  public var columnIndex: Int
  public var isDescending: Bool
  public var nullsFirst: Bool

  public init(columnIndex: Int, isDescending: Bool = false, nullsFirst: Bool = false) {
    self.columnIndex = columnIndex
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
  }
}

/// Some rows of a file: one chunk of every column.
///
/// - Source: `RowGroup` in parquet.thrift.
public struct RowGroupMetadata: Sendable, Equatable {
  public var columns: [ColumnChunkMetadata]
  /// Uncompressed bytes of all columns.
  public var totalByteCount: Int
  public var rowCount: Int
  public var sortingColumns: [SortingColumn] = []
  public var fileOffset: Int?
  public var totalCompressedByteCount: Int?
  public var ordinal: Int?

  public init(columns: [ColumnChunkMetadata], totalByteCount: Int, rowCount: Int) {
    self.columns = columns
    self.totalByteCount = totalByteCount
    self.rowCount = rowCount
  }
}

/// The footer: schema, row groups and what the writer says of itself.
///
/// - Source: `FileMetaData` in parquet.thrift.
public struct FileMetadata: Sendable, Equatable {
  public var version: Int32
  public var schema: Schema
  public var rowCount: Int
  public var rowGroups: [RowGroupMetadata]
  public var keyValues: [KeyValue]
  public var createdBy: String?
  /// Whether bounds follow the order of each column's type; old files do not say so.
  public var hasTypeDefinedOrder: Bool
  /// Whether the footer is signed and some columns are encrypted.
  public var isEncrypted = false

  public init(
    schema: Schema, rowCount: Int, rowGroups: [RowGroupMetadata], keyValues: [KeyValue] = [],
    createdBy: String? = nil, version: Int32 = 1
  ) {
    self.version = version
    self.schema = schema
    self.rowCount = rowCount
    self.rowGroups = rowGroups
    self.keyValues = keyValues
    self.createdBy = createdBy
    self.hasTypeDefinedOrder = true
  }

  /// The value of a footer entry, by key, compared byte by byte.
  public func value(_ key: String) -> String? {
    keyValues.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The thrift bytes of the footer, without length and magic.
  public func encoded() -> [UInt8] {
    var writer = ThriftWriter()
    writer.begin()
    writer.int32(1, version)
    schema.write(to: &writer, field: 2)
    writer.int64(3, Int64(rowCount))
    writer.list(4, .structure, count: rowGroups.count)
    for rowGroup in rowGroups { rowGroup.write(to: &writer) }
    if !keyValues.isEmpty {
      writer.list(5, .structure, count: keyValues.count)
      for keyValue in keyValues { keyValue.write(to: &writer) }
    }
    writer.text(6, createdBy)
    if hasTypeDefinedOrder {
      writer.list(7, .structure, count: schema.columns.count)
      for _ in schema.columns {
        writer.begin()
        writer.begin(1)
        writer.end()
        writer.end()
      }
    }
    writer.end()
    return writer.bytes
  }

  /// Reads the thrift bytes of a footer.
  ///
  /// - Units: `baseOffset` is where the bytes start in the file, for error messages.
  public init(_ bytes: [UInt8], baseOffset: Int) throws(ParquetError) {
    let result = bytes.withUnsafeBytes { (raw) -> Result<FileMetadata, ParquetError> in
      var reader = ThriftReader(raw, baseOffset: baseOffset)
      do throws(ParquetError) {
        return .success(try FileMetadata(from: &reader))
      } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }

  private init(from reader: inout ThriftReader) throws(ParquetError) {
    var version: Int32 = 0
    var schema: Schema?
    var rowCount: Int64 = 0
    var rowGroups: [RowGroupMetadata] = []
    var keyValues: [KeyValue] = []
    var createdBy: String?
    var hasOrder = false
    var isEncrypted = false
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: version = try reader.int32(field)
      case 2: schema = try Schema(from: &reader, field)
      case 3: rowCount = try reader.int64(field)
      case 4:
        rowGroups = try reader.structureList(field) { (reader) throws(ParquetError) in
          try RowGroupMetadata(from: &reader)
        }
      case 5:
        keyValues = try reader.structureList(field) { (reader) throws(ParquetError) in
          try KeyValue(from: &reader)
        }
      case 6: createdBy = try reader.text(field)
      case 7:
        hasOrder = true
        try reader.skip(field)
      case 8, 9:
        isEncrypted = true
        try reader.skip(field)
      default: try reader.skip(field)
      }
    }
    guard let schema else { throw reader.failure("the footer has no schema") }
    guard rowCount >= 0 else {
      throw reader.failure("the footer has a negative row count", found: "\(rowCount)")
    }
    self.init(
      schema: schema, rowCount: Int(rowCount), rowGroups: rowGroups, keyValues: keyValues,
      createdBy: createdBy, version: version)
    self.hasTypeDefinedOrder = hasOrder
    self.isEncrypted = isEncrypted
  }
}

extension RowGroupMetadata {
  fileprivate func write(to writer: inout ThriftWriter) {
    writer.begin()
    writer.list(1, .structure, count: columns.count)
    for column in columns { column.write(to: &writer) }
    writer.int64(2, Int64(totalByteCount))
    writer.int64(3, Int64(rowCount))
    if !sortingColumns.isEmpty {
      writer.list(4, .structure, count: sortingColumns.count)
      for column in sortingColumns {
        writer.begin()
        writer.int32(1, Int32(clamping: column.columnIndex))
        writer.bool(2, column.isDescending)
        writer.bool(3, column.nullsFirst)
        writer.end()
      }
    }
    writer.int64(5, fileOffset.map(Int64.init))
    writer.int64(6, totalCompressedByteCount.map(Int64.init))
    writer.int16(7, ordinal.map(Int16.init(clamping:)))
    writer.end()
  }

  fileprivate init(from reader: inout ThriftReader) throws(ParquetError) {
    self.init(columns: [], totalByteCount: 0, rowCount: 0)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1:
        columns = try reader.structureList(field) { (reader) throws(ParquetError) in
          try ColumnChunkMetadata(from: &reader)
        }
      case 2: totalByteCount = Int(try reader.int64(field))
      case 3: rowCount = Int(try reader.int64(field))
      case 4:
        sortingColumns = try reader.structureList(field) { (reader) throws(ParquetError) in
          try SortingColumn(from: &reader)
        }
      case 5: fileOffset = Int(try reader.int64(field))
      case 6: totalCompressedByteCount = Int(try reader.int64(field))
      case 7: ordinal = Int(try reader.int64(field))
      default: try reader.skip(field)
      }
    }
    guard rowCount >= 0 else {
      throw reader.failure("a row group has a negative row count", found: "\(rowCount)")
    }
  }
}

extension SortingColumn {
  fileprivate init(from reader: inout ThriftReader) throws(ParquetError) {
    self.init(columnIndex: 0)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: columnIndex = Int(try reader.int32(field))
      case 2: isDescending = try reader.bool(field)
      case 3: nullsFirst = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
  }
}
