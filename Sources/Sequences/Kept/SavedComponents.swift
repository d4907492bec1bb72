import Bytes
import Files

// Components as the file `state` holds them, all integers little endian:
//
//   varint  number of components, then of ids
//   3 × 8   chunks, their bytes, rows without actor
//   8       number of slots; then zeros up to a multiple of eight
//   8, 4    a slot: its tag, of all slots; then its component
//   8       for each 16 components: where the first one's record begins, behind the last of these
//   …       a record a component: a byte that says what follows, row counts, and where there are
//           such: when it is settled, its closed past, its names; then its chunks
//
// An update writes a delta instead, `delta-<its number>`: what was before, with other numbers for
// files and runs, then
//
//   4       number of components before; varint and 8 each: tags of new ids, whose components
//           follow these numbers; 4 each: the component that each came into
//   varint  components that came into others, with these: 4 and 4
//   varint  components with new rows: 4, and the record
//   3 × 8   as above

/// What is counted over all components.
struct ComponentTotals {
  var chunkCount = 0
  var chunkByteCount: Int64 = 0
  /// Rows without actor.
  var unattributedCount = 0

  init() {}

  init(_ cursor: inout RecordCursor) {
    chunkCount = cursor.raw(Int.self)
    chunkByteCount = cursor.raw(Int64.self)
    unattributedCount = cursor.raw(Int.self)
  }

  func write(to cursor: inout ByteCursor) {
    cursor.reserve(24)
    cursor.put(raw: chunkCount)
    cursor.put(raw: chunkByteCount)
    cursor.put(raw: unattributedCount)
  }
}

/// The bytes of a file, as long as somebody holds them.
///
/// - Concurrency: `@unchecked` because who changes them holds them alone.
final class KeptBytes: @unchecked Sendable {
  let memory: UnsafeMutableRawBufferPointer

  init(_ files: any FileSystem, _ path: String) throws {
    let input = try files.open(path)
    defer { input.close() }
    let byteCount = input.byteCount
    memory = .allocate(byteCount: byteCount, alignment: 64)
    try input.read(into: memory, at: 0)
  }

  deinit { memory.deallocate() }

  /// The body behind a magic number, once the checksum at the end is right; and that checksum.
  ///
  /// - Errors: `KeptStateUnusable`.
  func body(_ name: String, magic: StaticString) throws -> (cursor: RecordCursor, sum: UInt32) {
    let bytes = UnsafeRawBufferPointer(memory)
    guard let base = bytes.baseAddress, bytes.count > 12, bytes.starts(with: Array("\(magic)".utf8))
    else { throw KeptStateUnusable("it was written by another version") }
    let end = bytes.count - 4
    let sum = bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self)
    guard crc32C(UnsafeRawBufferPointer(rebasing: bytes[..<end])) == sum else {
      throw KeptStateUnusable("its file '\(name)' is damaged")
    }
    return (RecordCursor(base.assumingMemoryBound(to: UInt8.self) + 8), sum)
  }
}

/// Components in the bytes of a file, whose checksum was right.
struct SavedComponents {
  /// Components of a group: from the group's place on, records are skipped one by one.
  static let groupCount = 16

  let count: Int
  let idCount: Int
  let totals: ComponentTotals
  let slotCount: Int
  let tags: UnsafeMutablePointer<UInt64>
  let codes: UnsafeMutablePointer<UInt32>
  private let groups: UnsafeRawPointer
  private let records: UnsafePointer<UInt8>
  private let owner: KeptBytes

  /// - Shape: slots lie at a multiple of eight from the start of the bytes.
  init(_ cursor: inout RecordCursor, in owner: KeptBytes) throws {
    self.owner = owner
    count = cursor.varint()
    idCount = cursor.varint()
    totals = ComponentTotals(&cursor)
    slotCount = cursor.raw(Int.self)
    guard let base = owner.memory.baseAddress else { throw KeptStateUnusable("it is empty") }
    var offset = (UnsafeRawPointer(cursor.place) - UnsafeRawPointer(base) + 7) / 8 * 8
    tags = (base + offset).bindMemory(to: UInt64.self, capacity: slotCount)
    offset += 8 * slotCount
    codes = (base + offset).bindMemory(to: UInt32.self, capacity: slotCount)
    offset += 4 * slotCount
    groups = UnsafeRawPointer(base + offset)
    offset += 8 * SavedComponents.groups(count)
    records = UnsafePointer((base + offset).assumingMemoryBound(to: UInt8.self))
  }

  static func groups(_ count: Int) -> Int { (count + groupCount - 1) / groupCount }

  /// Where a component's record begins.
  func cursor(of component: Int) -> RecordCursor {
    let group = component / SavedComponents.groupCount
    let start = groups.loadUnaligned(fromByteOffset: 8 * group, as: Int.self)
    var cursor = RecordCursor(records + start)
    for _ in group * SavedComponents.groupCount..<component { SavedComponents.skip(&cursor) }
    return cursor
  }

  /// A component's record.
  func record(of component: Int) -> UnsafeRawBufferPointer {
    var cursor = cursor(of: component)
    let start = cursor.place
    SavedComponents.skip(&cursor)
    return UnsafeRawBufferPointer(start: start, count: cursor.place - start)
  }

  private static func skip(_ cursor: inout RecordCursor) {
    _ = SavedFacts(&cursor)
    for _ in 0..<cursor.varint() { _ = EventChunk(saved: &cursor) }
  }
}

/// What a record says of a component, before its chunks.
struct SavedFacts {
  var facts = ComponentFacts()
  var names: UnsafeRawBufferPointer?

  init(_ cursor: inout RecordCursor) {
    let bits = cursor.byte()
    facts.rowCount = UInt32(truncatingIfNeeded: cursor.varint())
    facts.unattributedCount = UInt32(truncatingIfNeeded: cursor.varint())
    if bits & 1 != 0 { facts.flags.insert(.isPlain) }
    if bits & 2 != 0 { facts.settledAt = cursor.raw(Int64.self) }
    if bits & 4 != 0 {
      facts.closedThrough = cursor.raw(Int64.self)
      facts.closedRowCount = UInt32(truncatingIfNeeded: cursor.varint())
      facts.closedUnattributedCount = UInt32(truncatingIfNeeded: cursor.varint())
    }
    if bits & 8 != 0 {
      let known = ComponentNames(cursor.place).bytes
      names = cursor.bytes(known.count)
    }
  }
}

extension EventChunk {
  init(saved cursor: inout RecordCursor) {
    let size = cursor.varint()
    self.init(
      file: cursor.raw(UInt32.self), start: cursor.raw(Int64.self),
      byteCount: Int64(size >> 1), checksum: cursor.raw(UInt32.self), isClosed: size & 1 == 1)
  }
}

extension Components {
  /// Writes all components, with the roots numbered in their order; they must be flat.
  func write(to cursor: inout ByteCursor) {
    var numbers = [UInt32](repeating: 0, count: count)
    var rootCount = 0
    for component in 0..<count where isRoot(component) {
      numbers[component] = UInt32(truncatingIfNeeded: rootCount)
      rootCount += 1
    }
    cursor.reserve(64)
    cursor.put(varint: UInt64(rootCount))
    cursor.put(varint: UInt64(idCount))
    totals.write(to: &cursor)
    cursor.reserve(16)
    cursor.put(raw: slotCount)
    while cursor.count % 8 != 0 { cursor.put(0) }
    writeSlots(numbers, to: &cursor)
    let groups = cursor.count
    for _ in 0..<SavedComponents.groups(rootCount) {
      cursor.reserve(8)
      cursor.put(raw: Int(0))
    }
    let records = cursor.count
    for component in 0..<count where isRoot(component) {
      let number = Int(numbers[component])
      if number % SavedComponents.groupCount == 0 {
        let place = groups + 8 * (number / SavedComponents.groupCount)
        UnsafeMutableRawPointer(cursor.base + place)
          .storeBytes(of: cursor.count - records, as: Int.self)
      }
      writeRecord(UInt32(truncatingIfNeeded: component), to: &cursor)
    }
  }

  private func writeRecord(_ root: UInt32, to cursor: inout ByteCursor) {
    if let saved, Int(root) < saved.count, !isTouched(Int(root)) {
      let record = saved.record(of: Int(root))
      guard let start = record.baseAddress else { return }
      cursor.reserve(record.count)
      cursor.put(exact: start.assumingMemoryBound(to: UInt8.self), record.count)
      return
    }
    write(facts(of: root), to: &cursor)
    var chunkCount: UInt64 = 0
    forEachChunk(of: root) { _ in chunkCount += 1 }
    cursor.reserve(10)
    cursor.put(varint: chunkCount)
    forEachChunk(of: root) { chunk in
      cursor.reserve(32)
      cursor.put(varint: UInt64(chunk.byteCount) << 1 | (chunk.isClosed ? 1 : 0))
      cursor.put(raw: chunk.file)
      cursor.put(raw: chunk.start)
      cursor.put(raw: chunk.checksum)
    }
  }

  private func write(_ facts: ComponentFacts, to cursor: inout ByteCursor) {
    let names = names(of: facts)?.bytes
    let hasPast = facts.closedThrough != Int64.min
    cursor.reserve(64 + (names?.count ?? 0))
    cursor.put(
      (facts.flags.contains(.isPlain) ? 1 : 0) | (facts.settledAt == Int64.max ? 0 : 2)
        | (hasPast ? 4 : 0) | (names == nil ? 0 : 8))
    cursor.put(varint: UInt64(facts.rowCount))
    cursor.put(varint: UInt64(facts.unattributedCount))
    if facts.settledAt != Int64.max { cursor.put(raw: facts.settledAt) }
    if hasPast {
      cursor.put(raw: facts.closedThrough)
      cursor.put(varint: UInt64(facts.closedRowCount))
      cursor.put(varint: UInt64(facts.closedUnattributedCount))
    }
    if let names, let start = names.baseAddress {
      cursor.put(exact: start.assumingMemoryBound(to: UInt8.self), names.count)
    }
  }

  // MARK: Deltas

  /// Writes what changed since the loading: new ids, and some components; all must be flat.
  func writeChanges(of changed: [UInt32], to cursor: inout ByteCursor) {
    cursor.reserve(30 + 12 * newTags.count + 8 * united.count)
    cursor.put(raw: UInt32(truncatingIfNeeded: loadedCount))
    cursor.put(varint: UInt64(newTags.count))
    for tag in newTags.buffer { cursor.put(raw: tag) }
    for component in loadedCount..<count { cursor.put(raw: parents[component]) }
    cursor.put(varint: UInt64(united.count))
    for gone in united {
      cursor.put(raw: gone)
      cursor.put(raw: parents[Int(gone)])
    }
    cursor.reserve(10)
    cursor.put(varint: UInt64(changed.count))
    for root in changed {
      cursor.reserve(4)
      cursor.put(raw: root)
      writeRecord(root, to: &cursor)
    }
    totals.write(to: &cursor)
  }

  /// Takes in what `writeChanges` wrote, after what was there then.
  ///
  /// - Errors: `KeptStateUnusable` where something else was.
  mutating func readChanges(_ cursor: inout RecordCursor) throws {
    let first = Int(cursor.raw(UInt32.self))
    guard first == count else { throw KeptStateUnusable("its deltas do not follow each other") }
    let newCount = cursor.varint()
    for _ in 0..<newCount { _ = intern(cursor.raw(UInt64.self)) }
    guard first + newCount == count else {
      throw KeptStateUnusable("its deltas tell of ids that are there already")
    }
    for component in first..<count {
      setParent(UInt32(truncatingIfNeeded: component), cursor.raw(UInt32.self))
    }
    for _ in 0..<cursor.varint() {
      let gone = cursor.raw(UInt32.self)
      move(gone, to: cursor.raw(UInt32.self))
    }
    for _ in 0..<cursor.varint() {
      let root = cursor.raw(UInt32.self)
      replace(root, by: &cursor)
    }
    setTotals(ComponentTotals(&cursor))
  }
}
