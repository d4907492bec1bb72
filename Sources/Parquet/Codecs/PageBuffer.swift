/// Memory that one page after the other reuses; page faults would cost more than the decoding.
///
/// - Shape: `slackByteCount` bytes behind `count` may be read, so kernels load whole words.
struct PageBuffer: ~Copyable {
  static let slackByteCount = 64

  private(set) var base: UnsafeMutableRawPointer
  private(set) var capacity: Int
  var count = 0

  init(capacity: Int = 0) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity + PageBuffer.slackByteCount, alignment: 64)
    // Bytes behind the page are loaded, never used; zeros keep such loads defined.
    base.initializeMemory(
      as: UInt8.self, repeating: 0, count: capacity + PageBuffer.slackByteCount)
  }

  deinit { base.deallocate() }

  /// The bytes that count.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Makes room for `wanted` bytes in all and keeps the first `count`.
  mutating func reserve(_ wanted: Int) {
    guard wanted > capacity else { return }
    let size = max(wanted, min(capacity * 2, capacity + (64 << 20)))
    let larger = UnsafeMutableRawPointer.allocate(
      byteCount: size + PageBuffer.slackByteCount, alignment: 64)
    larger.copyMemory(from: base, byteCount: count)
    (larger + size).initializeMemory(
      as: UInt8.self, repeating: 0, count: PageBuffer.slackByteCount)
    base.deallocate()
    base = larger
    capacity = size
  }
}

/// Some bytes of a `PageBuffer`.
///
/// - Shape: whole words behind the end may be loaded; only bytes before `count` mean something.
struct PageBytes {
  let base: UnsafeRawPointer
  let count: Int

  @inline(__always)
  subscript(index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }

  /// The bytes from `offset` on; the caller has checked the bounds.
  func from(_ offset: Int) -> PageBytes { PageBytes(base: base + offset, count: count - offset) }

  /// Some bytes; the caller has checked the bounds.
  func slice(_ offset: Int, _ count: Int) -> PageBytes {
    PageBytes(base: base + offset, count: count)
  }

  /// A little-endian word.
  @inline(__always)
  func word32(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
}

extension PageBuffer {
  /// All bytes that count.
  var page: PageBytes { PageBytes(base: UnsafeRawPointer(base), count: count) }
}
