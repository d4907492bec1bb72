/// A growing buffer that is filled without a check per byte: reserve first, then put.
///
/// Every `put` relies on a `reserve` that covered it; that is the whole contract of this type.
/// Behind `capacity` lie `ByteCursor.slackByteCount` bytes that may be read and overwritten.
struct OutputBytes: ~Copyable {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var capacity: Int
  var count = 0

  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    base = growMemory(nil, to: self.capacity + ByteCursor.slackByteCount)
  }

  deinit { releaseMemory(base) }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Lends the buffer to a cursor that writes on from here; `take` ends the loan.
  @inline(__always) func cursor() -> ByteCursor {
    ByteCursor(base: base, count: count, capacity: capacity)
  }

  @inline(__always) mutating func take(_ cursor: ByteCursor) {
    base = cursor.base
    capacity = cursor.end - cursor.base
    count = cursor.count
  }

  /// Makes room for `extra` more bytes.
  @inline(__always) mutating func reserve(_ extra: Int) {
    if capacity - count < extra { grow(extra) }
  }

  @inline(never) private mutating func grow(_ extra: Int) {
    let newCapacity = max(capacity * 2, count + extra)
    base = growMemory(base, to: newCapacity + ByteCursor.slackByteCount)
    capacity = newCapacity
  }

  @inline(__always) mutating func put(_ byte: UInt8) {
    base[count] = byte
    count &+= 1
  }

  @inline(__always) mutating func put(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    (base + count).update(from: text.utf8Start, count: length)
    count &+= length
  }

  @inline(__always) mutating func put(_ start: UnsafePointer<UInt8>, _ length: Int) {
    (base + count).update(from: start, count: length)
    count &+= length
  }

  @inline(__always) mutating func put(raw value: some BitwiseCopyable) {
    UnsafeMutableRawPointer(base + count).storeBytes(of: value, as: type(of: value))
    count &+= MemoryLayout.size(ofValue: value)
  }

  /// An unsigned number of up to ten bytes, seven bits each, lowest first.
  @inline(__always) mutating func put(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      put(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    put(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always) mutating func put(zigzag value: Int64) {
    put(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }
}
