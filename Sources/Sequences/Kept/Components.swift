/// Ids by component: a union of sets over hashes of ids.
///
/// Ids whose 64-bit hashes are equal come into one component, which is harmless: a component may
/// be larger than it need be, never smaller.
///
/// What is known of a component that was saved is read once it is asked for: an update touches few
/// of them. Slots of saved ids lie in the bytes that were read.
/// - Cost: 12 bytes an id at a load of at most three quarters, 8 a component; 72 one that is
///   touched, and its names.
struct Components: ~Copyable {
  private var tags: UnsafeMutablePointer<UInt64>
  private var codes: UnsafeMutablePointer<UInt32>
  private var mask: Int
  private(set) var idCount = 0
  private(set) var parents = GrowingBuffer<UInt32>()
  /// What was saved of the first components, and whether the slots lie in its bytes.
  private(set) var saved: SavedComponents?
  private var ownsSlots = true
  /// By component: its place among the touched ones + 1, or 0.
  private var places = GrowingBuffer<UInt32>()
  private var facts = GrowingBuffer<ComponentFacts>()
  /// The touched components, in the order of their being touched.
  private(set) var touched = GrowingBuffer<UInt32>()
  /// Components below this number were loaded; the tags of ids that are new since, in the order of
  /// their components, and what of the loaded ones came into others.
  private(set) var loadedCount = 0
  private(set) var newTags = GrowingBuffer<UInt64>()
  private(set) var united: [UInt32] = []
  private(set) var chunks = GrowingBuffer<EventChunk>()
  private(set) var names = OutputBytes(capacity: 1 << 10)
  /// Chunks that are in a chain or saved, and their bytes; rows without actor in all components.
  private(set) var totals = ComponentTotals()

  init(idCount: Int = 0) {
    var slotCount = 1_024
    while idCount * 4 > slotCount * 3 { slotCount *= 2 }
    mask = slotCount - 1
    tags = .allocate(capacity: slotCount)
    tags.initialize(repeating: 0, count: slotCount)
    codes = .allocate(capacity: slotCount)
    codes.initialize(repeating: 0, count: slotCount)
  }

  deinit { releaseSlots() }

  private func releaseSlots() {
    guard ownsSlots else { return }
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
    if saved != nil { newTags.append(tag) }
    put(tag, component, at: place)
    return component
  }

  var slotCount: Int { mask + 1 }

  /// Takes over slots and components that were saved; there were none before.
  mutating func restore(_ saved: SavedComponents) {
    releaseSlots()
    ownsSlots = false
    tags = saved.tags
    codes = saved.codes
    mask = saved.slotCount - 1
    idCount = saved.idCount
    totals = saved.totals
    self.saved = saved
    parents.resize(saved.count)
    for component in 0..<saved.count { parents[component] = UInt32(truncatingIfNeeded: component) }
    places.resize(saved.count)
    places.buffer.update(repeating: 0)
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
    let component = UInt32(truncatingIfNeeded: parents.count)
    parents.append(component)
    places.append(0)
    _ = touchAnew(component)
    return component
  }

  /// What is known of a component that is touched or was not saved.
  func facts(of component: UInt32) -> ComponentFacts {
    let place = Int(places[Int(component)])
    return place == 0 ? ComponentFacts() : facts[place - 1]
  }

  func isTouched(_ component: Int) -> Bool { places[component] != 0 }

  private mutating func touchAnew(_ component: UInt32) -> Int {
    facts.append(ComponentFacts())
    touched.append(component)
    places[Int(component)] = UInt32(truncatingIfNeeded: facts.count)
    return facts.count - 1
  }

  /// The place of what is known of a component, which is read where it was only saved.
  mutating func touch(_ component: UInt32) -> Int {
    let known = Int(places[Int(component)])
    if known != 0 { return known - 1 }
    let place = touchAnew(component)
    if let saved, Int(component) < saved.count {
      var cursor = saved.cursor(of: Int(component))
      read(&cursor, into: component, place)
    }
    return place
  }

  /// Reads what was saved of a component, whose chunks are counted already.
  private mutating func read(_ cursor: inout RecordCursor, into component: UInt32, _ place: Int) {
    var known = SavedFacts(&cursor)
    if let names = known.names { known.facts.names = keepNames(names) }
    facts[place] = known.facts
    for _ in 0..<cursor.varint() { link(EventChunk(saved: &cursor), to: component) }
  }

  /// Puts what a record says in the place of what was known of a component, without counting.
  mutating func replace(_ component: UInt32, by cursor: inout RecordCursor) {
    let place = Int(places[Int(component)])
    read(&cursor, into: component, place == 0 ? touchAnew(component) : place - 1)
  }

  /// Takes over what was counted.
  mutating func setTotals(_ known: ComponentTotals) { totals = known }

  /// Makes a saved component part of another, which is written anew.
  mutating func move(_ gone: UInt32, to root: UInt32) {
    let place = Int(places[Int(gone)])
    facts[place == 0 ? touchAnew(gone) : place - 1] = ComponentFacts()
    parents[Int(gone)] = root
  }

  /// Says which component an id is of that came after the saved ones.
  mutating func setParent(_ component: UInt32, _ root: UInt32) { parents[Int(component)] = root }

  /// Ends the loading: from here on is told what changes.
  mutating func endLoading() {
    loadedCount = count
    newTags.removeAll()
  }

  /// Touches all components.
  mutating func touchAll() {
    for component in parents.indices { _ = touch(UInt32(truncatingIfNeeded: component)) }
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
    swap(&larger.ownsSlots, &ownsSlots)
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
    var keptPlace = touch(kept)
    var gonePlace = touch(gone)
    if facts[keptPlace].rowCount < facts[gonePlace].rowCount {
      swap(&kept, &gone)
      swap(&keptPlace, &gonePlace)
    }
    parents[Int(gone)] = kept
    if Int(gone) < loadedCount { united.append(gone) }
    let lost = facts[gonePlace]
    facts[gonePlace] = ComponentFacts()
    facts[keptPlace].rowCount += lost.rowCount
    facts[keptPlace].newRowCount += lost.newRowCount
    facts[keptPlace].unattributedCount += lost.unattributedCount
    Components.mergeTimes(lost, into: &facts[keptPlace])
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
    let place = touch(root)
    let end = facts[place].lastChunk
    if end < 0 {
      facts[place].firstChunk = first
    } else {
      chunks[Int(end)].next = first
    }
    facts[place].lastChunk = last
  }

  private mutating func link(_ chunk: EventChunk, to root: UInt32) {
    chunks.append(chunk)
    let place = Int32(truncatingIfNeeded: chunks.count - 1)
    chunks[Int(place)].next = -1
    link(place, place, to: root)
  }

  /// Counts a new row of a component.
  mutating func addRow(_ root: UInt32, at time: Int64, namesOld: Bool) {
    let place = touch(root)
    facts[place].rowCount += 1
    facts[place].newRowCount += 1
    facts[place].earliestNew = min(facts[place].earliestNew, time)
    if namesOld { facts[place].flags.insert(.namesOld) }
  }

  /// Sets what is known of a component; its chunks stay.
  mutating func set(_ known: ComponentFacts, of root: UInt32) {
    let place = touch(root)
    let old = facts[place]
    totals.unattributedCount += Int(known.unattributedCount) - Int(old.unattributedCount)
    facts[place] = known
    facts[place].firstChunk = old.firstChunk
    facts[place].lastChunk = old.lastChunk
  }

  mutating func add(_ chunk: EventChunk, to root: UInt32) {
    totals.chunkCount += 1
    totals.chunkByteCount += chunk.byteCount
    link(chunk, to: root)
  }

  /// Takes chunks out of a component.
  mutating func removeChunks(of root: UInt32, where isGone: (EventChunk) -> Bool) {
    let known = touch(root)
    var place = facts[known].firstChunk
    facts[known].firstChunk = -1
    facts[known].lastChunk = -1
    while place >= 0 {
      let next = chunks[Int(place)].next
      chunks[Int(place)].next = -1
      if isGone(chunks[Int(place)]) {
        totals.chunkCount -= 1
        totals.chunkByteCount -= chunks[Int(place)].byteCount
      } else {
        link(place, place, to: root)
      }
      place = next
    }
  }

  /// Says of all chunks of a component whether they are of its closed past.
  mutating func setChunks(of root: UInt32, areClosed: Bool) {
    var place = facts[touch(root)].firstChunk
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

  /// Hands over the chunks of a component that is touched.
  func forEachChunk(of root: UInt32, _ body: (EventChunk) throws -> Void) rethrows {
    var place = facts(of: root).firstChunk
    while place >= 0 {
      try body(chunks[Int(place)])
      place = chunks[Int(place)].next
    }
  }

  /// Forgets all chunks; every component was touched.
  mutating func forgetChunks() {
    chunks.removeAll()
    totals.chunkCount = 0
    totals.chunkByteCount = 0
    for place in facts.indices {
      facts[place].firstChunk = -1
      facts[place].lastChunk = -1
    }
  }
}
