import Bytes
import CKernels

/// The distinct byte strings of a column chunk, numbered in the order of their first use.
///
/// An open-addressing table of codes over the strings themselves, which lie in the form of the
/// dictionary page. Invariants:
/// - a slot is 0 (empty) or holds the upper half of the string's hash and its code plus one;
/// - at most half of the slots are taken, so a probe ends;
/// - codes depend on the order of the strings only, never on the hash.
struct ByteDictionary: ~Copyable {
  /// The strings in PLAIN form: the body of the dictionary page.
  private(set) var plain = GrowableBytes()
  /// Where the bytes of string `code` start in `plain`.
  private(set) var starts = Growable<UInt32>()
  private(set) var lengths = Growable<UInt32>()
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
  /// Bytes of the length in front of each string: four, or none when all have the same length.
  private let lengthByteCount: Int
  /// Rows of a block that have a string, and the hashes of those strings.
  private let blockRows: UnsafeMutablePointer<UInt32>
  private let blockHashes: UnsafeMutablePointer<UInt64>

  /// Rows whose strings and slots are asked for at once, so that memory answers side by side.
  private static let blockRowCount = 64

  private static let smallestSlotCount = 1024
  private static let tagMask: UInt64 = 0xffff_ffff_0000_0000
  private static let seed: UInt64 = 0x5061_7271_7565_7421

  init(hasLengths: Bool) {
    lengthByteCount = hasLengths ? 4 : 0
    mask = ByteDictionary.smallestSlotCount - 1
    slots = ByteDictionary.emptySlots(ByteDictionary.smallestSlotCount)
    blockRows = .allocate(capacity: ByteDictionary.blockRowCount)
    blockHashes = .allocate(capacity: ByteDictionary.blockRowCount)
  }

  deinit {
    slots.deallocate()
    blockRows.deallocate()
    blockHashes.deallocate()
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
    slots.initialize(repeating: 0, count: count)
    return slots
  }

  var count: Int { starts.count }

  /// Empties the dictionary; keeps its memory.
  mutating func removeAll() {
    guard count > 0 else { return }
    plain.removeAll()
    starts.removeAll()
    lengths.removeAll()
    slots.update(repeating: 0, count: mask + 1)
  }

  /// The string of a code; valid until the next one is added.
  @inline(__always)
  func string(_ code: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: UnsafeRawPointer(plain.base) + Int(starts[code]), count: Int(lengths[code]))
  }

  /// The code of a string, which is added when it is new.
  @inline(__always)
  mutating func code(of bytes: UnsafeRawPointer, count: Int) -> UInt32 {
    code(of: bytes, count: count, hash: ByteDictionary.hash(bytes, count))
  }

  @inline(__always)
  private static func hash(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
    fastHash(UnsafeRawBufferPointer(start: bytes, count: count), seed: ByteDictionary.seed)
  }

  @inline(__always)
  private mutating func code(of bytes: UnsafeRawPointer, count: Int, hash: UInt64) -> UInt32 {
    let tag = hash & ByteDictionary.tagMask
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let entry = slots[slot]
      if entry == 0 { return add(bytes, count: count, tag: tag, slot: slot) }
      if entry & ByteDictionary.tagMask == tag {
        let code = UInt32(truncatingIfNeeded: entry) &- 1
        if lengths[Int(code)] == UInt32(truncatingIfNeeded: count),
          equalBytes(
            UnsafeRawPointer(plain.base) + Int(starts[Int(code)]), bytes, count: count)
        {
          return code
        }
      }
      slot = (slot &+ 1) & mask
    }
  }

  @inline(never)
  private mutating func add(
    _ bytes: UnsafeRawPointer, count length: Int, tag: UInt64, slot: Int
  ) -> UInt32 {
    let code = UInt32(truncatingIfNeeded: starts.count)
    if lengthByteCount > 0 { plain.append(littleEndian: UInt32(truncatingIfNeeded: length)) }
    starts.append(UInt32(truncatingIfNeeded: plain.count))
    lengths.append(UInt32(truncatingIfNeeded: length))
    plain.append(bytes: UnsafeRawBufferPointer(start: bytes, count: length))
    slots[slot] = tag | UInt64(code &+ 1)
    if starts.count * 2 > mask { growSlots() }
    return code
  }

  private mutating func growSlots() {
    let slotCount = (mask + 1) * 4
    slots.deallocate()
    slots = ByteDictionary.emptySlots(slotCount)
    mask = slotCount - 1
    for code in 0..<starts.count {
      let hash = fastHash(string(code), seed: ByteDictionary.seed)
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot &+ 1) & mask }
      slots[slot] = hash & ByteDictionary.tagMask | UInt64(code + 1)
    }
  }

  /// Turns rows into codes until the page is full or the dictionary is.
  ///
  /// - Shape: appends a code a present row and, with `levels`, a 0 or 1 every row; returns the row
  ///   to go on with and the rows that were absent. Stops before a row, never within.
  mutating func encode(
    _ rows: TextRows, from first: Int, fill: inout PageFill, byteLimit: Int,
    codes: inout Growable<UInt32>, levels: inout GrowableBytes, storesLevels: Bool
  ) -> (next: Int, absent: Int) {
    let most = min(rows.count - first, max(fill.rowLimit - fill.rows, 0))
    let output = codes.room(for: most)
    let presence = storesLevels ? levels.room(for: most) : nil
    var stored = 0
    var done = 0
    while done < most, fill.bytes < fill.byteLimit, plain.count < byteLimit {
      // The last block of a page or of a dictionary goes row by row, to stop at the right one.
      var count = min(ByteDictionary.blockRowCount, most - done)
      var block = look(rows, from: first + done, count: count, presence: presence.map { $0 + done })
      if fill.bytes + block.byteCount > fill.byteLimit
        || plain.count + block.byteCount > byteLimit
      {
        count = 1
        block = look(rows, from: first + done, count: 1, presence: presence.map { $0 + done })
      }
      encode(rows, block.present, to: output + stored)
      stored += block.present
      done += count
      fill.bytes += block.byteCount
    }
    fill.rows += done
    codes.commit(stored)
    if storesLevels { levels.commit(done) }
    return (first + done, done - stored)
  }

  /// Lists the rows of a block that have a string, and asks for the strings of the next block.
  @inline(__always)
  private func look(
    _ rows: TextRows, from first: Int, count: Int, presence: UnsafeMutablePointer<UInt8>?
  ) -> (present: Int, byteCount: Int) {
    let last = rows.count - 1
    var present = 0
    var byteCount = 0
    for row in 0..<count {
      let index = rows.index(first + row)
      let length = rows.lengths[index]
      let isPresent = length != TextRows.absent ? 1 : 0
      if let presence { presence[row] = UInt8(truncatingIfNeeded: isPresent) }
      // Always written, kept only when present: no branch to mispredict.
      blockRows[present] = UInt32(truncatingIfNeeded: index)
      present &+= isPresent
      byteCount &+= isPresent &* (Int(length) &+ lengthByteCount)
      let ahead = rows.index(min(first + row + ByteDictionary.blockRowCount, last))
      daybook_prefetch(rows.base + Int(rows.starts[ahead]))
    }
    return (present, byteCount)
  }

  /// Codes of the rows that `look` listed: all hashes first, so that their slots are on the way.
  @inline(__always)
  private mutating func encode(
    _ rows: TextRows, _ present: Int, to output: UnsafeMutablePointer<UInt32>
  ) {
    for place in 0..<present {
      let index = Int(blockRows[place])
      let hash = ByteDictionary.hash(rows.base + Int(rows.starts[index]), Int(rows.lengths[index]))
      blockHashes[place] = hash
      daybook_prefetch(slots + (Int(truncatingIfNeeded: hash) & mask))
    }
    for place in 0..<present {
      let index = Int(blockRows[place])
      output[place] = code(
        of: rows.base + Int(rows.starts[index]), count: Int(rows.lengths[index]),
        hash: blockHashes[place])
    }
  }
}
