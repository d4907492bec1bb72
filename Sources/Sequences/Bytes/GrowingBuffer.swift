/// An array of plain values for one owner: no reference count, no check in release builds.
struct GrowingBuffer<Element>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private var capacity: Int
  private(set) var count = 0

  init() {
    capacity = 16
    base = growMemory(nil, to: capacity)
  }

  deinit { releaseMemory(base) }

  @inline(__always) var isEmpty: Bool { count == 0 }
  @inline(__always) var indices: Range<Int> { 0..<count }
  @inline(__always) var last: Element? { count == 0 ? nil : base[count - 1] }
  @inline(__always) var buffer: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  @inline(__always) subscript(index: Int) -> Element {
    unsafeAddress {
      assert(index >= 0 && index < count, "an index outside the buffer")
      return UnsafePointer(base + index)
    }
    unsafeMutableAddress {
      assert(index >= 0 && index < count, "an index outside the buffer")
      return base + index
    }
  }

  @inline(__always) mutating func append(_ element: Element) {
    if count == capacity { grow(count + 1) }
    (base + count).initialize(to: element)
    count += 1
  }

  /// Makes `count` elements of which the caller fills the new ones.
  @inline(__always) mutating func resize(_ count: Int) {
    if count > capacity { grow(count) }
    self.count = count
  }

  @inline(__always) mutating func removeAll() { count = 0 }

  @inline(never) private mutating func grow(_ wanted: Int) {
    let larger = max(capacity * 2, wanted)
    base = growMemory(base, to: larger)
    capacity = larger
  }
}
