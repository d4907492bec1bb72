/// A buffer of plain values that grows and is reused: the writer's scratch memory.
///
/// Loops take `room(for:)` once a batch, store through the pointer and then `commit`; so nothing is
/// checked per value. `slackByteCount` writable bytes follow the room asked for, which lets kernels
/// store whole words past the end.
struct Growable<Element: BitwiseCopyable>: ~Copyable {
  static var slackByteCount: Int { 64 }

  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  init() {
    capacity = 0
    base = Growable.allocate(0)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer.allocate(
      byteCount: capacity * MemoryLayout<Element>.stride + slackByteCount, alignment: 16
    ).bindMemory(to: Element.self, capacity: capacity)
  }

  /// A pointer to at least `additional` free places after the last element.
  @inline(__always)
  mutating func room(for additional: Int) -> UnsafeMutablePointer<Element> {
    if count + additional > capacity { grow(to: count + additional) }
    return base + count
  }

  @inline(never)
  private mutating func grow(to needed: Int) {
    let larger = max(needed, capacity * 2, 1024)
    let fresh = Growable.allocate(larger)
    UnsafeMutableRawPointer(fresh).copyMemory(
      from: base, byteCount: count * MemoryLayout<Element>.stride)
    UnsafeMutableRawPointer(base).deallocate()
    base = fresh
    capacity = larger
  }

  /// Counts `added` elements that were stored through `room(for:)`.
  @inline(__always)
  mutating func commit(_ added: Int) { count += added }

  @inline(__always)
  mutating func append(_ element: Element) {
    room(for: 1).pointee = element
    count += 1
  }

  mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) {
    guard let source = elements.baseAddress, !elements.isEmpty else { return }
    UnsafeMutableRawPointer(room(for: elements.count)).copyMemory(
      from: source, byteCount: elements.count * MemoryLayout<Element>.stride)
    count += elements.count
  }

  mutating func append(repeating element: Element, count added: Int) {
    room(for: added).update(repeating: element, count: added)
    count += added
  }

  mutating func removeAll() { count = 0 }

  /// Forgets elements from `newCount` on.
  mutating func truncate(to newCount: Int) { count = min(count, newCount) }

  subscript(index: Int) -> Element {
    @inline(__always) get { base[index] }
    @inline(__always) set { base[index] = newValue }
  }

  /// The elements; valid until the buffer grows or ends.
  var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }
  /// The elements as bytes; valid until the buffer grows or ends.
  var rawBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(elements) }
}

typealias GrowableBytes = Growable<UInt8>

extension Growable where Element == UInt8 {
  mutating func append(bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
    UnsafeMutableRawPointer(room(for: bytes.count)).copyMemory(
      from: source, byteCount: bytes.count)
    count += bytes.count
  }

  /// Four bytes, little-endian.
  @inline(__always)
  mutating func append(littleEndian value: UInt32) {
    UnsafeMutableRawPointer(room(for: 4)).storeBytes(of: value.littleEndian, as: UInt32.self)
    count += 4
  }

  /// An unsigned LEB128 number, as Parquet's run headers use.
  mutating func append(varint value: UInt64) {
    let start = room(for: 10)
    var rest = value
    var length = 0
    while rest >= 0x80 {
      start[length] = UInt8(truncatingIfNeeded: rest) | 0x80
      rest >>= 7
      length += 1
    }
    start[length] = UInt8(truncatingIfNeeded: rest)
    count += length + 1
  }

  /// A signed number as zigzag LEB128.
  mutating func append(zigzag value: Int64) {
    append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }
}

/// Copies a short string without a call: whole words that overlap, exactly `count` bytes read.
///
/// - Shape: up to 16 bytes past `destination + count` are free to be overwritten.
@inline(__always)
func copyShort(
  from source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer, count: Int
) {
  if count > 32 {
    destination.copyMemory(from: source, byteCount: count)
  } else if count >= 16 {
    let head = source.loadUnaligned(as: SIMD2<UInt64>.self)
    let tail = source.loadUnaligned(fromByteOffset: count - 16, as: SIMD2<UInt64>.self)
    destination.storeBytes(of: head, as: SIMD2<UInt64>.self)
    destination.storeBytes(of: tail, toByteOffset: count - 16, as: SIMD2<UInt64>.self)
  } else if count >= 8 {
    let head = source.loadUnaligned(as: UInt64.self)
    let tail = source.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    destination.storeBytes(of: head, as: UInt64.self)
    destination.storeBytes(of: tail, toByteOffset: count - 8, as: UInt64.self)
  } else if count >= 4 {
    let head = source.loadUnaligned(as: UInt32.self)
    let tail = source.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
    destination.storeBytes(of: head, as: UInt32.self)
    destination.storeBytes(of: tail, toByteOffset: count - 4, as: UInt32.self)
  } else if count > 0 {
    let first = source.load(as: UInt8.self)
    let middle = source.load(fromByteOffset: count >> 1, as: UInt8.self)
    let last = source.load(fromByteOffset: count - 1, as: UInt8.self)
    destination.storeBytes(of: first, as: UInt8.self)
    destination.storeBytes(of: middle, toByteOffset: count >> 1, as: UInt8.self)
    destination.storeBytes(of: last, toByteOffset: count - 1, as: UInt8.self)
  }
}

/// Whether two strings of the same length hold the same bytes; no call, and for most lengths no
/// loop.
@inline(__always)
func equalBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
  if count >= 16 {
    var offset = 0
    let last = count - 16
    // Sixteen bytes a step; the last step overlaps the one before.
    while offset < last {
      if differs(left, right, offset, as: SIMD2<UInt64>.self) { return false }
      offset += 16
    }
    return !differs(left, right, last, as: SIMD2<UInt64>.self)
  }
  if count >= 8 {
    return !differs(left, right, 0, as: UInt64.self)
      && !differs(left, right, count - 8, as: UInt64.self)
  }
  if count >= 4 {
    return !differs(left, right, 0, as: UInt32.self)
      && !differs(left, right, count - 4, as: UInt32.self)
  }
  guard count > 0 else { return true }
  return !differs(left, right, 0, as: UInt8.self)
    && !differs(left, right, count >> 1, as: UInt8.self)
    && !differs(left, right, count - 1, as: UInt8.self)
}

@inline(__always)
private func differs<Word: Equatable & BitwiseCopyable>(
  _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ offset: Int, as type: Word.Type
) -> Bool {
  left.loadUnaligned(fromByteOffset: offset, as: Word.self)
    != right.loadUnaligned(fromByteOffset: offset, as: Word.self)
}
