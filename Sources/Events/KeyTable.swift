/// A perfect hash from the keys that the contract names to their fields.
///
/// A key of up to 16 bytes is held as two words with zeros behind it, so a look-up is one multiply
/// and one compare of two words.
///
/// - Concurrency: `@unchecked` because the table is written in `init` only.
final class KeyTable: @unchecked Sendable {
  struct Entry {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var field = Field.unknown
  }

  static let slotCount = 128
  let entries: UnsafeMutablePointer<Entry>
  let multiplier: UInt64

  init() {
    entries = .allocate(capacity: KeyTable.slotCount)
    var candidate: UInt64 = 0x9e37_79b9_7f4a_7c15
    while !KeyTable.fill(entries, candidate) { candidate = candidate &* 0xd129_42d6_0f5b_9c3f | 1 }
    multiplier = candidate
  }

  deinit { entries.deallocate() }

  /// Places every key; false when two keys fall into one slot.
  private static func fill(
    _ entries: UnsafeMutablePointer<Entry>, _ multiplier: UInt64
  ) -> Bool {
    entries.update(repeating: Entry(), count: slotCount)
    for (field, key) in Field.keys {
      var words: [UInt64] = [0, 0]
      for index in 0..<key.utf8CodeUnitCount {
        words[index / 8] |= UInt64(key.utf8Start[index]) << UInt64(index % 8 * 8)
      }
      let index = slot(words[0], words[1], multiplier)
      if entries[index].field != .unknown { return false }
      entries[index] = Entry(low: words[0], high: words[1], field: field)
    }
    return true
  }

  @inline(__always)
  static func slot(_ low: UInt64, _ high: UInt64, _ multiplier: UInt64) -> Int {
    Int(truncatingIfNeeded: ((low ^ high &* 3) &* multiplier) >> 57)
  }
}

/// The part of a `KeyTable` that the scanner keeps at hand.
struct KeyLookup {
  let entries: UnsafeMutablePointer<KeyTable.Entry>
  let multiplier: UInt64

  init(_ table: KeyTable) {
    entries = table.entries
    multiplier = table.multiplier
  }

  /// The field that a key names; 16 bytes from `key` on must be readable.
  @inline(__always)
  func field(_ key: UnsafePointer<UInt8>, _ count: Int) -> Field {
    let raw = UnsafeRawPointer(key)
    var low = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
    var high = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    if count <= 8 {
      if count == 0 { return .unknown }
      low &= ~0 >> UInt64((8 &- count) &* 8)
      high = 0
    } else {
      if count > 16 { return .unknown }
      high &= ~0 >> UInt64((16 &- count) &* 8)
    }
    let entry = entries[KeyTable.slot(low, high, multiplier)]
    return entry.low == low && entry.high == high ? entry.field : .unknown
  }
}
