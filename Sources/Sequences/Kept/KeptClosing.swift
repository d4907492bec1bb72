import Bytes

/// Decides, once a batch is walked, what of each component is past now, and writes its new events.
struct KeptClosing: ~Copyable {
  private let update: KeptUpdate
  private let part: KeptPart
  /// Times of rows without actor, by place of their component.
  private var unattributed: [Int: [Int64]] = [:]
  private var bytes = OutputBytes(capacity: 64 << 10)

  /// - Parameter unattributed: numbers of rows without actor.
  init(
    _ update: KeptUpdate, _ events: borrowing KeptBatchEvents, _ part: KeptPart,
    _ unattributed: [Int]
  ) {
    self.update = update
    self.part = part
    for row in unattributed {
      self.unattributed[Int(events.locals[row]), default: []].append(events.times[row])
    }
  }

  /// What becomes of each component of the batch; new chunks are written.
  mutating func results(_ events: borrowing KeptBatchEvents) throws -> [KeptComponentResult] {
    var results: [KeptComponentResult] = []
    for local in events.roots.indices { results.append(result(local, events)) }
    let start = try update.eventFile.append(bytes.bytes)
    for result in results.indices {
      for chunk in results[result].chunks.indices { results[result].chunks[chunk].start += start }
    }
    return results
  }

  private mutating func result(
    _ local: Int, _ events: borrowing KeptBatchEvents
  ) -> KeptComponentResult {
    let old = update.facts(events.roots[local])
    var result = KeptComponentResult(root: events.roots[local], facts: ComponentFacts())
    result.facts.rowCount = old.rowCount
    switch events.cuts[local] {
    case .whole:
      if old.closedRowCount > 0 { result.oldChunks = .open }
    case .open:
      result.facts.closedRowCount = old.closedRowCount
      result.facts.closedUnattributedCount = old.closedUnattributedCount
      result.facts.closedThrough = old.closedThrough
      result.facts.names = old.names
    case .new:
      result.facts.closedRowCount = old.oldRowCount
      result.facts.closedUnattributedCount = old.unattributedCount
      result.facts.closedThrough = old.settledAt
      result.facts.names = old.names
      result.oldChunks = .close
    }
    result.names = part.names[local]
    let nameless = unattributed[local] ?? []
    result.facts.unattributedCount =
      result.facts.closedUnattributedCount + UInt32(truncatingIfNeeded: nameless.count)
    let records = events.records(of: local)
    if part.isPlain[local] {
      result.facts.flags = .isPlain
      result.facts.settledAt = max(result.facts.closedThrough, part.settledAt[local])
      if let moment = moment(part.breaks[local], records) {
        close(moment, records, events.cuts[local], nameless, &result)
        return result
      }
    }
    let new = UnsafeRawBufferPointer(rebasing: records[..<events.newByteCounts[local]])
    result.chunks = [write(new, isClosed: false)]
    return result
  }

  /// Adds a chunk; where it begins is told without the place of all of them in the file.
  private mutating func write(_ part: UnsafeRawBufferPointer, isClosed: Bool) -> EventChunk {
    let start = bytes.count
    if let base = part.baseAddress {
      bytes.reserve(part.count)
      bytes.put(base.assumingMemoryBound(to: UInt8.self), part.count)
    }
    return EventChunk(
      file: update.eventFile.number, start: Int64(start), byteCount: Int64(part.count),
      checksum: crc32C(part), isClosed: isClosed)
  }

  /// The first of some moments with no order and no cart on both sides.
  private func moment(
    _ breaks: [WalkBreak], _ records: UnsafeRawBufferPointer
  ) -> WalkBreak? {
    if breaks.isEmpty { return nil }
    var links: [KeptEventLinks] = []
    KeptEventLinks.forEach(in: records) { event, _ in links.append(event) }
    return breaks.first { moment in
      var before: Set<UInt64> = []
      for event in links where event.time < moment.start {
        if let cart = event.cart { before.insert(cart) }
        if let order = event.order { before.insert(order) }
      }
      return !links.contains { event in
        event.time >= moment.start
          && ((event.cart.map { before.contains($0) } ?? false)
            || (event.order.map { before.contains($0) } ?? false))
      }
    }
  }

  /// Parts a component's events into those of the past and the others.
  private mutating func close(
    _ moment: WalkBreak, _ records: UnsafeRawBufferPointer, _ cut: KeptCut, _ nameless: [Int64],
    _ result: inout KeptComponentResult
  ) {
    var closed = OutputBytes(capacity: records.count)
    var open = OutputBytes(capacity: records.count)
    var rowCount: UInt32 = 0
    KeptEventLinks.forEach(in: records) { event, record in
      guard let start = record.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      if event.time < moment.start {
        closed.reserve(record.count)
        closed.put(start, record.count)
        rowCount += 1
      } else {
        open.reserve(record.count)
        open.put(start, record.count)
      }
    }
    result.facts.closedRowCount += rowCount
    result.facts.closedUnattributedCount += UInt32(
      truncatingIfNeeded: nameless.reduce(0) { $0 + ($1 < moment.start ? 1 : 0) })
    result.facts.closedThrough = max(result.facts.closedThrough, moment.settledAt)
    switch cut {
    case .whole: result.oldChunks = .drop
    case .open: result.oldChunks = .keepClosed
    case .new: result.oldChunks = .close
    }
    result.chunks = [write(closed.bytes, isClosed: true), write(open.bytes, isClosed: false)]
  }
}
