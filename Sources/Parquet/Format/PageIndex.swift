/// Where the data pages of a column chunk are and at which row each starts.
///
/// - Source: `OffsetIndex` in parquet.thrift.
public struct OffsetIndex: Sendable, Equatable {
  /// One data page.
  public struct Page: Sendable, Equatable {
    /// Position of the page header in the file.
    public var offset: Int
    /// Bytes of header and page.
    public var byteCount: Int
    /// Row within the row group.
    public var firstRow: Int

    public init(offset: Int, byteCount: Int, firstRow: Int) {
      self.offset = offset
      self.byteCount = byteCount
      self.firstRow = firstRow
    }
  }

  public var pages: [Page]

  public init(pages: [Page]) { self.pages = pages }

  func encoded() -> [UInt8] {
    var writer = ThriftWriter()
    writer.begin()
    writer.list(1, .structure, count: pages.count)
    for page in pages {
      writer.begin()
      writer.int64(1, Int64(page.offset))
      writer.int32(2, Int32(clamping: page.byteCount))
      writer.int64(3, Int64(page.firstRow))
      writer.end()
    }
    writer.end()
    return writer.bytes
  }

  init(from reader: inout ThriftReader) throws(ParquetError) {
    pages = []
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1:
        pages = try reader.structureList(field) { (reader) throws(ParquetError) in
          try Page(from: &reader)
        }
      default: try reader.skip(field)
      }
    }
  }
}

extension OffsetIndex.Page {
  fileprivate init(from reader: inout ThriftReader) throws(ParquetError) {
    self.init(offset: 0, byteCount: 0, firstRow: 0)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: offset = Int(try reader.int64(field))
      case 2: byteCount = Int(try reader.int32(field))
      case 3: firstRow = Int(try reader.int64(field))
      default: try reader.skip(field)
      }
    }
  }
}

/// Bounds and null counts of every data page of a column chunk.
///
/// - Shape: all lists have one entry a page; bounds of a page of nulls are empty and mean nothing.
/// - Source: `ColumnIndex` in parquet.thrift.
public struct ColumnIndex: Sendable, Equatable {
  /// Whether the bounds of the pages are sorted.
  public enum BoundaryOrder: Int32, Sendable {
    case unordered = 0
    case ascending = 1
    case descending = 2
  }

  public var isNullPage: [Bool]
  public var minValues: [[UInt8]]
  public var maxValues: [[UInt8]]
  public var boundaryOrder: BoundaryOrder
  public var nullCounts: [Int]?

  public init(
    isNullPage: [Bool], minValues: [[UInt8]], maxValues: [[UInt8]], boundaryOrder: BoundaryOrder,
    nullCounts: [Int]?
  ) {
    self.isNullPage = isNullPage
    self.minValues = minValues
    self.maxValues = maxValues
    self.boundaryOrder = boundaryOrder
    self.nullCounts = nullCounts
  }

  func encoded() -> [UInt8] {
    var writer = ThriftWriter()
    writer.begin()
    writer.boolList(1, isNullPage)
    writer.binaryList(2, minValues)
    writer.binaryList(3, maxValues)
    writer.int32(4, boundaryOrder.rawValue)
    if let nullCounts { writer.int64List(5, nullCounts.map(Int64.init)) }
    writer.end()
    return writer.bytes
  }

  init(from reader: inout ThriftReader) throws(ParquetError) {
    self.init(
      isNullPage: [], minValues: [], maxValues: [], boundaryOrder: .unordered, nullCounts: nil)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: isNullPage = try reader.boolList(field)
      case 2: minValues = try reader.binaryList(field)
      case 3: maxValues = try reader.binaryList(field)
      case 4: boundaryOrder = BoundaryOrder(rawValue: try reader.int32(field)) ?? .unordered
      case 5: nullCounts = try reader.int64List(field).map { Int($0) }
      default: try reader.skip(field)
      }
    }
    guard minValues.count == isNullPage.count, maxValues.count == isNullPage.count,
      nullCounts.map({ $0.count == isNullPage.count }) ?? true
    else { throw reader.failure("a column index has lists of different lengths") }
  }
}
