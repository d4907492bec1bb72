/// How many pages of a kind have an encoding.
public struct PageEncodingStatistics: Sendable, Equatable {
  public var pageType: PageType
  public var encoding: Encoding
  public var count: Int

  public init(pageType: PageType, encoding: Encoding, count: Int) {
    self.pageType = pageType
    self.encoding = encoding
    self.count = count
  }
}

/// One column of one row group: where its pages are, how they are stored, what they hold.
///
/// - Units: offsets in bytes from the start of the file; sizes include page headers.
/// - Source: `ColumnChunk` and `ColumnMetaData` in parquet.thrift.
public struct ColumnChunkMetadata: Sendable, Equatable {
  public var physicalType: PhysicalType
  public var encodings: [Encoding]
  public var path: [String]
  public var codec: CompressionCodec
  /// Values including nulls; for lists, entries of the level streams.
  public var valueCount: Int
  public var totalUncompressedByteCount: Int
  public var totalCompressedByteCount: Int
  public var keyValues: [KeyValue] = []
  public var dataPageOffset: Int
  public var indexPageOffset: Int?
  public var dictionaryPageOffset: Int?
  public var statistics: Statistics?
  public var encodingStatistics: [PageEncodingStatistics] = []
  public var bloomFilterOffset: Int?
  public var bloomFilterByteCount: Int?
  public var offsetIndexOffset: Int?
  public var offsetIndexByteCount: Int?
  public var columnIndexOffset: Int?
  public var columnIndexByteCount: Int?
  /// Another file that holds the pages, when it is not this one.
  public var filePath: String?
  /// Position kept for old readers; zero today.
  public var fileOffset = 0
  public var isEncrypted = false

  public init(
    physicalType: PhysicalType, encodings: [Encoding], path: [String], codec: CompressionCodec,
    valueCount: Int, totalUncompressedByteCount: Int, totalCompressedByteCount: Int,
    dataPageOffset: Int, dictionaryPageOffset: Int? = nil, statistics: Statistics? = nil
  ) {
    self.physicalType = physicalType
    self.encodings = encodings
    self.path = path
    self.codec = codec
    self.valueCount = valueCount
    self.totalUncompressedByteCount = totalUncompressedByteCount
    self.totalCompressedByteCount = totalCompressedByteCount
    self.dataPageOffset = dataPageOffset
    self.dictionaryPageOffset = dictionaryPageOffset
    self.statistics = statistics
  }

  /// Where the first page of the chunk starts: the dictionary page if there is one.
  public var firstPageOffset: Int {
    // Some old writers store 0 for "no dictionary"; a page can never be there.
    if let dictionaryPageOffset, dictionaryPageOffset > 0, dictionaryPageOffset < dataPageOffset {
      return dictionaryPageOffset
    }
    return dataPageOffset
  }
}

extension ColumnChunkMetadata {
  func write(to writer: inout ThriftWriter) {
    writer.begin()
    writer.text(1, filePath)
    writer.int64(2, Int64(fileOffset))
    writer.begin(3)
    writer.int32(1, physicalType.rawValue)
    writer.int32List(2, encodings.map(\.rawValue))
    writer.textList(3, path)
    writer.int32(4, codec.rawValue)
    writer.int64(5, Int64(valueCount))
    writer.int64(6, Int64(totalUncompressedByteCount))
    writer.int64(7, Int64(totalCompressedByteCount))
    if !keyValues.isEmpty {
      writer.list(8, .structure, count: keyValues.count)
      for keyValue in keyValues { keyValue.write(to: &writer) }
    }
    writer.int64(9, Int64(dataPageOffset))
    writer.int64(10, indexPageOffset.map(Int64.init))
    writer.int64(11, dictionaryPageOffset.map(Int64.init))
    statistics?.write(to: &writer, field: 12)
    if !encodingStatistics.isEmpty {
      writer.list(13, .structure, count: encodingStatistics.count)
      for entry in encodingStatistics {
        writer.begin()
        writer.int32(1, entry.pageType.rawValue)
        writer.int32(2, entry.encoding.rawValue)
        writer.int32(3, Int32(clamping: entry.count))
        writer.end()
      }
    }
    writer.int64(14, bloomFilterOffset.map(Int64.init))
    writer.int32(15, bloomFilterByteCount.map(Int32.init(clamping:)))
    writer.end()
    writer.int64(4, offsetIndexOffset.map(Int64.init))
    writer.int32(5, offsetIndexByteCount.map(Int32.init(clamping:)))
    writer.int64(6, columnIndexOffset.map(Int64.init))
    writer.int32(7, columnIndexByteCount.map(Int32.init(clamping:)))
    writer.end()
  }

  init(from reader: inout ThriftReader) throws(ParquetError) {
    self.init(
      physicalType: .boolean, encodings: [], path: [], codec: .uncompressed, valueCount: 0,
      totalUncompressedByteCount: 0, totalCompressedByteCount: 0, dataPageOffset: 0)
    var hasMetadata = false
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: filePath = try reader.text(field)
      case 2: fileOffset = Int(try reader.int64(field))
      case 3:
        try readMetadata(from: &reader, field)
        hasMetadata = true
      case 4: offsetIndexOffset = Int(try reader.int64(field))
      case 5: offsetIndexByteCount = Int(try reader.int32(field))
      case 6: columnIndexOffset = Int(try reader.int64(field))
      case 7: columnIndexByteCount = Int(try reader.int32(field))
      case 8, 9:
        isEncrypted = true
        try reader.skip(field)
      default: try reader.skip(field)
      }
    }
    if !hasMetadata && !isEncrypted { throw reader.failure("a column chunk has no metadata") }
  }

  private mutating func readMetadata(
    from reader: inout ThriftReader, _ field: ThriftReader.Field
  ) throws(ParquetError) {
    try reader.expectStructure(field)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1:
        let number = try reader.int32(field)
        guard let type = PhysicalType(rawValue: number) else {
          throw reader.failure("a column chunk has an unknown type", found: "\(number)")
        }
        physicalType = type
      case 2:
        encodings = try reader.int64List(field).map { Encoding(rawValue: Int32(clamping: $0)) }
      case 3: path = try reader.binaryList(field).map { String(decoding: $0, as: UTF8.self) }
      case 4: codec = CompressionCodec(rawValue: try reader.int32(field))
      case 5: valueCount = Int(try reader.int64(field))
      case 6: totalUncompressedByteCount = Int(try reader.int64(field))
      case 7: totalCompressedByteCount = Int(try reader.int64(field))
      case 8:
        keyValues = try reader.structureList(field) { (reader) throws(ParquetError) in
          try KeyValue(from: &reader)
        }
      case 9: dataPageOffset = Int(try reader.int64(field))
      case 10: indexPageOffset = Int(try reader.int64(field))
      case 11: dictionaryPageOffset = Int(try reader.int64(field))
      case 12: statistics = try Statistics(from: &reader, field)
      case 13:
        encodingStatistics = try reader.structureList(field) { (reader) throws(ParquetError) in
          try PageEncodingStatistics(from: &reader)
        }
      // Some old writers used these numbers for lists of their own.
      case 14 where field.type == .int64: bloomFilterOffset = Int(try reader.int64(field))
      case 15 where field.type == .int32: bloomFilterByteCount = Int(try reader.int32(field))
      default: try reader.skip(field)
      }
    }
  }
}

extension PageEncodingStatistics {
  fileprivate init(from reader: inout ThriftReader) throws(ParquetError) {
    self.init(pageType: .dataV1, encoding: .plain, count: 0)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: pageType = PageType(rawValue: try reader.int32(field))
      case 2: encoding = Encoding(rawValue: try reader.int32(field))
      case 3: count = Int(try reader.int32(field))
      default: try reader.skip(field)
      }
    }
  }
}
