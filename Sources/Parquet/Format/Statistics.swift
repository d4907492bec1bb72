/// Bounds and counts of a column chunk or a page.
///
/// - Shape: bounds are PLAIN bytes without a length prefix.
/// - Source: `Statistics` in parquet.thrift.
public struct Statistics: Sendable, Equatable {
  public var minValue: [UInt8]?
  public var maxValue: [UInt8]?
  /// False when the bound was shortened; it is still a bound.
  public var isMinValueExact: Bool?
  public var isMaxValueExact: Bool?
  public var nullCount: Int?
  public var distinctCount: Int?
  /// Bounds of old writers, in signed byte order whatever the type; not to be trusted for text.
  public var deprecatedMin: [UInt8]?
  public var deprecatedMax: [UInt8]?

  public init(
    minValue: [UInt8]? = nil, maxValue: [UInt8]? = nil, isMinValueExact: Bool? = nil,
    isMaxValueExact: Bool? = nil, nullCount: Int? = nil, distinctCount: Int? = nil
  ) {
    self.minValue = minValue
    self.maxValue = maxValue
    self.isMinValueExact = isMinValueExact
    self.isMaxValueExact = isMaxValueExact
    self.nullCount = nullCount
    self.distinctCount = distinctCount
  }

  func write(to writer: inout ThriftWriter, field id: Int16) {
    writer.begin(id)
    writer.binary(1, deprecatedMax)
    writer.binary(2, deprecatedMin)
    writer.int64(3, nullCount.map(Int64.init))
    writer.int64(4, distinctCount.map(Int64.init))
    writer.binary(5, maxValue)
    writer.binary(6, minValue)
    writer.bool(7, isMaxValueExact)
    writer.bool(8, isMinValueExact)
    writer.end()
  }

  init(from reader: inout ThriftReader, _ field: ThriftReader.Field) throws(ParquetError) {
    try reader.expectStructure(field)
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: deprecatedMax = try reader.binary(field)
      case 2: deprecatedMin = try reader.binary(field)
      case 3: nullCount = Int(try reader.int64(field))
      case 4: distinctCount = Int(try reader.int64(field))
      case 5: maxValue = try reader.binary(field)
      case 6: minValue = try reader.binary(field)
      case 7: isMaxValueExact = try reader.bool(field)
      case 8: isMinValueExact = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
  }
}
