import Bytes
import CKernels

/// Byte strings to dense integers: open addressing over one arena of bytes.
///
/// - Shape: `intern` gives 0, 1, 2 … in the order of first appearance.
/// - Cost: about 20 ns a look-up; 8 bytes a string, 12 to 24 for its slot, and its text.
struct InternTable: ~Copyable {
  static let absent = UInt32.max
  private static let seed: UInt64 = 0x6461_7962_6f6f_6b31

  /// Upper half: the hash's; lower half: index + 1, or 0 where the slot is free.
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
  private var text: OutputBytes
  private var offsets: UnsafeMutablePointer<UInt64>
  private var offsetCapacity: Int
  private(set) var count = 0

  init() {
    let slotCount = 64
    slots = .allocate(capacity: slotCount)
    slots.initialize(repeating: 0, count: slotCount)
    mask = slotCount - 1
    text = OutputBytes(capacity: 256)
    offsetCapacity = 64
    offsets = growMemory(nil, to: offsetCapacity)
    offsets[0] = 0
  }

  deinit {
    slots.deallocate()
    releaseMemory(offsets)
  }

  var byteCount: Int { text.capacity + 8 * (offsetCapacity + mask + 1) }
  var textByteCount: Int { text.count }
  var storage: (UnsafePointer<UInt8>, UnsafePointer<UInt64>) {
    (UnsafePointer(text.base), UnsafePointer(offsets))
  }

  @inline(__always) subscript(index: UInt32) -> UnsafeRawBufferPointer {
    let start = Int(offsets[Int(index)])
    return UnsafeRawBufferPointer(
      start: text.base + start, count: Int(offsets[Int(index) + 1]) - start)
  }

  /// Forgets all strings and keeps the memory.
  mutating func removeAll() {
    if count == 0 { return }
    slots.update(repeating: 0, count: mask + 1)
    text.count = 0
    count = 0
  }

  /// The integer of a string, or `absent` when it was never interned.
  func find(_ string: UnsafeRawBufferPointer) -> UInt32 {
    find(string, fastHash(string, seed: InternTable.seed))
  }

  /// `intern` of many strings: the places of those further on are fetched meanwhile.
  mutating func internAll(_ strings: ByteStrings) -> [UInt32] {
    strings.withHashes(InternTable.seed) { string, hash, ahead in
      daybook_prefetch(slots + (Int(truncatingIfNeeded: ahead) & mask))
      return intern(string, hash)
    }
  }

  @inline(__always)
  private func find(_ string: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
    var place = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[place]
      if slot == 0 { return InternTable.absent }
      if slot >> 32 == hash >> 32 {
        let index = UInt32(truncatingIfNeeded: slot) - 1
        if equalBytes(self[index], string) { return index }
      }
      place = (place + 1) & mask
    }
  }

  mutating func intern(_ string: UnsafeRawBufferPointer) -> UInt32 {
    intern(string, fastHash(string, seed: InternTable.seed))
  }

  @inline(__always)
  private mutating func intern(_ string: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
    var place = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[place]
      if slot == 0 { break }
      if slot >> 32 == hash >> 32 {
        let index = UInt32(truncatingIfNeeded: slot) - 1
        if equalBytes(self[index], string) { return index }
      }
      place = (place + 1) & mask
    }
    return append(string, hash, place)
  }

  private mutating func append(
    _ string: UnsafeRawBufferPointer, _ hash: UInt64, _ place: Int
  ) -> UInt32 {
    let index = UInt32(count)
    slots[place] = (hash & ~0xffff_ffff) | UInt64(index + 1)
    if count + 1 == offsetCapacity { growOffsets() }
    text.reserve(string.count)
    if let start = string.baseAddress {
      text.put(start.assumingMemoryBound(to: UInt8.self), string.count)
    }
    count += 1
    offsets[count] = UInt64(text.count)
    if count * 8 > (mask + 1) * 5 { growSlots() }
    return index
  }

  private mutating func growOffsets() {
    offsets = growMemory(offsets, to: offsetCapacity * 2)
    offsetCapacity *= 2
  }

  private mutating func growSlots() {
    let slotCount = (mask + 1) * 2
    slots.deallocate()
    slots = .allocate(capacity: slotCount)
    slots.initialize(repeating: 0, count: slotCount)
    mask = slotCount - 1
    for index in 0..<UInt32(count) {
      let hash = fastHash(self[index], seed: InternTable.seed)
      var place = Int(truncatingIfNeeded: hash) & mask
      while slots[place] != 0 { place = (place + 1) & mask }
      slots[place] = (hash & ~0xffff_ffff) | UInt64(index + 1)
    }
  }
}

extension ByteStrings {
  /// Looks every string up with its hash and the hash of one a few places further on.
  @inline(__always)
  fileprivate func withHashes(
    _ seed: UInt64, _ body: (UnsafeRawBufferPointer, _ hash: UInt64, _ ahead: UInt64) -> UInt32
  ) -> [UInt32] {
    let count = self.count
    let distance = 12
    return bytes.withUnsafeBytes { bytes in
      offsets.withUnsafeBufferPointer { offsets in
        func string(_ index: Int) -> UnsafeRawBufferPointer {
          let start = Int(offsets[index])
          return UnsafeRawBufferPointer(
            start: bytes.baseAddress.map { $0 + start }, count: Int(offsets[index + 1]) - start)
        }
        let hashes = [UInt64](unsafeUninitializedCapacity: count + distance) { hashes, filled in
          for index in 0..<count { hashes[index] = fastHash(string(index), seed: seed) }
          for index in count..<count + distance { hashes[index] = 0 }
          filled = count + distance
        }
        return hashes.withUnsafeBufferPointer { hashes in
          [UInt32](unsafeUninitializedCapacity: count) { codes, filled in
            for index in 0..<count {
              codes[index] = body(string(index), hashes[index], hashes[index + distance])
            }
            filled = count
          }
        }
      }
    }
  }
}

/// A set of pairs of integers, for the few ids that meet more than one partner.
struct PairSet: ~Copyable {
  private var keys: [UInt64] = []
  private(set) var count = 0
  private static let free = UInt64.max

  /// True when the pair was not yet in the set.
  mutating func insert(_ first: UInt32, _ second: UInt32) -> Bool {
    if (count + 1) * 2 > keys.count { grow() }
    return place(UInt64(first) << 32 | UInt64(second))
  }

  private mutating func place(_ key: UInt64) -> Bool {
    let mask = keys.count - 1
    var place = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 20) & mask
    while keys[place] != PairSet.free {
      if keys[place] == key { return false }
      place = (place + 1) & mask
    }
    keys[place] = key
    count += 1
    return true
  }

  private mutating func grow() {
    let old = keys
    keys = Array(repeating: PairSet.free, count: max(64, old.count * 2))
    count = 0
    for key in old where key != PairSet.free { _ = place(key) }
  }
}

/// The strings of a table that no longer changes, to be read by several threads at once.
struct TableView {
  private let text: UnsafePointer<UInt8>
  private let offsets: UnsafePointer<UInt64>

  init(_ table: borrowing InternTable) {
    (text, offsets) = table.storage
  }

  @inline(__always) subscript(index: UInt32) -> UnsafeRawBufferPointer {
    let start = Int(offsets[Int(index)])
    return UnsafeRawBufferPointer(
      start: text + start, count: Int(offsets[Int(index) + 1]) - start)
  }
}
