/// What stands before the bits of a bloom filter.
///
/// - Source: `BloomFilterHeader` in parquet.thrift and BloomFilter.md.
struct BloomFilterHeader: Sendable, Equatable {
  /// Bytes of the filter behind the header.
  var byteCount: Int
  /// Whether algorithm, hash and compression are the only ones the format knows: split-block,
  /// xxHash64, none.
  var isSupported = true

  func encoded() -> [UInt8] {
    var writer = ThriftWriter()
    writer.begin()
    writer.int32(1, Int32(clamping: byteCount))
    for id in Int16(2)...4 {
      writer.begin(id)
      writer.begin(1)
      writer.end()
      writer.end()
    }
    writer.end()
    return writer.bytes
  }
}

extension BloomFilterHeader {
  init(from reader: inout ThriftReader) throws(ParquetError) {
    byteCount = -1
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: byteCount = Int(try reader.int32(field))
      case 2, 3, 4:
        try reader.expectStructure(field)
        var union = try reader.beginStructure()
        while let choice = try reader.next(&union) {
          if choice.id != 1 { isSupported = false }
          try reader.skip(choice)
        }
      default: try reader.skip(field)
      }
    }
    guard byteCount >= 0 else { throw reader.failure("a bloom filter has no size") }
  }
}
