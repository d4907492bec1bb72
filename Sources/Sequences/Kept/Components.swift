/// What is known of a component: ids that hang together, because an event names both or through
/// others.
struct ComponentFacts {
  /// Rows of the ledger that name its ids, those that are new in this update among them.
  var rowCount: UInt32 = 0
  var newRowCount: UInt32 = 0
  /// Rows of its closed past.
  var closedRowCount: UInt32 = 0
  /// Rows without actor, those of the closed past among them.
  var unattributedCount: UInt32 = 0
  var closedUnattributedCount: UInt32 = 0
  /// A chain of chunks of events, or -1.
  var firstChunk: Int32 = -1
  var lastChunk: Int32 = -1
  /// Where its names lie, or -1: a customer, and all visitors, each of whom is that customer.
  var names: Int32 = -1
  var flags: ComponentFlags = []
  /// An event after this time leaves the closed past as it is, one after `settledAt` all rows that
  /// there are; see `KeptCut`.
  var closedThrough = Int64.min
  var settledAt = Int64.max
  /// The earliest time of its new rows.
  var earliestNew = Int64.max
}

/// What is so of a component or not.
struct ComponentFlags: OptionSet {
  let rawValue: UInt8
  /// No event names a customer, or all name the one that all its visitors are.
  static let isPlain = ComponentFlags(rawValue: 1)
  /// In this update: two that had rows became one.
  static let isUnited = ComponentFlags(rawValue: 2)
  /// In this update: a new row names an order or a cart that there was.
  static let namesOld = ComponentFlags(rawValue: 4)
}

/// Where events of a component lie in a file of events.
struct EventChunk {
  var file: UInt32
  var start: Int64
  var byteCount: Int64
  var checksum: UInt32
  /// Whether its events are of the closed past.
  var isClosed = false
  /// The component's next chunk, or -1.
  var next: Int32 = -1
}

/// Ids by component: a union of sets over hashes of ids.
///
/// Ids whose 64-bit hashes are equal come into one component, which is harmless: a component may
/// be larger than it need be, never smaller.
/// - Cost: 12 bytes an id at a load of at most three quarters, 68 a component, and names.
struct Components: ~Copyable {
  private var tags: UnsafeMutablePointer<UInt64>
  private var codes: UnsafeMutablePointer<UInt32>
  private var mask: Int
  private(set) var idCount = 0
  private var parents = GrowingBuffer<UInt32>()
  private(set) var facts = GrowingBuffer<ComponentFacts>()
  private(set) var chunks = GrowingBuffer<EventChunk>()
  private(set) var names = OutputBytes(capacity: 1 << 10)
  /// Chunks that are in a chain, and their bytes.
  private(set) var chunkCount = 0
  private(set) var chunkByteCount: Int64 = 0
  /// Rows without actor in all components.
  private(set) var unattributedCount = 0

  init(idCount: Int = 0) {
    var slotCount = 1_024
    while idCount * 4 > slotCount * 3 { slotCount *= 2 }
    mask = slotCount - 1
    tags = .allocate(capacity: slotCount)
    tags.initialize(repeating: 0, count: slotCount)
    codes = .allocate(capacity: slotCount)
    codes.initialize(repeating: 0, count: slotCount)
  }

  deinit {
    tags.deallocate()
    codes.deallocate()
  }

  var count: Int { parents.count }

  /// The component of an id by its hash, a new one where the id is new; not always the root.
  /// Numbers from the count before on are those of new ids.
  mutating func intern(_ hash: UInt64) -> UInt32 {
    let tag = hash | 1
    let place = slot(tag)
    if tags[place] == tag { return codes[place] }
    let component = addComponent()
    put(tag, component, at: place)
    return component
  }

  /// Slots as they are in memory: tags, then components, which are read and written in one go.
  var slotCount: Int { mask + 1 }

  /// Takes over the slots of a table that was written; components are to be added in their order.
  mutating func restoreSlots(_ count: Int, idCount: Int, _ cursor: inout RecordCursor) {
    tags.deallocate()
    codes.deallocate()
    tags = .allocate(capacity: count)
    codes = .allocate(capacity: count)
    UnsafeMutableRawPointer(tags).copyMemory(from: cursor.place, byteCount: 8 * count)
    cursor.place += 8 * count
    UnsafeMutableRawPointer(codes).copyMemory(from: cursor.place, byteCount: 4 * count)
    cursor.place += 4 * count
    mask = count - 1
    self.idCount = idCount
  }

  /// Writes the slots, with other numbers for components; `flatten` was called.
  func writeSlots(_ numbers: [UInt32], to cursor: inout ByteCursor) {
    cursor.reserve(12 * slotCount)
    cursor.put(exact: UnsafeRawPointer(tags).assumingMemoryBound(to: UInt8.self), 8 * slotCount)
    for place in 0...mask {
      cursor.put(raw: tags[place] == 0 ? 0 : numbers[Int(parents[Int(codes[place])])])
    }
  }

  private mutating func restore(_ tag: UInt64, _ component: UInt32) {
    put(tag, component, at: slot(tag))
  }

  mutating func addComponent() -> UInt32 {
    parents.append(UInt32(truncatingIfNeeded: parents.count))
    facts.append(ComponentFacts())
    return UInt32(truncatingIfNeeded: parents.count - 1)
  }

  /// The root of an id that was interned, once `flatten` was called.
  func root(ofHash hash: UInt64) -> UInt32 { parents[Int(codes[slot(hash | 1)])] }

  /// The number that an id got when it was interned first.
  func number(ofHash hash: UInt64) -> UInt32 { codes[slot(hash | 1)] }

  @inline(__always) private func slot(_ tag: UInt64) -> Int {
    var place = Int(truncatingIfNeeded: tag >> 1) & mask
    while tags[place] != 0 && tags[place] != tag { place = (place + 1) & mask }
    return place
  }

  private mutating func put(_ tag: UInt64, _ component: UInt32, at place: Int) {
    tags[place] = tag
    codes[place] = component
    idCount += 1
    if idCount * 4 > (mask + 1) * 3 { grow() }
  }

  private mutating func grow() {
    var larger = Components(idCount: (mask + 1) * 3 / 4 + 1)
    for place in 0...mask where tags[place] != 0 { larger.restore(tags[place], codes[place]) }
    swap(&larger.tags, &tags)
    swap(&larger.codes, &codes)
    swap(&larger.mask, &mask)
  }

  mutating func root(_ component: UInt32) -> UInt32 {
    var place = component
    while parents[Int(place)] != place {
      let above = parents[Int(parents[Int(place)])]
      parents[Int(place)] = above
      place = above
    }
    return place
  }

  /// Makes one of two components; gives its root.
  mutating func unite(_ first: UInt32, _ second: UInt32) -> UInt32 {
    var kept = root(first)
    var gone = root(second)
    if kept == gone { return kept }
    if facts[Int(kept)].rowCount < facts[Int(gone)].rowCount { swap(&kept, &gone) }
    parents[Int(gone)] = kept
    let lost = facts[Int(gone)]
    facts[Int(gone)] = ComponentFacts()
    facts[Int(kept)].rowCount += lost.rowCount
    facts[Int(kept)].newRowCount += lost.newRowCount
    facts[Int(kept)].unattributedCount += lost.unattributedCount
    Components.mergeTimes(lost, into: &facts[Int(kept)])
    link(lost.firstChunk, lost.lastChunk, to: kept)
    return kept
  }

  private static func mergeTimes(_ lost: ComponentFacts, into kept: inout ComponentFacts) {
    kept.flags.formUnion(lost.flags.intersection([.isUnited, .namesOld]))
    kept.earliestNew = min(kept.earliestNew, lost.earliestNew)
    // `kept` has all rows by now.
    let lostOld = lost.rowCount - lost.newRowCount
    let keptOld = kept.rowCount - kept.newRowCount - lostOld
    if lostOld == 0 { return }
    if keptOld > 0 {
      kept.flags.insert(.isUnited)
      return
    }
    if lost.flags.contains(.isPlain) { kept.flags.insert(.isPlain) }
    kept.names = lost.names
    kept.closedRowCount = lost.closedRowCount
    kept.closedUnattributedCount = lost.closedUnattributedCount
    kept.closedThrough = lost.closedThrough
    kept.settledAt = lost.settledAt
  }

  private mutating func link(_ first: Int32, _ last: Int32, to root: UInt32) {
    if first < 0 { return }
    let end = facts[Int(root)].lastChunk
    if end < 0 {
      facts[Int(root)].firstChunk = first
    } else {
      chunks[Int(end)].next = first
    }
    facts[Int(root)].lastChunk = last
  }

  /// Counts a new row of a component.
  mutating func addRow(_ root: UInt32, at time: Int64, namesOld: Bool) {
    facts[Int(root)].rowCount += 1
    facts[Int(root)].newRowCount += 1
    facts[Int(root)].earliestNew = min(facts[Int(root)].earliestNew, time)
    if namesOld { facts[Int(root)].flags.insert(.namesOld) }
  }

  /// Sets what is known of a component; its chunks stay.
  mutating func set(_ known: ComponentFacts, of root: UInt32) {
    let old = facts[Int(root)]
    unattributedCount += Int(known.unattributedCount) - Int(old.unattributedCount)
    facts[Int(root)] = known
    facts[Int(root)].firstChunk = old.firstChunk
    facts[Int(root)].lastChunk = old.lastChunk
  }

  mutating func add(_ chunk: EventChunk, to root: UInt32) {
    chunks.append(chunk)
    let place = Int32(truncatingIfNeeded: chunks.count - 1)
    chunks[Int(place)].next = -1
    chunkCount += 1
    chunkByteCount += chunk.byteCount
    link(place, place, to: root)
  }

  /// Takes chunks out of a component.
  mutating func removeChunks(of root: UInt32, where isGone: (EventChunk) -> Bool) {
    var place = facts[Int(root)].firstChunk
    facts[Int(root)].firstChunk = -1
    facts[Int(root)].lastChunk = -1
    while place >= 0 {
      let next = chunks[Int(place)].next
      chunks[Int(place)].next = -1
      if isGone(chunks[Int(place)]) {
        chunkCount -= 1
        chunkByteCount -= chunks[Int(place)].byteCount
      } else {
        link(place, place, to: root)
      }
      place = next
    }
  }

  /// Says of all chunks of a component whether they are of its closed past.
  mutating func setChunks(of root: UInt32, areClosed: Bool) {
    var place = facts[Int(root)].firstChunk
    while place >= 0 {
      chunks[Int(place)].isClosed = areClosed
      place = chunks[Int(place)].next
    }
  }

  /// Keeps names, as `ComponentNames` reads them; gives their place.
  mutating func keepNames(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return -1 }
    // Beyond what a place can say a component has no names, and is computed whole.
    guard names.count + bytes.count < Int(Int32.max) else { return -1 }
    names.reserve(bytes.count)
    names.put(start.assumingMemoryBound(to: UInt8.self), bytes.count)
    return Int32(truncatingIfNeeded: names.count - bytes.count)
  }

  func isRoot(_ component: Int) -> Bool { parents[component] == UInt32(component) }

  /// Points every component at its root.
  mutating func flatten() {
    for component in parents.indices {
      parents[component] = root(UInt32(truncatingIfNeeded: component))
    }
  }

  /// Hands over the chunks of a component.
  func forEachChunk(of root: UInt32, _ body: (EventChunk) throws -> Void) rethrows {
    var place = facts[Int(root)].firstChunk
    while place >= 0 {
      try body(chunks[Int(place)])
      place = chunks[Int(place)].next
    }
  }

  /// Forgets all chunks.
  mutating func forgetChunks() {
    chunks.removeAll()
    chunkCount = 0
    chunkByteCount = 0
    for component in facts.indices {
      facts[component].firstChunk = -1
      facts[component].lastChunk = -1
    }
  }
}
