import Bytes
import Files

/// Reads the entries of one run of kept rows, in order.
final class KeptRowReader {
  private let extents: [RowExtent]
  private let open: (UInt32) throws -> any InputFile
  private var extent = -1
  private var file: (any InputFile)?
  /// What of the extent was read so far, and its checksum.
  private var readCount: Int64 = 0
  private var checksum: UInt32 = 0
  private var buffer = OutputBytes(capacity: Limits.keptReadByteCount)
  private var place = 0
  private var byteCount = 0

  /// - Parameter open: gives the file of rows with a number.
  init(_ extents: [RowExtent], open: @escaping (UInt32) throws -> any InputFile) {
    self.extents = extents
    self.open = open
  }

  /// The entry at hand, until the next `advance`.
  var entry: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: buffer.base + place, count: byteCount)
  }

  var actor: UnsafeRawBufferPointer {
    let count = Int(entry.loadUnaligned(fromByteOffset: 8, as: Int64.self))
    return UnsafeRawBufferPointer(
      rebasing: entry[KeptEntry.actorOffset..<KeptEntry.actorOffset + count])
  }

  var hasEntry: Bool { byteCount > 0 }

  /// The time from which on this run tells of the actor.
  var first: Int64 {
    entry.loadUnaligned(fromByteOffset: KeptEntry.firstOffset, as: Int64.self)
  }

  /// Goes on to the next entry; false at the end.
  func advance() throws -> Bool {
    place += byteCount
    byteCount = 0
    while try fill(8) == false {
      if buffer.count > place { throw damaged() }
      guard try beginExtent() else { return false }
    }
    let size = UnsafeRawPointer(buffer.base + place).loadUnaligned(as: Int64.self)
    guard size >= KeptEntry.actorOffset, size <= Int64(UInt32.max) * 8, try fill(Int(size)) else {
      throw damaged()
    }
    let actorByteCount = UnsafeRawPointer(buffer.base + place)
      .loadUnaligned(fromByteOffset: 8, as: Int64.self)
    guard actorByteCount >= 2, actorByteCount <= size - Int64(KeptEntry.actorOffset) else {
      throw damaged()
    }
    byteCount = Int(size)
    return true
  }

  private func damaged() -> KeptStateUnusable {
    KeptStateUnusable("its rows are damaged")
  }

  private func beginExtent() throws -> Bool {
    extent += 1
    guard extent < extents.count else { return false }
    file = try open(extents[extent].file)
    readCount = 0
    checksum = 0
    return true
  }

  /// Has `count` bytes from `place` on at hand; false where the extent ends before.
  private func fill(_ count: Int) throws -> Bool {
    let have = buffer.count - place
    if have >= count { return true }
    guard extent >= 0, extent < extents.count, let file else { return false }
    let left = extents[extent].byteCount - readCount
    guard Int64(count - have) <= left else { return false }
    buffer.base.update(from: buffer.base + place, count: have)
    buffer.count = have
    place = 0
    let wanted = Int(min(left, Int64(max(count - have, Limits.keptReadByteCount - have))))
    buffer.reserve(wanted)
    let target = UnsafeMutableRawBufferPointer(start: buffer.base + have, count: wanted)
    try file.read(into: target, at: Int(extents[extent].start + readCount))
    checksum = crc32C(UnsafeRawBufferPointer(target), continuing: checksum)
    readCount += Int64(wanted)
    buffer.count += wanted
    if readCount == extents[extent].byteCount && checksum != extents[extent].checksum {
      throw damaged()
    }
    return true
  }
}

/// Goes through several runs of kept rows side by side, in the order of actors.
struct KeptRowMerge {
  private var readers: [KeptRowReader]
  /// A heap of runs that have an entry: the least actor first, of equal ones the newest run.
  private var heap: [Int] = []

  init(_ readers: [KeptRowReader]) throws {
    self.readers = readers
    for index in readers.indices where try readers[index].advance() { push(index) }
  }

  /// Hands over the entries that count: actor by actor, what older runs tell first, each with the
  /// time from which on newer runs tell instead.
  mutating func forEachEntry(
    _ body: (_ entry: UnsafeRawBufferPointer, _ end: Int64) throws -> Void
  ) throws {
    var tellers: [(run: Int, end: Int64)] = []
    while let first = heap.first {
      // Most actors are in one run.
      tellers.removeAll(keepingCapacity: true)
      var end = Int64.max
      repeat {
        tellers.append((heap[0], end))
        end = min(end, readers[heap[0]].first)
        pop()
      } while heap.first.map { isActor(of: first, $0) } ?? false
      for teller in tellers.dropFirst().reversed() { try tell(teller, as: first, body) }
      try tellLast(tellers[0], body)
      for teller in tellers where readers[teller.run].hasEntry { push(teller.run) }
    }
  }

  /// Hands over all entries of one run that are of the actor which run `leader` is at.
  private func tell(
    _ teller: (run: Int, end: Int64), as leader: Int,
    _ body: (UnsafeRawBufferPointer, Int64) throws -> Void
  ) throws {
    let reader = readers[teller.run]
    repeat {
      if teller.end > Int64.min { try body(reader.entry, teller.end) }
    } while try reader.advance() && isActor(of: leader, teller.run)
  }

  /// The same for the newest run, whose next entry is compared with a copy of the actor.
  private func tellLast(
    _ teller: (run: Int, end: Int64), _ body: (UnsafeRawBufferPointer, Int64) throws -> Void
  ) throws {
    let reader = readers[teller.run]
    let actor = Array(reader.actor)
    repeat {
      try body(reader.entry, teller.end)
    } while try reader.advance() && actor.withUnsafeBytes { equalBytes($0, reader.actor) }
  }

  private func isActor(of leader: Int, _ run: Int) -> Bool {
    equalBytes(readers[leader].actor, readers[run].actor)
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let order = compareBytes(readers[left].actor, readers[right].actor)
    return order != 0 ? order < 0 : left > right
  }

  private mutating func push(_ run: Int) {
    heap.append(run)
    var place = heap.count - 1
    while place > 0, precedes(heap[place], heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func pop() {
    let last = heap.removeLast()
    if heap.isEmpty { return }
    heap[0] = last
    var place = 0
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
      if !precedes(heap[child], heap[place]) { return }
      heap.swapAt(place, child)
      place = child
    }
  }
}

/// One row of an entry, in one of the ways it reads.
struct KeptRow {
  var first: Int64
  var last: Int64
  var startedAt: Int64
  var outcome: Outcome
  var level: Level
  /// How many orphans it stands for, where it is no row.
  var orphanCount: Int
  /// The row with its header.
  var whole: UnsafeRawBufferPointer
  /// Where its renderings begin in `whole`; they end one after the other.
  var textOffset: Int
  /// Where it is abridged: the row in full that it stands beside.
  var full: UnsafeRawBufferPointer?

  /// Hands over the parts of a rendering.
  ///
  /// - Errors: `KeptStateUnusable` where there is none.
  func forEachPart(
    ofFormat place: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let text = KeptRow.text(place, of: whole, from: textOffset)
    guard let full else { return try body(text) }
    try AbridgedText(reading: text, beside: KeptRow.text(place, of: full, from: textOffset))
      .forEachPart(body)
  }

  private static func text(
    _ place: Int, of whole: UnsafeRawBufferPointer, from textOffset: Int
  ) -> UnsafeRawBufferPointer {
    func byteCount(_ format: Int) -> Int {
      whole.loadUnaligned(
        fromByteOffset: KeptEntry.rowHeaderByteCount + 8 * format, as: Int.self)
    }
    let start = (0..<place).reduce(textOffset) { $0 + byteCount($1) }
    return UnsafeRawBufferPointer(rebasing: whole[start..<start + byteCount(place)])
  }

  /// Hands over the rows of an entry.
  ///
  /// - Errors: `KeptStateUnusable` where the entry is none.
  static func forEach(
    in entry: UnsafeRawBufferPointer, formatCount: Int, _ body: (KeptRow) throws -> Void
  ) throws {
    let damaged = KeptStateUnusable("its rows are damaged")
    let header = KeptEntry.rowHeaderByteCount + 8 * formatCount
    var place =
      KeptEntry.actorOffset + Int(entry.loadUnaligned(fromByteOffset: 8, as: Int64.self))
    var full: UnsafeRawBufferPointer?
    while place < entry.count {
      guard entry.count - place >= header else { throw damaged }
      var count = header
      for format in 0..<formatCount {
        let length = entry.loadUnaligned(
          fromByteOffset: place + KeptEntry.rowHeaderByteCount + 8 * format, as: Int64.self)
        guard length >= 0, length <= Int64(entry.count - place - count) else { throw damaged }
        count += Int(length)
      }
      let code = entry[place + 24]
      let isRow = code != KeptEntry.orphans
      let whole = UnsafeRawBufferPointer(rebasing: entry[place..<place + count])
      let isAbridged = whole[KeptEntry.abridgedOffset] != 0
      if !isAbridged { full = whole }
      guard let outcome = isRow ? Outcome(rawValue: code) : .open,
        let level = Level(rawValue: entry[place + 25]), let full
      else { throw damaged }
      try body(
        KeptRow(
          first: entry.loadUnaligned(fromByteOffset: place, as: Int64.self),
          last: entry.loadUnaligned(fromByteOffset: place + 8, as: Int64.self),
          startedAt: entry.loadUnaligned(fromByteOffset: place + 16, as: Int64.self),
          outcome: outcome, level: level,
          orphanCount: isRow
            ? 0 : Int(entry.loadUnaligned(fromByteOffset: place + 28, as: UInt32.self)),
          whole: whole, textOffset: header, full: isAbridged ? full : nil))
      place += count
    }
  }
}
