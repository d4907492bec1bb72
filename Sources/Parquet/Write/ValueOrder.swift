/// The order in which the values of a column are bounded.
///
/// - Source: `ColumnOrder` in parquet.thrift.
enum ValueOrder: Sendable {
  case boolean
  case signed32, signed64, unsigned32, unsigned64
  case float, double
  case unsignedBytes
  /// Big-endian two's complement: decimals in byte arrays.
  case signedBytes
  /// No order is defined; no bounds are written.
  case none

  init(_ column: ColumnDescriptor) {
    var isUnsigned = false
    if case .integer(_, let isSigned) = column.logicalType { isUnsigned = !isSigned }
    switch column.physicalType {
    case .boolean: self = .boolean
    case .int32: self = isUnsigned ? .unsigned32 : .signed32
    case .int64: self = isUnsigned ? .unsigned64 : .signed64
    case .float: self = .float
    case .double: self = .double
    case .int96: self = .none
    case .byteArray, .fixedLengthByteArray:
      switch column.logicalType {
      case .decimal: self = .signedBytes
      case .float16, .unknown, .null: self = .none
      default: self = .unsignedBytes
      }
      if column.convertedType == .interval { self = .none }
    }
  }

  /// Whether bounds may be shortened to a prefix.
  var isTruncatable: Bool {
    if case .unsignedBytes = self { true } else { false }
  }

  /// Whether the first bound is below the second; both in PLAIN form without a length.
  func isBelow(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    switch self {
    case .boolean, .unsignedBytes: return left.lexicographicallyPrecedes(right)
    case .signed32: return ValueOrder.word32(left) < ValueOrder.word32(right)
    case .unsigned32:
      return UInt32(bitPattern: ValueOrder.word32(left))
        < UInt32(bitPattern: ValueOrder.word32(right))
    case .signed64:
      return Int64(bitPattern: ValueOrder.word64(left))
        < Int64(bitPattern: ValueOrder.word64(right))
    case .unsigned64: return ValueOrder.word64(left) < ValueOrder.word64(right)
    case .float:
      return Float(bitPattern: UInt32(bitPattern: ValueOrder.word32(left)))
        < Float(bitPattern: UInt32(bitPattern: ValueOrder.word32(right)))
    case .double:
      return Double(bitPattern: ValueOrder.word64(left))
        < Double(bitPattern: ValueOrder.word64(right))
    case .signedBytes:
      return left.withUnsafeBytes { left in
        right.withUnsafeBytes { ValueOrder.compareSigned(left, $0) < 0 }
      }
    case .none: return false
    }
  }

  private static func word32(_ bytes: [UInt8]) -> Int32 {
    var word: UInt32 = 0
    for byte in bytes.prefix(4).reversed() { word = word << 8 | UInt32(byte) }
    return Int32(bitPattern: word)
  }

  private static func word64(_ bytes: [UInt8]) -> UInt64 {
    var word: UInt64 = 0
    for byte in bytes.prefix(8).reversed() { word = word << 8 | UInt64(byte) }
    return word
  }

  /// Compares two big-endian two's complement numbers of any lengths.
  static func compareSigned(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Int {
    let leftFill: UInt8 = (left.first ?? 0) & 0x80 == 0 ? 0 : 0xff
    let rightFill: UInt8 = (right.first ?? 0) & 0x80 == 0 ? 0 : 0xff
    if leftFill != rightFill { return leftFill == 0xff ? -1 : 1 }
    let count = max(left.count, right.count)
    for index in 0..<count {
      let leftIndex = index - (count - left.count)
      let rightIndex = index - (count - right.count)
      let leftByte = leftIndex < 0 ? leftFill : left[leftIndex]
      let rightByte = rightIndex < 0 ? rightFill : right[rightIndex]
      if leftByte != rightByte { return leftByte < rightByte ? -1 : 1 }
    }
    return 0
  }
}
