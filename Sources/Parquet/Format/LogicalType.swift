/// What the stored values of a column, or the shape of a group, mean.
///
/// - Source: Apache Parquet format, LogicalTypes.md.
public enum LogicalType: Sendable, Hashable {
  /// Ticks of a time of day or a timestamp.
  public enum TimeUnit: Sendable, Hashable {
    case milliseconds
    case microseconds
    case nanoseconds
  }

  case string
  case map
  case list
  case enumeration
  case decimal(precision: Int, scale: Int)
  /// Days since 1970-01-01.
  case date
  case time(unit: TimeUnit, isAdjustedToUTC: Bool)
  case timestamp(unit: TimeUnit, isAdjustedToUTC: Bool)
  case integer(bitWidth: Int, isSigned: Bool)
  /// A column that holds nulls only.
  case null
  case json
  case bson
  case uuid
  case float16
  /// A type of a newer format; the number is the field of the thrift union.
  case unknown(Int)
}

/// The older way to say what values mean; read for old files, written beside ``LogicalType``.
public enum ConvertedType: Int32, Sendable, Hashable {
  case utf8 = 0
  case map = 1
  case mapKeyValue = 2
  case list = 3
  case enumeration = 4
  case decimal = 5
  case date = 6
  case timeMilliseconds = 7
  case timeMicroseconds = 8
  case timestampMilliseconds = 9
  case timestampMicroseconds = 10
  case uint8 = 11
  case uint16 = 12
  case uint32 = 13
  case uint64 = 14
  case int8 = 15
  case int16 = 16
  case int32 = 17
  case int64 = 18
  case json = 19
  case bson = 20
  case interval = 21
}

extension LogicalType {
  /// The older name of the same meaning, where there is one.
  public var convertedType: ConvertedType? {
    switch self {
    case .string: .utf8
    case .map: .map
    case .list: .list
    case .enumeration: .enumeration
    case .decimal: .decimal
    case .date: .date
    case .time(.milliseconds, true): .timeMilliseconds
    case .time(.microseconds, true): .timeMicroseconds
    case .timestamp(.milliseconds, true): .timestampMilliseconds
    case .timestamp(.microseconds, true): .timestampMicroseconds
    case .integer(8, true): .int8
    case .integer(16, true): .int16
    case .integer(32, true): .int32
    case .integer(64, true): .int64
    case .integer(8, false): .uint8
    case .integer(16, false): .uint16
    case .integer(32, false): .uint32
    case .integer(64, false): .uint64
    case .json: .json
    case .bson: .bson
    case .time, .timestamp, .integer, .null, .uuid, .float16, .unknown: nil
    }
  }

  /// The meaning of an older name; nil for those without a successor.
  public init?(_ converted: ConvertedType, precision: Int, scale: Int) {
    switch converted {
    case .utf8: self = .string
    case .map, .mapKeyValue: self = .map
    case .list: self = .list
    case .enumeration: self = .enumeration
    case .decimal: self = .decimal(precision: precision, scale: scale)
    case .date: self = .date
    case .timeMilliseconds: self = .time(unit: .milliseconds, isAdjustedToUTC: true)
    case .timeMicroseconds: self = .time(unit: .microseconds, isAdjustedToUTC: true)
    case .timestampMilliseconds: self = .timestamp(unit: .milliseconds, isAdjustedToUTC: true)
    case .timestampMicroseconds: self = .timestamp(unit: .microseconds, isAdjustedToUTC: true)
    case .uint8: self = .integer(bitWidth: 8, isSigned: false)
    case .uint16: self = .integer(bitWidth: 16, isSigned: false)
    case .uint32: self = .integer(bitWidth: 32, isSigned: false)
    case .uint64: self = .integer(bitWidth: 64, isSigned: false)
    case .int8: self = .integer(bitWidth: 8, isSigned: true)
    case .int16: self = .integer(bitWidth: 16, isSigned: true)
    case .int32: self = .integer(bitWidth: 32, isSigned: true)
    case .int64: self = .integer(bitWidth: 64, isSigned: true)
    case .json: self = .json
    case .bson: self = .bson
    case .interval: return nil
    }
  }
}
