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
///     8  "DBKEPT03"
///     …  key, ledger, formats, end offset, horizon, counts, files, strings, runs
///     …  components, as SavedComponents.swift tells
///     4  CRC-32C of all before it
///
/// An update writes what changed to a file of its own, `delta-<its number>`, until these are a
/// share of the whole, which is then written anew:
///
///     8  "DBKDLT01"
///     4  the CRC-32C at the end of the file that it follows: `state` or another delta
///     …  the same as there; of components what changed
///     4  CRC-32C of all before it
/// - Concurrency: `@unchecked` because while several threads work, what changes is touched under
///   the update's locks only.
final class KeptState: @unchecked Sendable {
  static let magic: StaticString = "DBKEPT03"
  static let deltaMagic: StaticString = "DBKDLT01"

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
  /// The file `state` that lies in the folder: its size, 0 where there is none; what followed it;
  /// and the checksum of the last of these.
  var wholeByteCount = 0
  var lastSum: UInt32 = 0
  var deltaByteCount = 0
  var deltaNames: [String] = []
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
  static func deltaFile(_ number: UInt32) -> String { "delta-\(number)" }

  /// Whether a name is one of ours.
  static func isOwn(_ name: String) -> Bool {
    name == "state.new" || name.hasPrefix("events-") || name.hasPrefix("rows-")
      || name.hasPrefix("delta-")
  }

  var rowByteCount: Int64 { runs.joined().reduce(0) { $0 + $1.byteCount } }
  var unattributedCount: Int { Int(looseCount) + components.totals.unattributedCount }

  // MARK: Reading

  /// - Errors: `KeptStateUnusable` where the bytes are not what `write` made.
  init(reading bytes: KeptBytes) throws {
    var (cursor, sum) = try bytes.body("state", magic: KeptState.magic)
    // From here on the bytes are those that were written.
    (key, ledger, formats) = ([], [], [])
    components = Components()
    readFront(&cursor)
    components.restore(try SavedComponents(&cursor, in: bytes))
    wholeByteCount = bytes.memory.count
    lastSum = sum
  }

  /// Takes in what the next update changed.
  ///
  /// - Errors: `KeptStateUnusable` where that follows something else, or is not what was written.
  func apply(_ bytes: KeptBytes, _ name: String) throws {
    var (cursor, sum) = try bytes.body(name, magic: KeptState.deltaMagic)
    guard cursor.raw(UInt32.self) == lastSum else {
      throw KeptStateUnusable("its file '\(name)' belongs to another")
    }
    readFront(&cursor)
    try components.readChanges(&cursor)
    deltaByteCount += bytes.memory.count
    deltaNames.append(name)
    lastSum = sum
  }

  /// Reads everything but the components.
  private func readFront(_ cursor: inout RecordCursor) {
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
    files = [:]
    for _ in 0..<cursor.varint() {
      let name = String(decoding: cursor.bytes(cursor.varint()), as: UTF8.self)
      files[name] = cursor.raw(Int.self)
    }
    // Those that were there keep their codes.
    for _ in 0..<cursor.varint() { _ = strings.intern(cursor.bytes(cursor.varint())) }
    runs = []
    for _ in 0..<cursor.varint() {
      runs.append((0..<cursor.varint()).map { _ in cursor.raw(RowExtent.self) })
    }
  }

  // MARK: Writing

  /// The bytes of the file `state`; components must be flat. Gives the checksum at their end.
  func write(to out: inout OutputBytes) -> UInt32 {
    var cursor = out.cursor()
    cursor.reserve(8)
    cursor.put(KeptState.magic)
    writeFront(to: &cursor)
    components.write(to: &cursor)
    out.take(cursor)
    return close(&out)
  }

  /// The bytes of a delta: what an update changed, new ids and some components. Gives the checksum
  /// at their end.
  func writeDelta(of changed: [UInt32], to out: inout OutputBytes) -> UInt32 {
    var cursor = out.cursor()
    cursor.reserve(12)
    cursor.put(KeptState.deltaMagic)
    cursor.put(raw: lastSum)
    writeFront(to: &cursor)
    components.writeChanges(of: changed, to: &cursor)
    out.take(cursor)
    return close(&out)
  }

  private func close(_ out: inout OutputBytes) -> UInt32 {
    let sum = crc32C(out.bytes)
    out.reserve(4)
    out.put(raw: sum)
    return sum
  }

  /// Everything but the components.
  private func writeFront(to cursor: inout ByteCursor) {
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
  }

  /// A string, and room for a number behind it.
  private func put(_ text: [UInt8], _ cursor: inout ByteCursor) {
    cursor.reserve(text.count + 32)
    cursor.put(varint: UInt64(text.count))
    for byte in text { cursor.put(byte) }
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
