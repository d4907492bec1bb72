import Bytes
import Files

/// What stands in the way of using a kept state: why it is made anew.
package struct KeptStateUnusable: Error, Equatable, CustomStringConvertible {
  package var description: String

  init(_ description: String) { self.description = description }
}

/// A stretch of a file of rows, ordered by actor.
struct RowExtent {
  var file: UInt32
  var checksum: UInt32
  var start: Int64
  var byteCount: Int64
}

/// What a folder of kept sequences holds, but for the events and rows themselves.
///
/// The file `state` names everything else by numbers:
///
///     8  "DBKEPT02"
///     …  key, ledger, formats, end offset, horizon, counts, files, strings, runs, slots
///        of ids, components with their chunks
///     4  CRC-32C of all before it
/// - Concurrency: `@unchecked` because while several threads work, what changes is touched under
///   the update's locks only.
final class KeptState: @unchecked Sendable {
  static let magic: StaticString = "DBKEPT02"

  /// What the sequences were made with: options, program.
  var key: [UInt8]
  var ledger: [UInt8]
  var formats: [SequenceOutput.Format]
  /// Rows of the ledger that are in it, from offset 0.
  var endOffset: Int64 = 0
  /// Tells the last of these rows.
  var lastRowHash: UInt64 = 0
  var horizon: Int64?
  /// Rows that name no id that an actor could come from.
  var looseCount: Int64 = 0
  /// Of the last update; files of an update bear its number.
  var number: UInt32 = 0
  /// Bytes of rows when they were merged last.
  var mergedByteCount: Int64 = 0
  /// Sizes of files by name.
  var files: [String: Int] = [:]
  var strings = InternTable()
  /// Rows of actors, each run in the order of actors; where several tell of one, the last counts.
  var runs: [[RowExtent]] = []
  var components: Components

  init(key: [UInt8], ledger: [UInt8], formats: [SequenceOutput.Format]) {
    self.key = key
    self.ledger = ledger
    self.formats = formats
    components = Components()
  }

  static func eventFile(_ number: UInt32) -> String { "events-\(number)" }
  static func rowFile(_ number: UInt32) -> String { "rows-\(number)" }

  /// Whether a name is one of ours.
  static func isOwn(_ name: String) -> Bool {
    name == "state.new" || name.hasPrefix("events-") || name.hasPrefix("rows-")
  }

  var rowByteCount: Int64 { runs.joined().reduce(0) { $0 + $1.byteCount } }
  var unattributedCount: Int { Int(looseCount) + components.unattributedCount }

  // MARK: Reading

  /// - Errors: `KeptStateUnusable` where the bytes are not what `bytes()` made.
  init(reading bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count > 12, bytes.starts(with: Array("\(KeptState.magic)".utf8)) else {
      throw KeptStateUnusable("it was written by another version")
    }
    let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
    let sum = bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)
    guard crc32C(body) == sum else { throw KeptStateUnusable("its file 'state' is damaged") }
    // From here on the bytes are those that were written.
    guard let base = body.baseAddress else { throw KeptStateUnusable("it is empty") }
    var cursor = RecordCursor(base.assumingMemoryBound(to: UInt8.self) + 8)
    key = Array(cursor.bytes(cursor.varint()))
    ledger = Array(cursor.bytes(cursor.varint()))
    let codes = Array(cursor.bytes(cursor.varint()))
    formats = SequenceOutput.Format.allCases.filter { codes.contains($0.code) }
    endOffset = cursor.raw(Int64.self)
    lastRowHash = cursor.raw(UInt64.self)
    let latest = cursor.raw(Int64.self)
    horizon = cursor.byte() == 1 ? latest : nil
    looseCount = cursor.raw(Int64.self)
    number = cursor.raw(UInt32.self)
    mergedByteCount = cursor.raw(Int64.self)
    for _ in 0..<cursor.varint() {
      let name = String(decoding: cursor.bytes(cursor.varint()), as: UTF8.self)
      files[name] = cursor.raw(Int.self)
    }
    for _ in 0..<cursor.varint() { _ = strings.intern(cursor.bytes(cursor.varint())) }
    for _ in 0..<cursor.varint() {
      runs.append((0..<cursor.varint()).map { _ in cursor.raw(RowExtent.self) })
    }
    components = Components()
    readComponents(&cursor)
  }

  private func readComponents(_ cursor: inout RecordCursor) {
    let count = cursor.varint()
    let idCount = cursor.varint()
    components.restoreSlots(cursor.raw(Int.self), idCount: idCount, &cursor)
    for _ in 0..<count {
      let root = components.addComponent()
      var facts = ComponentFacts()
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
        let names = ComponentNames(cursor.place).bytes
        facts.names = components.keepNames(cursor.bytes(names.count))
      }
      components.set(facts, of: root)
      for _ in 0..<cursor.varint() { components.add(readChunk(&cursor), to: root) }
    }
  }

  private func readChunk(_ cursor: inout RecordCursor) -> EventChunk {
    let size = cursor.varint()
    return EventChunk(
      file: cursor.raw(UInt32.self), start: cursor.raw(Int64.self),
      byteCount: Int64(size >> 1), checksum: cursor.raw(UInt32.self), isClosed: size & 1 == 1)
  }

  // MARK: Writing

  /// The bytes of the file `state`; components must be flat.
  func write(to out: inout OutputBytes) {
    var cursor = out.cursor()
    cursor.reserve(64)
    cursor.put(KeptState.magic)
    put(key, &cursor)
    put(ledger, &cursor)
    put(formats.map(\.code), &cursor)
    cursor.reserve(64)
    cursor.put(raw: endOffset)
    cursor.put(raw: lastRowHash)
    cursor.put(raw: horizon ?? 0)
    cursor.put(horizon == nil ? 0 : 1)
    cursor.put(raw: looseCount)
    cursor.put(raw: number)
    cursor.put(raw: mergedByteCount)
    cursor.put(varint: UInt64(files.count))
    for name in files.keys.sorted() {
      put(Array(name.utf8), &cursor)
      cursor.put(raw: files[name] ?? 0)
    }
    cursor.reserve(10)
    cursor.put(varint: UInt64(strings.count))
    for code in 0..<UInt32(strings.count) { put(Array(strings[code]), &cursor) }
    cursor.reserve(10)
    cursor.put(varint: UInt64(runs.count))
    for run in runs {
      cursor.reserve(10 + run.count * MemoryLayout<RowExtent>.stride)
      cursor.put(varint: UInt64(run.count))
      for extent in run { cursor.put(raw: extent) }
    }
    writeComponents(&cursor)
    out.take(cursor)
    let sum = crc32C(out.bytes)
    out.reserve(4)
    out.put(raw: sum)
  }

  /// A string, and room for a number behind it.
  private func put(_ text: [UInt8], _ cursor: inout ByteCursor) {
    cursor.reserve(text.count + 32)
    cursor.put(varint: UInt64(text.count))
    for byte in text { cursor.put(byte) }
  }

  private func writeComponents(_ cursor: inout ByteCursor) {
    var numbers = [UInt32](repeating: 0, count: components.count)
    var count: UInt32 = 0
    for component in 0..<components.count where components.isRoot(component) {
      numbers[component] = count
      count += 1
    }
    cursor.reserve(28)
    cursor.put(varint: UInt64(count))
    cursor.put(varint: UInt64(components.idCount))
    cursor.put(raw: components.slotCount)
    components.writeSlots(numbers, to: &cursor)
    for component in 0..<components.count where components.isRoot(component) {
      writeFacts(components.facts[component], &cursor)
      let root = UInt32(component)
      var chunkCount: UInt64 = 0
      components.forEachChunk(of: root) { _ in chunkCount += 1 }
      cursor.reserve(10)
      cursor.put(varint: chunkCount)
      components.forEachChunk(of: root) { chunk in
        cursor.reserve(32)
        cursor.put(varint: UInt64(chunk.byteCount) << 1 | (chunk.isClosed ? 1 : 0))
        cursor.put(raw: chunk.file)
        cursor.put(raw: chunk.start)
        cursor.put(raw: chunk.checksum)
      }
    }
  }

  /// A byte that says what follows, row counts, and where there are such: when it is settled, its
  /// closed past, its names.
  private func writeFacts(_ facts: ComponentFacts, _ cursor: inout ByteCursor) {
    let names = components.names(of: facts)?.bytes
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
}

extension SequenceOutput.Format {
  /// What stands for it in a kept state.
  var code: UInt8 {
    switch self {
    case .ndjson: 1
    case .csv: 2
    case .stepsCSV: 3
    case .parquet: 4
    }
  }
}
