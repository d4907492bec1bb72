// Our own compact form of what waits on disk between two stages; it never outlives a build.

/// Appends numbers and strings to bytes that are kept for the next use.
struct ByteWriter: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int = 1_024) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  /// What was written, until the next writing.
  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  var bytes: [UInt8] { Array(raw) }

  mutating func removeAll() { count = 0 }

  /// Makes room for some bytes more.
  @inline(__always) private mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(more) }
  }

  @inline(never) private mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let next = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    next.update(from: base, count: count)
    base.deallocate()
    base = next
    capacity = larger
  }

  mutating func put(byte: UInt8) {
    reserve(1)
    base[count] = byte
    count += 1
  }

  mutating func put(_ value: UInt64) {
    reserve(10)
    var rest = value
    while rest >= 0x80 {
      base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
      count += 1
      rest >>= 7
    }
    base[count] = UInt8(truncatingIfNeeded: rest)
    count += 1
  }

  mutating func put(signed value: Int64) {
    put(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func put(fixed value: UInt64) {
    reserve(8)
    UnsafeMutableRawPointer(base + count).storeBytes(of: value.littleEndian, as: UInt64.self)
    count += 8
  }

  mutating func put(raw bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count)
    if let start = bytes.baseAddress {
      UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: bytes.count)
    }
    count += bytes.count
  }

  mutating func put(text: ArraySlice<UInt8>) {
    put(UInt64(text.count))
    text.withUnsafeBytes { put(raw: $0) }
  }

  mutating func put(text: [UInt8]) { put(text: text[...]) }

  /// Appends a whole record with its length before it.
  mutating func put(record: borrowing ByteWriter) {
    put(UInt64(record.count))
    put(raw: record.raw)
  }
}

/// Reads what `ByteWriter` wrote, while the bytes stay where they are.
struct ByteReader {
  private let base: UnsafeRawPointer
  private let end: Int
  var place = 0

  /// - Shape: the bytes outlive the reader; there are some.
  init(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { preconditionFailure("a record on disk is empty") }
    base = start
    end = bytes.count
  }

  var isAtEnd: Bool { place >= end }

  @inline(__always) private func require(_ count: Int) {
    precondition(count >= 0 && end - place >= count, "a record on disk ends early")
  }

  mutating func byte() -> UInt8 {
    require(1)
    defer { place += 1 }
    return base.load(fromByteOffset: place, as: UInt8.self)
  }

  mutating func number() -> UInt64 {
    let first = byte()
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while true {
      let next = byte()
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  mutating func signed() -> Int64 {
    let value = number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func fixed() -> UInt64 {
    require(8)
    defer { place += 8 }
    return UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }

  mutating func raw(_ count: Int) -> UnsafeRawBufferPointer {
    require(count)
    defer { place += count }
    return UnsafeRawBufferPointer(start: base + place, count: count)
  }

  mutating func text() -> [UInt8] { Array(raw(Int(number()))) }
}
