/// What is known of a component: ids that hang together, because an event names both or through
/// others.
struct ComponentFacts {
  /// Rows of the ledger that name its ids; those of them that are new in this update.
  var rowCount: UInt32 = 0
  var newRowCount: UInt32 = 0
  /// Rows without actor.
  var unattributedCount: UInt32 = 0
  /// A chain of chunks of events, or -1.
  var firstChunk: Int32 = -1
  var lastChunk: Int32 = -1
}

/// Where events of a component lie in a file of events.
struct EventChunk {
  var file: UInt32
  var start: Int64
  var byteCount: Int64
  var checksum: UInt32
  /// The component's next chunk, or -1.
  var next: Int32 = -1
}

/// Ids by component: a union of sets over hashes of ids.
///
/// Ids whose 64-bit hashes are equal come into one component, which is harmless: a component may
/// be larger than it need be, never smaller.
/// - Cost: 12 bytes an id at a load of at most three quarters, and 28 a component.
struct Components: ~Copyable {
  private var tags: UnsafeMutablePointer<UInt64>
  private var codes: UnsafeMutablePointer<UInt32>
  private var mask: Int
  private(set) var idCount = 0
  private var parents = GrowingBuffer<UInt32>()
  private(set) var facts = GrowingBuffer<ComponentFacts>()
  private(set) var chunks = GrowingBuffer<EventChunk>()
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
    link(lost.firstChunk, lost.lastChunk, to: kept)
    return kept
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
  mutating func addRow(_ root: UInt32) {
    facts[Int(root)].rowCount += 1
    facts[Int(root)].newRowCount += 1
  }

  mutating func restore(_ restored: ComponentFacts, of root: UInt32) {
    facts[Int(root)].rowCount = restored.rowCount
    setUnattributed(Int(restored.unattributedCount), of: root)
  }

  mutating func add(_ chunk: EventChunk, to root: UInt32) {
    chunks.append(chunk)
    let place = Int32(truncatingIfNeeded: chunks.count - 1)
    link(place, place, to: root)
  }

  mutating func setUnattributed(_ count: Int, of root: UInt32) {
    unattributedCount += count - Int(facts[Int(root)].unattributedCount)
    facts[Int(root)].unattributedCount = UInt32(truncatingIfNeeded: count)
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

  /// Forgets all chunks, and which rows were new.
  mutating func forgetChunks() {
    chunks.removeAll()
    for component in facts.indices {
      facts[component].firstChunk = -1
      facts[component].lastChunk = -1
    }
  }
}
