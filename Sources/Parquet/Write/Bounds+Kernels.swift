// Least and greatest of the values of a page. NaN bounds nothing; a zero bound gets the sign that
// keeps both zeros inside. Source: `Statistics` in parquet.thrift.

extension Bounds {
  private init(bytes least: some FixedWidthInteger, _ greatest: some FixedWidthInteger) {
    self.least = withUnsafeBytes(of: least.littleEndian) { Array($0) }
    self.greatest = withUnsafeBytes(of: greatest.littleEndian) { Array($0) }
  }

  private static func ofIntegers<Value: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, as type: Value.Type
  ) -> Bounds? {
    let values = bytes.bindMemory(to: Value.self)
    guard let base = values.baseAddress, !values.isEmpty else { return nil }
    var least = base[0]
    var greatest = base[0]
    for index in 0..<values.count {
      least = min(least, base[index])
      greatest = max(greatest, base[index])
    }
    return Bounds(bytes: least, greatest)
  }

  private static func ofFloats<Value: BinaryFloatingPoint & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, as type: Value.Type
  ) -> (least: Value, greatest: Value)? {
    let values = bytes.bindMemory(to: Value.self)
    guard let base = values.baseAddress else { return nil }
    var least = Value.infinity
    var greatest = -Value.infinity
    var hasNumber = false
    for index in 0..<values.count {
      let value = base[index]
      // Comparisons with NaN are false, so it changes nothing.
      if value <= least { least = value }
      if value >= greatest { greatest = value }
      if value == value { hasNumber = true }
    }
    guard hasNumber else { return nil }
    return (least == 0 ? -0.0 : least, greatest == 0 ? 0.0 : greatest)
  }

  /// The bounds of staged values of fixed size; nil when there is none to bound.
  static func ofFixed(
    _ bytes: UnsafeRawBufferPointer, width: Int, order: ValueOrder
  ) -> Bounds? {
    guard !bytes.isEmpty else { return nil }
    switch order {
    case .boolean: return ofIntegers(bytes, as: UInt8.self)
    case .signed32: return ofIntegers(bytes, as: Int32.self)
    case .signed64: return ofIntegers(bytes, as: Int64.self)
    case .unsigned32: return ofIntegers(bytes, as: UInt32.self)
    case .unsigned64: return ofIntegers(bytes, as: UInt64.self)
    case .float:
      guard let found = ofFloats(bytes, as: Float.self) else { return nil }
      return Bounds(bytes: found.least.bitPattern, found.greatest.bitPattern)
    case .double:
      guard let found = ofFloats(bytes, as: Double.self) else { return nil }
      return Bounds(bytes: found.least.bitPattern, found.greatest.bitPattern)
    case .unsignedBytes, .signedBytes:
      var finder = ByteBounds(order: order)
      var offset = 0
      while offset + width <= bytes.count {
        finder.add(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + width]))
        offset += width
      }
      return finder.bounds
    case .none: return nil
    }
  }
}

/// Finds the least and greatest of byte strings that stay where they are meanwhile.
struct ByteBounds {
  private let order: ValueOrder
  private var least: UnsafeRawBufferPointer?
  private var greatest = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The first eight bytes as a number that sorts like the string.
  private var leastPrefix: UInt64 = 0
  private var greatestPrefix: UInt64 = 0

  init(order: ValueOrder) { self.order = order }

  @inline(__always)
  private static func prefix(_ string: UnsafeRawBufferPointer) -> UInt64 {
    guard let base = string.baseAddress else { return 0 }
    if string.count >= 8 { return base.loadUnaligned(as: UInt64.self).bigEndian }
    var word: UInt64 = 0
    for index in 0..<8 {
      word = word << 8 | (index < string.count ? UInt64(string[index]) : 0)
    }
    return word
  }

  @inline(__always)
  mutating func add(_ string: UnsafeRawBufferPointer) {
    if case .signedBytes = order { return addSigned(string) }
    let prefix = ByteBounds.prefix(string)
    guard let least else { return start(string, prefix) }
    if prefix <= leastPrefix, prefix < leastPrefix || ByteBounds.isBelow(string, least) {
      self.least = string
      leastPrefix = prefix
    }
    if prefix >= greatestPrefix, prefix > greatestPrefix || ByteBounds.isBelow(greatest, string) {
      greatest = string
      greatestPrefix = prefix
    }
  }

  private mutating func start(_ string: UnsafeRawBufferPointer, _ prefix: UInt64) {
    least = string
    greatest = string
    leastPrefix = prefix
    greatestPrefix = prefix
  }

  private mutating func addSigned(_ string: UnsafeRawBufferPointer) {
    guard let least else { return start(string, 0) }
    if ValueOrder.compareSigned(string, least) < 0 { self.least = string }
    if ValueOrder.compareSigned(string, greatest) > 0 { greatest = string }
  }

  private static func isBelow(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Bool {
    let shared = min(left.count, right.count)
    var index = 0
    while index < shared {
      if left[index] != right[index] { return left[index] < right[index] }
      index += 1
    }
    return left.count < right.count
  }

  var bounds: Bounds? {
    least.map { Bounds(least: Array($0), greatest: Array(greatest)) }
  }
}
