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

  /// Hands over the entries that count.
  mutating func forEachEntry(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var actor: [UInt8] = []
    while let first = heap.first {
      let reader = readers[first]
      actor.removeAll(keepingCapacity: true)
      actor.append(contentsOf: reader.actor)
      try body(reader.entry)
      // The rest of this actor: more of the same run, and what older runs say.
      try advanceFirst()
      while let next = heap.first, isActor(actor, of: next) {
        if next == first { try body(readers[next].entry) }
        try advanceFirst()
      }
    }
  }

  private func isActor(_ actor: [UInt8], of run: Int) -> Bool {
    actor.withUnsafeBytes { equalBytes($0, readers[run].actor) }
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

  private mutating func advanceFirst() throws {
    if try !readers[heap[0]].advance() {
      let last = heap.removeLast()
      if heap.isEmpty { return }
      heap[0] = last
    }
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
  /// The row with its header.
  var whole: UnsafeRawBufferPointer
  /// Where its renderings begin in `whole`; they end one after the other.
  var textOffset: Int

  func byteCount(ofFormat place: Int) -> Int {
    Int(
      whole.loadUnaligned(
        fromByteOffset: KeptEntry.rowHeaderByteCount + 8 * place, as: Int64.self))
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
    while place < entry.count {
      guard entry.count - place >= header else { throw damaged }
      var count = header
      for format in 0..<formatCount {
        let length = entry.loadUnaligned(
          fromByteOffset: place + KeptEntry.rowHeaderByteCount + 8 * format, as: Int64.self)
        guard length >= 0, length <= Int64(entry.count - place - count) else { throw damaged }
        count += Int(length)
      }
      guard let outcome = Outcome(rawValue: entry[place + 24]),
        let level = Level(rawValue: entry[place + 25])
      else { throw damaged }
      try body(
        KeptRow(
          first: entry.loadUnaligned(fromByteOffset: place, as: Int64.self),
          last: entry.loadUnaligned(fromByteOffset: place + 8, as: Int64.self),
          startedAt: entry.loadUnaligned(fromByteOffset: place + 16, as: Int64.self),
          outcome: outcome, level: level,
          whole: UnsafeRawBufferPointer(rebasing: entry[place..<place + count]),
          textOffset: header))
      place += count
    }
  }
}
