/// What a record holds at one reference.
struct Slot {
  enum Kind: UInt8 { case text, number, boolean, structure }

  var base: UnsafePointer<UInt8>?
  /// -1 when there is no value.
  var count: Int
  var kind: Kind

  static var absent: Slot { Slot(base: nil, count: -1, kind: .text) }

  init(base: UnsafePointer<UInt8>?, count: Int, kind: Kind) {
    self.base = base
    self.count = count
    self.kind = kind
  }

  /// The value's bytes; empty when there is none.
  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: max(0, count)) }
}

/// The values of the record at hand, one slot a reference, and room for unescaped text.
struct RecordValues: ~Copyable {
  let slots: UnsafeMutablePointer<Slot>
  private let slotCount: Int
  private var scratch: UnsafeMutablePointer<UInt8>
  private var scratchCapacity: Int
  private(set) var scratchCount = 0

  init(slotCount: Int) {
    self.slotCount = slotCount
    slots = .allocate(capacity: max(1, slotCount))
    slots.initialize(repeating: .absent, count: max(1, slotCount))
    scratchCapacity = 1 << 16
    scratch = .allocate(capacity: scratchCapacity)
  }

  deinit {
    slots.deallocate()
    scratch.deallocate()
  }

  /// Forgets the record before; room for `byteCount` unescaped bytes is ready then.
  mutating func begin(byteCount: Int) {
    for index in 0..<slotCount { slots[index] = .absent }
    scratchCount = 0
    guard byteCount > scratchCapacity else { return }
    scratch.deallocate()
    scratchCapacity = byteCount * 2
    scratch = .allocate(capacity: scratchCapacity)
  }

  /// Drops unescaped text beyond an earlier `scratchCount`.
  mutating func rewind(to count: Int) { scratchCount = count }

  /// A place for up to `byteCount` unescaped bytes, or nil when the record promised fewer.
  func room(_ byteCount: Int) -> UnsafeMutablePointer<UInt8>? {
    scratchCapacity - scratchCount >= byteCount ? scratch + scratchCount : nil
  }

  mutating func use(_ byteCount: Int) { scratchCount += byteCount }
}
