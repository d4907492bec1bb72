/// A logical type is a union: a structure in which exactly one field is set.
///
/// - Source: `LogicalType` in parquet.thrift.
extension LogicalType {
  func write(to writer: inout ThriftWriter, field id: Int16) {
    writer.begin(id)
    writer.begin(unionField)
    switch self {
    case .decimal(let precision, let scale):
      writer.int32(1, Int32(clamping: scale))
      writer.int32(2, Int32(clamping: precision))
    case .time(let unit, let isAdjustedToUTC), .timestamp(let unit, let isAdjustedToUTC):
      writer.bool(1, isAdjustedToUTC)
      writer.begin(2)
      writer.begin(unit.unionField)
      writer.end()
      writer.end()
    case .integer(let bitWidth, let isSigned):
      writer.int8(1, Int8(clamping: bitWidth))
      writer.bool(2, isSigned)
    default: break
    }
    writer.end()
    writer.end()
  }

  private var unionField: Int16 {
    switch self {
    case .string: 1
    case .map: 2
    case .list: 3
    case .enumeration: 4
    case .decimal: 5
    case .date: 6
    case .time: 7
    case .timestamp: 8
    case .integer: 10
    case .null: 11
    case .json: 12
    case .bson: 13
    case .uuid: 14
    case .float16: 15
    case .unknown(let id): Int16(clamping: id)
    }
  }

  /// Nil for an empty union.
  init?(from reader: inout ThriftReader, _ field: ThriftReader.Field) throws(ParquetError) {
    try reader.expectStructure(field)
    var found: LogicalType?
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 5: found = try LogicalType.decimal(from: &reader, field)
      case 7:
        let (unit, isAdjusted) = try LogicalType.time(from: &reader, field)
        found = .time(unit: unit, isAdjustedToUTC: isAdjusted)
      case 8:
        let (unit, isAdjusted) = try LogicalType.time(from: &reader, field)
        found = .timestamp(unit: unit, isAdjustedToUTC: isAdjusted)
      case 10: found = try LogicalType.integer(from: &reader, field)
      default:
        found = LogicalType.plainCases[field.id] ?? .unknown(Int(field.id))
        try reader.skip(field)
      }
    }
    guard let found else { return nil }
    self = found
  }

  private static let plainCases: [Int16: LogicalType] = [
    1: .string, 2: .map, 3: .list, 4: .enumeration, 6: .date, 11: .null, 12: .json, 13: .bson,
    14: .uuid, 15: .float16,
  ]

  private static func decimal(
    from reader: inout ThriftReader, _ field: ThriftReader.Field
  ) throws(ParquetError) -> LogicalType {
    try reader.expectStructure(field)
    var scale: Int32 = 0
    var precision: Int32 = 0
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: scale = try reader.int32(field)
      case 2: precision = try reader.int32(field)
      default: try reader.skip(field)
      }
    }
    return .decimal(precision: Int(precision), scale: Int(scale))
  }

  private static func time(
    from reader: inout ThriftReader, _ field: ThriftReader.Field
  ) throws(ParquetError) -> (TimeUnit, Bool) {
    try reader.expectStructure(field)
    var isAdjusted = false
    var unit = TimeUnit.milliseconds
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: isAdjusted = try reader.bool(field)
      case 2:
        try reader.expectStructure(field)
        var units = try reader.beginStructure()
        while let field = try reader.next(&units) {
          if field.id == 2 { unit = .microseconds }
          if field.id == 3 { unit = .nanoseconds }
          try reader.skip(field)
        }
      default: try reader.skip(field)
      }
    }
    return (unit, isAdjusted)
  }

  private static func integer(
    from reader: inout ThriftReader, _ field: ThriftReader.Field
  ) throws(ParquetError) -> LogicalType {
    try reader.expectStructure(field)
    var bitWidth: Int8 = 0
    var isSigned = true
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: bitWidth = try reader.int8(field)
      case 2: isSigned = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
    return .integer(bitWidth: Int(bitWidth), isSigned: isSigned)
  }
}

extension LogicalType.TimeUnit {
  fileprivate var unionField: Int16 {
    switch self {
    case .milliseconds: 1
    case .microseconds: 2
    case .nanoseconds: 3
    }
  }
}
