import Events

// Rendered rows of one actor as a kept state holds them, all lengths 8 bytes:
//
//   byte count of the entry · byte count of the actor · a time · the actor
//   each row: the first and the last horizon at which it reads so · started at · outcome, level,
//   whether it is abridged, five bytes · byte counts of its renderings, one a format · the
//   renderings
//
// From the time on, rows that started then, it tells instead of earlier runs; what started before
// they tell. Orphans are rows of an outcome of their own, without text, their number in the last
// four of the five bytes. Those between two rows of an actor are one, that started with the first.
//
// A row that only the horizon will change is there once for each of the ways it will read: the last
// of these, then the others, abridged as `AbridgedText` tells. An actor without rows and orphans
// stands there to say that what earlier runs tell of it is over. Of an actor with very many rows
// there are several entries, one after the other.

/// Places in an entry of kept rows.
enum KeptEntry {
  static let firstOffset = 16
  static let actorOffset = 24
  /// The outcome of what stands for orphans.
  static let orphans: UInt8 = 0xff
  static let rowHeaderByteCount = 32
  static let abridgedOffset = 26
}

/// Walks partitions and renders entries of kept rows.
final class KeptRowWorker: RowWorker {
  private var index = PartitionIndex()
  private var walk: ActorWalk
  private var ndjson = NDJSONRows()
  private var csv = CSVRows()
  private let formats: [SequenceOutput.Format]
  private let links: ResolvedLinks
  private let part: KeptPart
  /// The ways that a row reads before the last one, while that is not known, and where each begins.
  private let earlier = RowBuffer(columns: nil)
  private var earlierStarts: [Int] = []
  let counts = SequenceCounts()

  init(
    formats: [SequenceOutput.Format], options: SequenceOptions, links: ResolvedLinks,
    part: KeptPart
  ) {
    self.formats = formats
    self.links = links
    self.part = part
    walk = ActorWalk(options: options, links: links)
  }

  func run(
    _ partition: Int, of store: PartitionStore, into part: RowPart,
    whenLarge: (RowPart) throws -> Void
  ) throws {
    let buffer = part.buffers[0]
    var next = firstActor(of: partition, store)
    try index.forEachActor(of: partition, in: store, links.shared) { actor, entries, base in
      markAbsent(next..<actor, buffer)
      next = actor + 1
      walk.walk(actor, links.actor(actor), entries, base: base)
      walk.finish()
      self.part.add(actor, walk)
      if walk.rowOrder.isEmpty && walk.orphanTimes.isEmpty {
        return markAbsent(actor..<next, buffer)
      }
      var start = begin(actor, buffer)
      if !walk.orphanTimes.isEmpty { writeOrphans(buffer) }
      for row in walk.rowOrder.buffer {
        writeVersions(of: row, buffer)
        if buffer.byteCount > Limits.largePartByteCount {
          end(start, buffer)
          try whenLarge(part)
          start = begin(actor, buffer)
        }
      }
      end(start, buffer)
    }
    markAbsent(next..<firstActor(of: partition + 1, store), buffer)
  }

  /// The first actor of a partition, by the partitioner's rule.
  private func firstActor(of partition: Int, _ store: PartitionStore) -> UInt32 {
    let count = store.partitionCount
    return UInt32((partition * links.actorCount + count - 1) / count)
  }

  private func markAbsent(_ actors: Range<UInt32>, _ buffer: RowBuffer) {
    for actor in actors where part.marksAbsent[Int(part.localOfActor[Int(actor)])] {
      end(begin(actor, buffer), buffer)
    }
  }

  private func begin(_ actor: UInt32, _ buffer: RowBuffer) -> Int {
    let first = part.firsts[Int(part.localOfActor[Int(actor)])]
    let name = links.actor(actor).text
    let letter = links.actor(actor).letter
    let start = buffer.bytes.count
    buffer.bytes.write { out in
      out.reserve(KeptEntry.actorOffset + 2 + name.count)
      out.put(raw: Int64(0))
      out.put(raw: Int64(name.count + 2))
      out.put(raw: first)
      out.put(letter)
      out.put(UInt8(ascii: ":"))
      if let text = name.baseAddress {
        out.put(exact: text.assumingMemoryBound(to: UInt8.self), name.count)
      }
    }
    return start
  }

  private func end(_ start: Int, _ buffer: RowBuffer) {
    UnsafeMutableRawPointer(buffer.bytes.base + start)
      .storeBytes(of: Int64(buffer.bytes.count - start), as: Int64.self)
  }

  private func writeOrphans(_ buffer: RowBuffer) {
    let times = Array(walk.orphanTimes.buffer).sorted()
    var (first, next) = (0, 0)
    for (index, time) in times.enumerated() {
      var startsAnew = false
      while next < walk.sequences.count && walk.sequences[next].startedAt <= time {
        next += 1
        startsAnew = true
      }
      if startsAnew && index > first {
        writeOrphans(index - first, from: times[first], buffer)
        first = index
      }
    }
    writeOrphans(times.count - first, from: times[first], buffer)
  }

  private func writeOrphans(_ count: Int, from time: Int64, _ buffer: RowBuffer) {
    buffer.bytes.write { out in
      out.reserve(KeptEntry.rowHeaderByteCount + 8 * formats.count)
      out.put(raw: Int64.min)
      out.put(raw: Int64.max)
      out.put(raw: time)
      out.put(KeptEntry.orphans)
      for _ in 0..<3 { out.put(0) }
      out.put(raw: UInt32(clamping: count))
      for _ in formats { out.put(raw: Int64(0)) }
    }
  }

  private func writeVersions(of row: Int, _ buffer: RowBuffer) {
    var first = Int64.min
    earlier.bytes.count = 0
    earlierStarts.removeAll(keepingCapacity: true)
    while let change = walk.nextChange(of: row) {
      earlierStarts.append(earlier.bytes.count)
      write(row, from: first, through: change - 1, earlier)
      walk.change(row, at: change)
      first = change
    }
    let full = buffer.bytes.count
    write(row, from: first, through: Int64.max, buffer)
    for start in earlierStarts { abridge(start, beside: full, buffer) }
  }

  /// Adds one of the earlier ways, which begins at `start`, as what it does not share with the last
  /// one, which begins at `full`.
  private func abridge(_ start: Int, beside full: Int, _ buffer: RowBuffer) {
    let header = KeptEntry.rowHeaderByteCount + 8 * formats.count
    let row = buffer.bytes.count
    buffer.bytes.reserve(header)
    buffer.bytes.put(UnsafePointer(earlier.bytes.base + start), header)
    buffer.bytes.base[row + KeptEntry.abridgedOffset] = 1
    var texts = (earlier: start + header, full: full + header)
    for format in formats.indices {
      let field = KeptEntry.rowHeaderByteCount + 8 * format
      let counts = (
        earlier: earlier.bytes.bytes.loadUnaligned(fromByteOffset: start + field, as: Int.self),
        full: buffer.bytes.bytes.loadUnaligned(fromByteOffset: full + field, as: Int.self)
      )
      // Room for all of it: the full text lies in the same buffer, which is not to move.
      buffer.bytes.reserve(counts.earlier + 64)
      let place = buffer.bytes.count
      AbridgedText(
        UnsafeRawBufferPointer(start: earlier.bytes.base + texts.earlier, count: counts.earlier),
        beside: UnsafeRawBufferPointer(start: buffer.bytes.base + texts.full, count: counts.full)
      ).write(to: &buffer.bytes)
      UnsafeMutableRawPointer(buffer.bytes.base + row + field)
        .storeBytes(of: buffer.bytes.count - place, as: Int.self)
      texts = (texts.earlier + counts.earlier, texts.full + counts.full)
    }
  }

  private func write(_ row: Int, from first: Int64, through last: Int64, _ buffer: RowBuffer) {
    let sequence = walk.sequences[row]
    buffer.bytes.write { out in
      out.reserve(KeptEntry.rowHeaderByteCount + 8 * formats.count)
      out.put(raw: first)
      out.put(raw: last)
      out.put(raw: sequence.startedAt)
      out.put(sequence.outcome.rawValue)
      out.put(sequence.level.rawValue)
      for _ in 0..<6 { out.put(0) }
      for _ in formats { out.put(raw: Int64(0)) }
    }
    var place = buffer.bytes.count - 8 * formats.count
    for format in formats {
      let start = buffer.bytes.count
      switch format {
      case .ndjson: ndjson.write(row, of: walk, to: &buffer.bytes)
      case .csv: csv.writeSequence(row, of: walk, to: &buffer.bytes)
      case .stepsCSV: csv.writeSteps(row, of: walk, to: &buffer.bytes)
      case .parquet: break
      }
      UnsafeMutableRawPointer(buffer.bytes.base + place)
        .storeBytes(of: Int64(buffer.bytes.count - start), as: Int64.self)
      place += 8
    }
  }
}
