/// The distinct values of a column chunk of four- or eight-byte values, numbered by first use.
///
/// Values are compared by their bits, so every NaN and both zeros keep their own entry.
struct WordDictionary: ~Copyable {
  /// The bits of value `code`.
  private(set) var words = Growable<UInt64>()
  /// A slot is 0 (empty) or a code plus one; at most half of them are taken.
  private var slots: UnsafeMutablePointer<UInt32>
  private var mask: Int

  private static let smallestSlotCount = 1024

  init() {
    mask = WordDictionary.smallestSlotCount - 1
    slots = WordDictionary.emptySlots(WordDictionary.smallestSlotCount)
  }

  deinit { slots.deallocate() }

  private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    let slots = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
    slots.initialize(repeating: 0, count: count)
    return slots
  }

  var count: Int { words.count }

  mutating func removeAll() {
    guard count > 0 else { return }
    words.removeAll()
    slots.update(repeating: 0, count: mask + 1)
  }

  /// Forgets the values numbered from `newCount` on.
  mutating func truncate(to newCount: Int) {
    guard newCount < count else { return }
    words.truncate(to: newCount)
    slots.update(repeating: 0, count: mask + 1)
    for code in 0..<newCount { insert(code) }
  }

  @inline(__always)
  private static func hash(_ word: UInt64) -> Int {
    let mixed = word &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: mixed ^ (mixed >> 32))
  }

  private mutating func insert(_ code: Int) {
    var slot = WordDictionary.hash(words[code]) & mask
    while slots[slot] != 0 { slot = (slot &+ 1) & mask }
    slots[slot] = UInt32(truncatingIfNeeded: code + 1)
  }

  @inline(__always)
  mutating func code(of word: UInt64) -> UInt32 {
    var slot = WordDictionary.hash(word) & mask
    while true {
      let entry = slots[slot]
      if entry == 0 { return add(word, slot: slot) }
      if words[Int(entry &- 1)] == word { return entry &- 1 }
      slot = (slot &+ 1) & mask
    }
  }

  @inline(never)
  private mutating func add(_ word: UInt64, slot: Int) -> UInt32 {
    words.append(word)
    slots[slot] = UInt32(truncatingIfNeeded: words.count)
    if words.count * 2 > mask {
      let slotCount = (mask + 1) * 4
      slots.deallocate()
      slots = WordDictionary.emptySlots(slotCount)
      mask = slotCount - 1
      for code in 0..<words.count { insert(code) }
    }
    return UInt32(truncatingIfNeeded: words.count - 1)
  }

  /// Appends the code of every value; false when the dictionary would grow above `limit` values.
  mutating func encode(
    _ values: UnsafeBufferPointer<UInt64>, limit: Int, to codes: inout Growable<UInt32>
  ) -> Bool {
    guard let base = values.baseAddress else { return true }
    let output = codes.room(for: values.count)
    for index in 0..<values.count {
      output[index] = code(of: base[index])
      if words.count > limit { return false }
    }
    codes.commit(values.count)
    return true
  }

  /// The same for values of four bytes.
  mutating func encode(
    _ values: UnsafeBufferPointer<UInt32>, limit: Int, to codes: inout Growable<UInt32>
  ) -> Bool {
    guard let base = values.baseAddress else { return true }
    let output = codes.room(for: values.count)
    for index in 0..<values.count {
      output[index] = code(of: UInt64(base[index]))
      if words.count > limit { return false }
    }
    codes.commit(values.count)
    return true
  }

  /// The body of the dictionary page.
  func appendPlain(width: Int, to output: inout GrowableBytes) {
    let room = UnsafeMutableRawPointer(output.room(for: count * width))
    for code in 0..<count {
      if width == 4 {
        room.storeBytes(
          of: UInt32(truncatingIfNeeded: words[code]).littleEndian, toByteOffset: code * 4,
          as: UInt32.self)
      } else {
        room.storeBytes(
          of: words[code].littleEndian, toByteOffset: code * 8, as: UInt64.self)
      }
    }
    output.commit(count * width)
  }
}
