import CKernels
import CZstd

/// One pass over a page of JSON messages that writes down which bytes repeat earlier ones.
///
/// Messages are near copies of earlier ones with other values. The walk therefore looks for matches
/// only where they can begin: where a value starts (a name, an id or an article that was told
/// before, usually with the fields that follow it) and at the first quote behind a value that
/// differs (where the copy goes on). Values in between stay literals, which is what random ids are.
///
/// A match that begins at a value reaches back as well, and replaces what was found before it: the
/// last message of the same visitor is a better model than the last message of any.
///
/// - Shape: a plain value, so that a pass keeps it in registers; its memory is lent by
///   `MessageMatchFinder`.
struct MessageMatchWalk {
  struct Match {
    var start: Int
    var end: Int
    var distance: Int
  }

  /// Bytes of the largest block that a zstd frame may have.
  static let blockByteCount = 1 << 17
  static let windowByteCount = 1 << 14
  static let valueSlotBits: UInt64 = 14
  static let keySlotBits: UInt64 = 10
  /// Bytes at the end that are never looked at as the start of a match, so that wide loads stay
  /// inside the page.
  static let tailByteCount = 32
  /// Shortest part of a match that stays when a later one takes over its end.
  private static let keptByteCount = 4
  /// Longest way back of a match; it bounds the work on bytes made to be slow.
  private static let backByteCount = 256

  let bytes: UnsafePointer<UInt8>
  let count: Int
  let end: Int
  /// Where the value of a slot was last met; 0 is nowhere. Remembering two places made messages
  /// 2 % smaller and took 12 % longer: docs/performance.md.
  let values: UnsafeMutablePointer<UInt32>
  /// The same for keys: the last is nearly always the best.
  let keys: UnsafeMutablePointer<UInt32>
  /// Where values start in the window that ends at `windowEnd`, ended by `UInt32.max`.
  let starts: UnsafeMutablePointer<UInt32>
  /// The slot in `values` of each of `starts`.
  let slots: UnsafeMutablePointer<UInt32>
  let sequences: UnsafeMutablePointer<ZSTD_Sequence>
  let capacity: Int

  var sequenceCount = 0
  var isFull = false
  private var nextStart = 0
  private var windowEnd: Int
  private var position: Int
  private var blockStart: Int
  private var literalStart: Int
  private var matchStart: Int
  private var distance = 0

  init(
    bytes: UnsafePointer<UInt8>, count: Int, bodyStart: Int,
    values: UnsafeMutablePointer<UInt32>, keys: UnsafeMutablePointer<UInt32>,
    starts: UnsafeMutablePointer<UInt32>, slots: UnsafeMutablePointer<UInt32>,
    sequences: UnsafeMutablePointer<ZSTD_Sequence>, capacity: Int
  ) {
    self.bytes = bytes
    self.count = count
    self.values = values
    self.keys = keys
    self.starts = starts
    self.slots = slots
    self.sequences = sequences
    self.capacity = capacity
    end = count - MessageMatchWalk.tailByteCount
    position = bodyStart
    windowEnd = bodyStart
    blockStart = 0
    literalStart = 0
    matchStart = 0
    starts[0] = .max
    if bodyStart > 0 { closeLiterals(upTo: bodyStart) }
  }

  /// Walks to the end; `isFull` tells that there were too many short matches to be worth it.
  mutating func run() {
    while position < end, !isFull {
      let quote = Int(daybook_next_quote(bytes, position, end))
      if let match = valueMatch(quote: quote) {
        giveWay(to: match.start)
        put(match)
      } else if quote >= end {
        break
      } else if let match = resumedMatch(at: quote) {
        put(match)
      } else {
        position = quote + 1
      }
    }
    if literalStart > blockStart, count - blockStart > MessageMatchWalk.blockByteCount {
      append(literals: 0, matched: 0, distance: 0)
      blockStart = literalStart
    }
    closeLiterals(upTo: count)
  }

  // MARK: Candidates

  /// Enters all values up to the position; a match for the last one, if it is worth its price.
  @inline(__always)
  private mutating func valueMatch(quote: Int) -> Match? {
    var start = -1  // below any block's start: none
    var earlier: UInt32 = 0
    while true {
      while Int(starts[nextStart]) <= position {
        start = Int(starts[nextStart])
        let slot = values + Int(slots[nextStart])
        nextStart &+= 1
        earlier = slot.pointee
        slot.pointee = UInt32(truncatingIfNeeded: start)
      }
      if position < windowEnd || windowEnd >= end { break }
      listStarts()
    }
    let source = Int(earlier)
    guard start >= blockStart, source != 0, position &- start <= 32, word(source) == word(start)
    else { return nil }
    let distance = start &- source
    let matchEnd = endOfMatch(start, distance)
    guard matchEnd > position &+ 1 else { return nil }
    let lowest = max(blockStart, start &- MessageMatchWalk.backByteCount)
    let matchStart = Int(daybook_match_start(bytes, start, distance, lowest))
    guard isWorth(matchEnd, distance, quote, replacing: matchStart <= self.matchStart) else {
      return nil
    }
    return Match(start: matchStart, end: matchEnd, distance: distance)
  }

  /// Whether a match for a value costs fewer bits than its bytes as literals; tenths of a bit.
  ///
  /// Bytes behind the value would have been found otherwise; they count little.
  @inline(__always)
  private func isWorth(
    _ matchEnd: Int, _ distance: Int, _ quote: Int, replacing: Bool
  ) -> Bool {
    let saved =
      matchEnd > quote
      ? (quote &- position) &* 45 &+ min(matchEnd &- quote, 64) &* 3
      : (matchEnd &- position) &* 45
    let price = (replacing ? 0 : 120) &+ 10 &* (63 &- distance.leadingZeroBitCount)
    // A long match is always taken: comparing so much for nothing could be made to happen often.
    return saved > price || matchEnd &- position >= 256
  }

  /// A match from the quote behind a value that differs: at the same distance as before if it goes
  /// on there, else where the same key was last met.
  @inline(__always)
  private mutating func resumedMatch(at quote: Int) -> Match? {
    let head = word(quote)
    let slot = keys + keySlot(head)
    let earlier = Int(slot.pointee)
    slot.pointee = UInt32(truncatingIfNeeded: quote)
    var chosen = distance
    if distance == 0 || quote <= distance || word(quote &- distance) != head {
      guard earlier != 0, (word(earlier) ^ head) << 16 == 0 else { return nil }
      chosen = quote &- earlier
    }
    let matchEnd = endOfMatch(quote, chosen)
    var start = quote
    let lowest = max(literalStart, chosen)
    while start > lowest, bytes[start &- 1] == bytes[start &- 1 &- chosen] { start &-= 1 }
    return Match(start: start, end: matchEnd, distance: chosen)
  }

  /// Lists the values of the next window, and asks for the places where each was last met: a page
  /// is larger than the nearest caches, and the walk would wait for one place after the other.
  @inline(never)
  private mutating func listStarts() {
    let windowStart = windowEnd
    windowEnd = min(end, windowStart + MessageMatchWalk.windowByteCount)
    let found = Int(daybook_value_starts(bytes, windowStart, windowEnd, starts))
    starts[found] = .max
    nextStart = 0
    for index in 0..<found {
      let slot = valueSlot(Int(starts[index]))
      slots[index] = UInt32(truncatingIfNeeded: slot)
      daybook_prefetch(bytes + Int(values[slot]))
    }
  }

  // MARK: Sequences

  /// Shortens or drops earlier matches that reach beyond `start`.
  @inline(__always)
  private mutating func giveWay(to start: Int) {
    while start < literalStart {
      if start >= matchStart &+ MessageMatchWalk.keptByteCount {
        sequences[sequenceCount &- 1].matchLength = UInt32(
          truncatingIfNeeded: start &- matchStart)
        literalStart = start
        return
      }
      sequenceCount &-= 1
      literalStart = matchStart &- Int(sequences[sequenceCount].litLength)
      // Of a block's first match nothing is left before it: the block starts at its literals.
      matchStart =
        literalStart == blockStart
        ? blockStart : literalStart &- Int(sequences[sequenceCount &- 1].matchLength)
    }
  }

  @inline(__always)
  private mutating func put(_ match: Match) {
    var match = match
    if match.end &- blockStart > MessageMatchWalk.blockByteCount { split(&match) }
    append(
      literals: match.start &- literalStart, matched: match.end &- match.start,
      distance: match.distance)
    matchStart = match.start
    literalStart = match.end
    position = match.end
    distance = match.distance
  }

  /// Ends the block before a match that does not fit, and cuts what is longer than a block.
  @inline(never)
  private mutating func split(_ match: inout Match) {
    let limit = MessageMatchWalk.blockByteCount
    if literalStart > blockStart { append(literals: 0, matched: 0, distance: 0) }
    while match.start - literalStart >= limit {
      append(literals: limit, matched: 0, distance: 0)
      literalStart += limit
    }
    while match.end - literalStart > limit {
      let literals = match.start - literalStart
      var piece = limit - literals
      if match.end - match.start - piece < 3 { piece -= 3 }
      if piece < 3 {
        append(literals: literals, matched: 0, distance: 0)
      } else {
        append(literals: literals, matched: piece, distance: match.distance)
        append(literals: 0, matched: 0, distance: 0)
        match.start += piece
      }
      literalStart = match.start
    }
    blockStart = literalStart
  }

  /// Ends blocks that hold nothing but literals after their last match.
  private mutating func closeLiterals(upTo boundary: Int) {
    repeat {
      let literals = min(boundary - literalStart, MessageMatchWalk.blockByteCount)
      append(literals: literals, matched: 0, distance: 0)
      literalStart += literals
    } while literalStart < boundary
    blockStart = literalStart
    matchStart = literalStart
  }

  @inline(__always)
  private mutating func append(literals: Int, matched: Int, distance: Int) {
    guard sequenceCount < capacity else {
      isFull = true
      return
    }
    sequences[sequenceCount] = ZSTD_Sequence(
      offset: UInt32(truncatingIfNeeded: distance), litLength: UInt32(truncatingIfNeeded: literals),
      matchLength: UInt32(truncatingIfNeeded: matched), rep: 0)
    sequenceCount &+= 1
  }

  // MARK: Bytes

  @inline(__always)
  private func endOfMatch(_ position: Int, _ distance: Int) -> Int {
    Int(daybook_match_end(bytes, position, distance, count))
  }

  @inline(__always)
  private func word(_ position: Int) -> UInt64 {
    UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self).littleEndian
  }

  /// Slot of the twelve bytes that a value starts with.
  @inline(__always)
  private func valueSlot(_ position: Int) -> Int {
    let tail = UnsafeRawPointer(bytes + position + 8).loadUnaligned(as: UInt32.self).littleEndian
    var hash = word(position) &* 0x9e37_79b1_85eb_ca87
    hash ^= hash >> 29
    hash = (hash &+ UInt64(tail)) &* 0xc2b2_ae3d_27d4_eb4f
    return Int(hash >> (64 - MessageMatchWalk.valueSlotBits))
  }

  /// Slot of the six bytes behind a value: `","item`.
  @inline(__always)
  private func keySlot(_ head: UInt64) -> Int {
    let hash = (head << 16) &* 0x9e37_79b1_85eb_ca87
    return Int(hash >> (64 - MessageMatchWalk.keySlotBits))
  }
}
