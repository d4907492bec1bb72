import Bytes

/// Puts encoded column chunks together to a Parquet file, handing its bytes to a sink.
///
///   "PAR1" · row groups (each followed by its bloom filters and page filters) · column indexes ·
///   offset indexes · footer · footer length (4 bytes) · "PAR1"
///
/// The bytes depend on what is added only. Memory: the metadata of the row groups written.
public struct FileWriter: ~Copyable {
  /// Takes the next bytes of the file.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  public let schema: Schema
  public private(set) var keyValues: [KeyValue]
  public let createdBy: String
  /// Bytes handed out so far.
  public private(set) var byteCount = 0
  /// Rows of the row groups written so far.
  public private(set) var rowCount = 0
  private var rowGroups: [RowGroupMetadata] = []
  private var columnIndexes: [[ColumnIndex?]] = []
  private var offsetIndexes: [[OffsetIndex]] = []
  private var pageFilters: [PageFilters.Place] = []
  private var hasStarted = false

  /// The first and the last bytes of every file.
  public static let magic = Array("PAR1".utf8)

  public init(
    _ schema: Schema, keyValues: [KeyValue] = [],
    createdBy: String = "daybook-parquet version 0.1.0"
  ) {
    self.schema = schema
    self.keyValues = keyValues
    self.createdBy = createdBy
  }

  /// Adds an entry to the footer; later entries stand behind earlier ones.
  public mutating func add(_ keyValue: KeyValue) { keyValues.append(keyValue) }

  private mutating func write(_ bytes: [UInt8], _ sink: Sink) throws {
    try bytes.withUnsafeBytes { try sink($0) }
    byteCount += bytes.count
  }

  /// Begins the file. Not needed before ``add(rowGroup:sortedBy:sink:)``, which begins it too.
  public mutating func start(sink: Sink) throws {
    guard !hasStarted else { return }
    hasStarted = true
    try write(FileWriter.magic, sink)
  }

  /// Writes one row group: a chunk of every column, in the order of the schema.
  ///
  /// - Shape: a row group without rows leaves no trace. `sharing` names columns whose pages are
  ///   byte for byte those of an earlier column: they are stored once and found by both. The pages
  ///   of column `first` stand before those of all others.
  /// - Errors: `misuse` when the chunks do not fit the schema or each other; errors of the sink.
  public mutating func add(
    rowGroup chunks: [EncodedColumnChunk], sortedBy sortingColumns: [SortingColumn] = [],
    sharing: [Int: Int] = [:], first: Int? = nil, sink: Sink
  ) throws {
    let rowCount = try checkedRowCount(chunks)
    try check(sharing, chunks)
    if let first, !chunks.indices.contains(first) || sharing[first] != nil {
      throw ParquetError(.misuse, "the first column is none that has pages of its own")
    }
    try start(sink: sink)
    guard rowCount > 0 else { return }
    var metadata = RowGroupMetadata(
      columns: [], totalByteCount: chunks.reduce(0) { $0 + $1.uncompressedByteCount },
      rowCount: rowCount)
    metadata.fileOffset = byteCount
    metadata.totalCompressedByteCount = chunks.reduce(0) { $0 + $1.compressedByteCount }
    metadata.ordinal = rowGroups.count < Int(Int16.max) ? rowGroups.count : nil
    metadata.sortingColumns = sortingColumns
    var ahead: (metadata: ColumnChunkMetadata, offsets: OffsetIndex)?
    if let first { ahead = try place(chunks[first], sink) }
    var offsetIndexes: [OffsetIndex] = []
    for (index, chunk) in chunks.enumerated() {
      if let other = sharing[index] {
        offsetIndexes.append(offsetIndexes[other])
        var shared = metadata.columns[other]
        shared.path = chunk.column.path
        metadata.columns.append(shared)
        continue
      }
      let placed = try (index == first ? ahead : nil) ?? place(chunk, sink)
      offsetIndexes.append(placed.offsets)
      metadata.columns.append(placed.metadata)
    }
    for (index, chunk) in chunks.enumerated() {
      guard let filter = chunk.bloomFilter else { continue }
      let header = BloomFilterHeader(byteCount: filter.count).encoded()
      metadata.columns[index].bloomFilterOffset = byteCount
      metadata.columns[index].bloomFilterByteCount = header.count + filter.count
      try write(header, sink)
      try write(filter, sink)
    }
    for (index, chunk) in chunks.enumerated() where !chunk.pageFilters.isEmpty {
      pageFilters.append(
        PageFilters.Place(
          rowGroup: rowGroups.count, column: index, offset: byteCount,
          byteCount: chunk.pageFilters.count))
      try write(chunk.pageFilters, sink)
    }
    rowGroups.append(metadata)
    columnIndexes.append(chunks.map { $0.columnIndex() })
    self.offsetIndexes.append(offsetIndexes)
    self.rowCount += rowCount
  }

  private func check(
    _ sharing: [Int: Int], _ chunks: [EncodedColumnChunk]
  ) throws(ParquetError) {
    for (index, other) in sharing {
      guard chunks.indices.contains(index), (0..<index).contains(other), sharing[other] == nil,
        chunks[index].pages == chunks[other].pages,
        chunks[index].column.physicalType == chunks[other].column.physicalType,
        chunks[index].column.maxDefinitionLevel == chunks[other].column.maxDefinitionLevel,
        chunks[index].bloomFilter == nil, chunks[index].pageFilters.isEmpty
      else {
        throw ParquetError(
          .misuse, "a column shares pages that are not its own",
          column: chunks.indices.contains(index) ? chunks[index].column.dotPath : nil)
      }
    }
  }

  private func checkedRowCount(_ chunks: [EncodedColumnChunk]) throws(ParquetError) -> Int {
    guard chunks.count == schema.columns.count else {
      throw ParquetError(
        .misuse, "a row group needs a chunk of every column",
        expected: "\(schema.columns.count)", found: "\(chunks.count)")
    }
    let rowCount = chunks.first?.rowCount ?? 0
    for (chunk, column) in zip(chunks, schema.columns) {
      guard chunk.column == column else {
        throw ParquetError(
          .misuse, "a chunk belongs to another column", column: column.dotPath,
          found: chunk.column.dotPath)
      }
      guard chunk.rowCount == rowCount else {
        throw ParquetError(
          .misuse, "the columns of a row group differ in rows", column: column.dotPath,
          expected: "\(rowCount)", found: "\(chunk.rowCount)")
      }
    }
    return rowCount
  }

  private mutating func place(
    _ chunk: EncodedColumnChunk, _ sink: Sink
  ) throws -> (metadata: ColumnChunkMetadata, offsets: OffsetIndex) {
    let offsets = chunk.offsetIndex(fileOffset: byteCount)
    return (try writePages(of: chunk, sink), offsets)
  }

  private mutating func writePages(
    of chunk: EncodedColumnChunk, _ sink: Sink
  ) throws -> ColumnChunkMetadata {
    let start = byteCount
    if let dictionary = chunk.dictionary { try write(dictionary.bytes, sink) }
    let firstDataPage = byteCount
    for page in chunk.dataPages { try write(page.stored.bytes, sink) }
    var metadata = ColumnChunkMetadata(
      physicalType: chunk.column.physicalType, encodings: chunk.encodings,
      path: chunk.column.path, codec: chunk.codec, valueCount: chunk.valueCount,
      totalUncompressedByteCount: chunk.uncompressedByteCount,
      totalCompressedByteCount: byteCount - start, dataPageOffset: firstDataPage,
      dictionaryPageOffset: chunk.dictionary == nil ? nil : start,
      statistics: chunk.statistics)
    metadata.encodingStatistics = chunk.encodingStatistics
    return metadata
  }

  /// Writes indexes and footer; the file is complete.
  ///
  /// - Shape: returns the footer as written.
  public consuming func finish(sink: Sink) throws -> FileMetadata {
    try start(sink: sink)
    for group in rowGroups.indices {
      for column in rowGroups[group].columns.indices {
        guard let index = columnIndexes[group][column] else { continue }
        let bytes = index.encoded()
        rowGroups[group].columns[column].columnIndexOffset = byteCount
        rowGroups[group].columns[column].columnIndexByteCount = bytes.count
        try write(bytes, sink)
      }
    }
    for group in rowGroups.indices {
      for column in rowGroups[group].columns.indices {
        let bytes = offsetIndexes[group][column].encoded()
        rowGroups[group].columns[column].offsetIndexOffset = byteCount
        rowGroups[group].columns[column].offsetIndexByteCount = bytes.count
        try write(bytes, sink)
      }
    }
    if !pageFilters.isEmpty {
      keyValues.append(KeyValue(PageFilters.key, PageFilters.Place.list(pageFilters)))
    }
    let metadata = FileMetadata(
      schema: schema, rowCount: rowCount, rowGroups: rowGroups, keyValues: keyValues,
      createdBy: createdBy, version: 2)
    let footer = metadata.encoded()
    try write(footer, sink)
    let length = UInt32(truncatingIfNeeded: footer.count).littleEndian
    try write(withUnsafeBytes(of: length) { Array($0) }, sink)
    try write(FileWriter.magic, sink)
    return metadata
  }
}
