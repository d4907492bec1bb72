/// Guesses the next key of an object from the one before it.
///
/// Events of one producer name their keys in the same order. A key that was seen is kept with its
/// quotes and colon as three words, and with the two keys that followed it last; comparing words
/// is much cheaper than finding the key's end and looking it up, and the processor need not wait
/// for the end to go on. A wrong guess costs a look-up, never a wrong answer.
struct KeyPredictor: ~Copyable {
  struct Entry {
    var words: (UInt64, UInt64, UInt64) = (~0, ~0, ~0)
    var masks: (UInt64, UInt64, UInt64) = (~0, ~0, ~0)
    /// Bytes from the opening quote to the colon, both included.
    var byteCount = 0
    /// The keys that came after this one, the latest first.
    var next: UnsafeMutablePointer<Entry>
    var otherNext: UnsafeMutablePointer<Entry>
    var field = Field.unknown

    init(next start: UnsafeMutablePointer<Entry>) {
      next = start
      otherNext = start
    }

    /// Whether the bytes at `place` are this key with its quotes and colon.
    @inline(__always)
    func matches(_ text: (UInt64, UInt64, UInt64)) -> Bool {
      (text.0 ^ words.0) & masks.0 | (text.1 ^ words.1) & masks.1 | (text.2 ^ words.2) & masks.2
        == 0
    }
  }

  /// Entry 0 stands for the start of a message and matches nothing: its bytes are no UTF-8.
  private let entries: UnsafeMutablePointer<Entry>
  private var count = 1
  /// The entry of the key before.
  private var previous: UnsafeMutablePointer<Entry>
  /// For each hash of a key the index of its entry, 0 for none.
  private let slots: UnsafeMutablePointer<UInt8>

  private static let entryCount = 64
  private static let slotCount = 256
  static let longestByteCount = 24

  init() {
    entries = .allocate(capacity: KeyPredictor.entryCount)
    entries.initialize(repeating: Entry(next: entries), count: KeyPredictor.entryCount)
    previous = entries
    slots = .allocate(capacity: KeyPredictor.slotCount)
    slots.initialize(repeating: 0, count: KeyPredictor.slotCount)
  }

  deinit {
    entries.deallocate()
    slots.deallocate()
  }

  /// A new message begins.
  @inline(__always)
  mutating func restart() { previous = entries }

  /// The 24 bytes at `place`.
  @inline(__always)
  static func load(_ place: BytePointer) -> (UInt64, UInt64, UInt64) {
    let raw = UnsafeRawPointer(place)
    return (
      raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
    )
  }

  /// The entry of the key at `place` if it was guessed; then it is the key before the next one.
  @inline(__always)
  mutating func guess(_ place: BytePointer) -> UnsafeMutablePointer<Entry>? {
    let text = KeyPredictor.load(place)
    let next = previous.pointee.next
    if next.pointee.matches(text) {
      previous = next
      return next
    }
    return guessOther(text)
  }

  @inline(__always)
  private mutating func guessOther(
    _ text: (UInt64, UInt64, UInt64)
  ) -> UnsafeMutablePointer<Entry>? {
    let other = previous.pointee.otherNext
    guard other.pointee.matches(text) else { return nil }
    previous.pointee.otherNext = previous.pointee.next
    previous.pointee.next = other
    previous = other
    return other
  }

  /// Remembers a key, `byteCount` bytes at `place` with its quotes and colon, for later guesses.
  @inline(never)
  mutating func learn(_ place: BytePointer, _ byteCount: Int, _ field: Field) {
    let index = self.index(place, byteCount, field)
    if index != 0 {
      previous.pointee.otherNext = previous.pointee.next
      previous.pointee.next = entries + index
    }
    previous = entries + index
  }

  /// The entry of a key, a new one if there is room; 0 when there is none.
  private mutating func index(_ place: BytePointer, _ byteCount: Int, _ field: Field) -> Int {
    if byteCount > KeyPredictor.longestByteCount { return 0 }
    var entry = Entry(next: entries)
    entry.masks = (0, 0, 0)
    for index in 0..<byteCount {
      let byte = UInt64(0xff) << UInt64(index % 8 * 8)
      switch index / 8 {
      case 0: entry.masks.0 |= byte
      case 1: entry.masks.1 |= byte
      default: entry.masks.2 |= byte
      }
    }
    let masks = (entry.masks.0.littleEndian, entry.masks.1.littleEndian, entry.masks.2.littleEndian)
    let text = KeyPredictor.load(place)
    entry.masks = masks
    entry.words = (text.0 & masks.0, text.1 & masks.1, text.2 & masks.2)
    entry.byteCount = byteCount
    entry.field = field
    let mixed = (entry.words.0 ^ entry.words.1 &* 3 ^ entry.words.2 &* 5) &* 0x9e37_79b9_7f4a_7c15
    var slot = Int(mixed >> 56)
    while slots[slot] != 0 {
      let known = Int(slots[slot])
      if entries[known].byteCount == byteCount && entries[known].words == entry.words {
        return known
      }
      slot = (slot + 1) % KeyPredictor.slotCount
    }
    if count == KeyPredictor.entryCount { return 0 }
    entries[count] = entry
    slots[slot] = UInt8(count)
    count += 1
    return count - 1
  }
}
