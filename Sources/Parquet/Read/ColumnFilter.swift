/// What a scan wants of a column, to step over row groups and pages that cannot have it.
public enum ColumnFilter: Sendable, Equatable {
  /// INT32 and INT64 columns, signed or not.
  case integers(ClosedRange<Int64>)
  /// FLOAT and DOUBLE columns; a NaN is in no range.
  case doubles(ClosedRange<Double>)
  /// Byte strings in the order of their unsigned bytes, both ends included.
  case bytes(from: [UInt8], through: [UInt8])
  case null
  case notNull

  /// The PLAIN bytes of the only value that is wanted, in the width of the column.
  func singleValue(_ type: PhysicalType) -> [UInt8]? {
    switch self {
    case .integers(let range) where range.lowerBound == range.upperBound:
      if type == .int64 { return plainBytes(range.lowerBound) }
      return Int32(exactly: range.lowerBound).map(plainBytes)
    case .bytes(let from, let through): return from == through ? from : nil
    default: return nil
    }
  }

  private func plainBytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension ColumnFilter {
  /// Whether values between two bounds can be wanted; true whenever the bounds say too little.
  func overlaps(_ min: [UInt8]?, _ max: [UInt8]?, _ column: ColumnDescriptor) -> Bool {
    guard let min, let max else { return self != .null }
    switch self {
    case .null, .notNull: return true
    case .integers(let range):
      guard let low = integer(min, column), let high = integer(max, column) else { return true }
      return low <= range.upperBound && high >= range.lowerBound
    case .doubles(let range):
      guard let low = double(min, column), let high = double(max, column) else { return true }
      return low <= range.upperBound && high >= range.lowerBound
    case .bytes(let from, let through):
      guard hasByteOrder(column) else { return true }
      return !through.lexicographicallyPrecedes(min) && !max.lexicographicallyPrecedes(from)
    }
  }

  /// Unsigned numbers above the signed range count as its end, which keeps the order.
  private func integer(_ bytes: [UInt8], _ column: ColumnDescriptor) -> Int64? {
    guard bytes.count == column.physicalType.plainByteCount else { return nil }
    var isUnsigned = false
    if case .integer(_, false) = column.logicalType { isUnsigned = true }
    let word = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch column.physicalType {
    case .int64: return isUnsigned ? Int64(clamping: word) : Int64(bitPattern: word)
    case .int32:
      return isUnsigned ? Int64(word) : Int64(Int32(truncatingIfNeeded: word))
    default: return nil
    }
  }

  private func double(_ bytes: [UInt8], _ column: ColumnDescriptor) -> Double? {
    guard bytes.count == column.physicalType.plainByteCount else { return nil }
    let word = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let value: Double
    switch column.physicalType {
    case .double: value = Double(bitPattern: word)
    case .float: value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
    default: return nil
    }
    // Bounds of a writer that let NaN take part bound nothing.
    return value.isNaN ? nil : value
  }

  /// Whether bounds of the column follow the order of unsigned bytes.
  private func hasByteOrder(_ column: ColumnDescriptor) -> Bool {
    guard column.physicalType == .byteArray || column.physicalType == .fixedLengthByteArray else {
      return false
    }
    switch column.logicalType {
    case .decimal, .float16, .unknown: return false
    default: return column.convertedType != .interval
    }
  }
}
