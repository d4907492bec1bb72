/// What a page holds; numbers that this library does not know are kept.
public struct PageType: RawRepresentable, Sendable, Hashable {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let dataV1 = PageType(rawValue: 0)
  public static let index = PageType(rawValue: 1)
  public static let dictionary = PageType(rawValue: 2)
  public static let dataV2 = PageType(rawValue: 3)
}

/// What stands before every page.
///
/// - Units: sizes in bytes, without the header itself.
/// - Source: `PageHeader` in parquet.thrift.
struct PageHeader: Sendable, Equatable {
  /// A data page whose levels are compressed together with its values.
  struct DataV1: Sendable, Equatable {
    var valueCount: Int
    var encoding: Encoding
    var definitionLevelEncoding: Encoding = .rle
    var repetitionLevelEncoding: Encoding = .rle
    var statistics: Statistics?
  }

  /// A data page whose levels stand before the values, never compressed.
  struct DataV2: Sendable, Equatable {
    var valueCount: Int
    var nullCount: Int
    var rowCount: Int
    var encoding: Encoding
    var definitionLevelByteCount: Int
    var repetitionLevelByteCount: Int
    var isCompressed = true
    var statistics: Statistics?
  }

  struct Dictionary: Sendable, Equatable {
    var valueCount: Int
    var encoding: Encoding
    var isSorted: Bool?
  }

  enum Kind: Sendable, Equatable {
    case dataV1(DataV1)
    case dataV2(DataV2)
    case dictionary(Dictionary)
    /// To be stepped over.
    case other(PageType)
  }

  var uncompressedByteCount: Int
  var compressedByteCount: Int
  /// CRC-32 (as in gzip) of the page as stored.
  var checksum: UInt32?
  var kind: Kind
}

extension PageHeader {
  var type: PageType {
    switch kind {
    case .dataV1: .dataV1
    case .dataV2: .dataV2
    case .dictionary: .dictionary
    case .other(let type): type
    }
  }

  func encoded() -> [UInt8] {
    var writer = ThriftWriter()
    writer.begin()
    writer.int32(1, type.rawValue)
    writer.int32(2, Int32(clamping: uncompressedByteCount))
    writer.int32(3, Int32(clamping: compressedByteCount))
    writer.int32(4, checksum.map(Int32.init(bitPattern:)))
    switch kind {
    case .dataV1(let page):
      writer.begin(5)
      writer.int32(1, Int32(clamping: page.valueCount))
      writer.int32(2, page.encoding.rawValue)
      writer.int32(3, page.definitionLevelEncoding.rawValue)
      writer.int32(4, page.repetitionLevelEncoding.rawValue)
      page.statistics?.write(to: &writer, field: 5)
      writer.end()
    case .dictionary(let page):
      writer.begin(7)
      writer.int32(1, Int32(clamping: page.valueCount))
      writer.int32(2, page.encoding.rawValue)
      writer.bool(3, page.isSorted)
      writer.end()
    case .dataV2(let page):
      writer.begin(8)
      writer.int32(1, Int32(clamping: page.valueCount))
      writer.int32(2, Int32(clamping: page.nullCount))
      writer.int32(3, Int32(clamping: page.rowCount))
      writer.int32(4, page.encoding.rawValue)
      writer.int32(5, Int32(clamping: page.definitionLevelByteCount))
      writer.int32(6, Int32(clamping: page.repetitionLevelByteCount))
      if !page.isCompressed { writer.bool(7, false) }
      page.statistics?.write(to: &writer, field: 8)
      writer.end()
    case .other: break
    }
    writer.end()
    return writer.bytes
  }

  init(from reader: inout ThriftReader) throws(ParquetError) {
    var type: PageType?
    var uncompressed: Int?
    var compressed: Int?
    var kind: Kind?
    var fields = try reader.beginStructure()
    var checksum: UInt32?
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: type = PageType(rawValue: try reader.int32(field))
      case 2: uncompressed = Int(try reader.int32(field))
      case 3: compressed = Int(try reader.int32(field))
      case 4: checksum = UInt32(bitPattern: try reader.int32(field))
      case 5: kind = .dataV1(try DataV1(from: &reader, field))
      case 7: kind = .dictionary(try Dictionary(from: &reader, field))
      case 8: kind = .dataV2(try DataV2(from: &reader, field))
      default: try reader.skip(field)
      }
    }
    guard let type, let uncompressed, let compressed else {
      throw reader.failure("a page header lacks type or size")
    }
    guard uncompressed >= 0, compressed >= 0 else {
      throw reader.failure(
        "a page has a negative size", found: "\(uncompressed) and \(compressed) bytes")
    }
    self.init(
      uncompressedByteCount: uncompressed, compressedByteCount: compressed, checksum: checksum,
      kind: kind ?? .other(type))
    guard self.type == type else {
      throw reader.failure(
        "a page header contradicts its type", expected: "\(type.rawValue)",
        found: "\(self.type.rawValue)")
    }
    switch type {
    case .dataV1, .dataV2, .dictionary:
      if kind == nil { throw reader.failure("a page header lacks its details") }
    default: break
    }
  }
}

extension PageHeader.DataV1 {
  fileprivate init(
    from reader: inout ThriftReader, _ field: ThriftReader.Field
  ) throws(ParquetError) {
    try reader.expectStructure(field)
    self.init(valueCount: -1, encoding: .plain)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: valueCount = Int(try reader.int32(field))
      case 2: encoding = Encoding(rawValue: try reader.int32(field))
      case 3: definitionLevelEncoding = Encoding(rawValue: try reader.int32(field))
      case 4: repetitionLevelEncoding = Encoding(rawValue: try reader.int32(field))
      case 5: statistics = try Statistics(from: &reader, field)
      default: try reader.skip(field)
      }
    }
    try reader.checkValueCount(valueCount)
  }
}

extension PageHeader.DataV2 {
  fileprivate init(
    from reader: inout ThriftReader, _ field: ThriftReader.Field
  ) throws(ParquetError) {
    try reader.expectStructure(field)
    self.init(
      valueCount: -1, nullCount: 0, rowCount: 0, encoding: .plain, definitionLevelByteCount: 0,
      repetitionLevelByteCount: 0)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: valueCount = Int(try reader.int32(field))
      case 2: nullCount = Int(try reader.int32(field))
      case 3: rowCount = Int(try reader.int32(field))
      case 4: encoding = Encoding(rawValue: try reader.int32(field))
      case 5: definitionLevelByteCount = Int(try reader.int32(field))
      case 6: repetitionLevelByteCount = Int(try reader.int32(field))
      case 7: isCompressed = try reader.bool(field)
      case 8: statistics = try Statistics(from: &reader, field)
      default: try reader.skip(field)
      }
    }
    try reader.checkValueCount(valueCount)
    guard (0...valueCount).contains(nullCount), (0...valueCount).contains(rowCount),
      definitionLevelByteCount >= 0, repetitionLevelByteCount >= 0
    else { throw reader.failure("a page header has counts that contradict each other") }
  }
}

extension PageHeader.Dictionary {
  fileprivate init(
    from reader: inout ThriftReader, _ field: ThriftReader.Field
  ) throws(ParquetError) {
    try reader.expectStructure(field)
    self.init(valueCount: -1, encoding: .plain)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: valueCount = Int(try reader.int32(field))
      case 2: encoding = Encoding(rawValue: try reader.int32(field))
      case 3: isSorted = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
    try reader.checkValueCount(valueCount)
  }
}

extension ThriftReader {
  fileprivate func checkValueCount(_ count: Int) throws(ParquetError) {
    guard count >= 0 else { throw failure("a page header has no value count", found: "\(count)") }
    guard count <= Limits.pageValueCount else {
      throw ParquetError(
        .limit, "a page has too many values", byteOffset: baseOffset + position,
        expected: "at most \(Limits.pageValueCount)", found: "\(count)")
    }
  }
}
