/// Opens a Parquet file: reads the footer, hands out readers of columns and the indexes.
///
/// ```swift
/// let file = try FileReader(MemorySource(bytes))
/// let column = try file.column("price")
/// for rowGroup in file.metadata.rowGroups.indices {
///   let reader = try file.columnReader(column: column.index, rowGroup: rowGroup)
///   …
/// }
/// ```
///
/// - Shape: a value that never changes; any number of threads may make readers from it.
/// - Source: Apache Parquet format, "File format".
public struct FileReader: Sendable {
  public let source: any ByteSource
  public let metadata: FileMetadata
  /// Where the footer starts; pages and indexes lie before it.
  let footerOffset: Int
  /// What readers keep for each other, where somebody asked for it.
  var kept: FilePages?

  /// Reads and checks the footer.
  ///
  /// - Errors: `notParquet`, `corrupt`, `unsupported` for an encrypted footer, `source`.
  public init(_ source: any ByteSource) throws(ParquetError) {
    let byteCount = source.byteCount
    guard byteCount >= 12 else {
      throw ParquetError(
        .notParquet, "too short for a Parquet file", expected: "at least 12 bytes",
        found: "\(byteCount)")
    }
    let guess = min(byteCount, Limits.footerGuess)
    var tail = try source.fetch(at: byteCount - guess, count: guess)
    let magic = Array(tail.suffix(4))
    if magic == Array("PARE".utf8) {
      throw ParquetError(.unsupported, "the footer is encrypted", byteOffset: byteCount - 4)
    }
    guard magic == Array("PAR1".utf8) else {
      throw ParquetError(
        .notParquet, "no Parquet magic at the end", byteOffset: byteCount - 4,
        expected: "PAR1", found: "\(magic)")
    }
    let length = tail.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= byteCount - 12, length <= Limits.footerByteCount else {
      throw ParquetError.corrupt(
        "the footer is longer than the file", at: byteCount - 8,
        expected: "at most \(byteCount - 12) bytes", found: "\(length)")
    }
    let offset = byteCount - 8 - length
    if length + 8 <= guess {
      tail = Array(tail[(guess - 8 - length)..<(guess - 8)])
    } else {
      tail = try source.fetch(at: offset, count: length)
    }
    self.source = source
    footerOffset = offset
    metadata = try FileMetadata(tail, baseOffset: offset)
    try checkRowGroups()
  }

  public var schema: Schema { metadata.schema }

  /// The column with a dot path.
  ///
  /// - Errors: `misuse` when there is none.
  public func column(_ dotPath: String) throws(ParquetError) -> ColumnDescriptor {
    guard let column = schema.column(dotPath) else {
      throw ParquetError(.misuse, "the file has no such column", column: dotPath)
    }
    return column
  }

  /// A reader of one column of one row group, from its first row on.
  ///
  /// - Errors: `corrupt` when the metadata of the chunk is impossible, `unsupported` for a codec,
  ///   encryption or pages in another file.
  public func columnReader(
    column: Int, rowGroup: Int
  ) throws(ParquetError) -> ColumnReader {
    let (descriptor, chunk) = try chunk(column: column, rowGroup: rowGroup)
    return ColumnReader(
      self, descriptor, chunk, rowGroup: rowGroup,
      rowCount: metadata.rowGroups[rowGroup].rowCount)
  }

  /// The offset index of a column chunk, or nil when the file has none.
  public func offsetIndex(column: Int, rowGroup: Int) throws(ParquetError) -> OffsetIndex? {
    let (_, chunk) = try chunk(column: column, rowGroup: rowGroup)
    return try index(
      chunk.offsetIndexOffset, chunk.offsetIndexByteCount, column, rowGroup
    ) { (reader) throws(ParquetError) in try OffsetIndex(from: &reader) }
  }

  /// The column index of a column chunk, or nil when the file has none.
  public func columnIndex(column: Int, rowGroup: Int) throws(ParquetError) -> ColumnIndex? {
    let (_, chunk) = try chunk(column: column, rowGroup: rowGroup)
    return try index(
      chunk.columnIndexOffset, chunk.columnIndexByteCount, column, rowGroup
    ) { (reader) throws(ParquetError) in try ColumnIndex(from: &reader) }
  }

  private func index<Index>(
    _ offset: Int?, _ byteCount: Int?, _ column: Int, _ rowGroup: Int,
    _ read: (inout ThriftReader) throws(ParquetError) -> Index
  ) throws(ParquetError) -> Index? {
    guard let offset, let byteCount, byteCount > 0 else { return nil }
    do throws(ParquetError) {
      let bytes = try stored(offset, byteCount, "the page index")
      return try withBytes(bytes) { (raw) throws(ParquetError) in
        var reader = ThriftReader(raw, baseOffset: offset)
        return try read(&reader)
      }
    } catch {
      throw error.located(
        column: schema.columns[column].dotPath, rowGroup: rowGroup, byteOffset: offset)
    }
  }

  /// Bytes that the footer points to.
  func stored(_ offset: Int, _ byteCount: Int, _ what: String) throws(ParquetError) -> [UInt8] {
    try checkStored(offset, byteCount, what)
    return try source.fetch(at: offset, count: byteCount)
  }

  func checkStored(_ offset: Int, _ byteCount: Int, _ what: String) throws(ParquetError) {
    guard offset >= 4, byteCount >= 0, offset <= footerOffset, byteCount <= footerOffset - offset,
      byteCount <= Limits.indexByteCount
    else {
      throw ParquetError.corrupt(
        "\(what) lies outside the file", at: offset, found: "\(byteCount) bytes")
    }
  }

  /// A column chunk whose metadata was checked.
  func chunk(
    column: Int, rowGroup: Int
  ) throws(ParquetError) -> (ColumnDescriptor, ColumnChunkMetadata) {
    guard metadata.rowGroups.indices.contains(rowGroup), schema.columns.indices.contains(column)
    else {
      throw ParquetError(
        .misuse, "the file has no such column chunk", rowGroup: rowGroup,
        found: "column \(column)")
    }
    let descriptor = schema.columns[column]
    let chunk = metadata.rowGroups[rowGroup].columns[column]
    do throws(ParquetError) {
      try check(descriptor, chunk)
    } catch {
      throw error.located(column: descriptor.dotPath, rowGroup: rowGroup)
    }
    return (descriptor, chunk)
  }

  private func check(
    _ column: ColumnDescriptor, _ chunk: ColumnChunkMetadata
  ) throws(ParquetError) {
    if chunk.isEncrypted { throw ParquetError(.unsupported, "the column is encrypted") }
    if chunk.filePath != nil {
      throw ParquetError(.unsupported, "the pages of the column are in another file")
    }
    guard Decompressor.supports(chunk.codec) else {
      throw ParquetError(.unsupported, "pages are compressed with \(chunk.codec)")
    }
    guard chunk.physicalType == column.physicalType else {
      throw .corrupt(
        "schema and column chunk differ in type", expected: "\(column.physicalType)",
        found: "\(chunk.physicalType)")
    }
    guard chunk.valueCount >= 0, chunk.totalCompressedByteCount >= 0,
      chunk.totalCompressedByteCount <= footerOffset
    else {
      throw .corrupt(
        "a column chunk has impossible sizes",
        found: "\(chunk.valueCount) values in \(chunk.totalCompressedByteCount) bytes")
    }
    guard chunk.valueCount == 0 || (4..<footerOffset).contains(chunk.firstPageOffset) else {
      throw .corrupt(
        "a column chunk starts outside the file", at: chunk.firstPageOffset,
        expected: "below \(footerOffset)")
    }
    guard column.maxDefinitionLevel <= 255 else {
      throw ParquetError(.limit, "the column nests too deep")
    }
  }

  private func checkRowGroups() throws(ParquetError) {
    for (number, rowGroup) in metadata.rowGroups.enumerated()
    where rowGroup.columns.count != schema.columns.count {
      throw ParquetError(
        .corrupt, "a row group has not one chunk for every column", rowGroup: number,
        byteOffset: footerOffset, expected: "\(schema.columns.count)",
        found: "\(rowGroup.columns.count)")
    }
  }
}

/// Lends bytes to a body that throws our error.
func withBytes<Result>(
  _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(ParquetError) -> Result
) throws(ParquetError) -> Result {
  let outcome = bytes.withUnsafeBytes { raw -> Swift.Result<Result, ParquetError> in
    do throws(ParquetError) {
      return .success(try body(raw))
    } catch {
      return .failure(error)
    }
  }
  return try outcome.get()
}
