import Bytes
import Parquet

/// The ids and sources of one block of sealed rows, findable by id.
struct IdentityBlock {
  private var ids = ByteValues()
  private var sources = ByteValues()
  private var offsets: [Int64] = []
  private var slots: [UInt32] = []

  init() {}

  /// Reads rows of a segment.
  mutating func append(_ segment: SegmentFile, from offset: Int64, count: Int) throws {
    let row = Int(offset - segment.record.firstOffset)
    try read(segment, .eventID, row, count, into: &ids)
    try read(segment, .source, row, count, into: &sources)
    for index in 0..<count { offsets.append(offset + Int64(index)) }
  }

  private func read(
    _ segment: SegmentFile, _ column: SegmentColumn, _ row: Int, _ count: Int,
    into values: inout ByteValues
  ) throws {
    let reader = try segment.column(column)
    var isPresent: [UInt8] = []
    try reader.seek(toRow: row)
    guard try reader.readBytes(count, into: &values, isPresent: &isPresent) == count else {
      throw LedgerError.damaged(path: segment.path, detail: "it has too few rows")
    }
  }

  /// Builds the table; no rows may be appended after it.
  mutating func finish() {
    var slotCount = 16
    while slotCount < 2 * offsets.count { slotCount *= 2 }
    slots = Array(repeating: 0, count: slotCount)
    for row in 0..<offsets.count {
      var slot = ids[row].withUnsafeBytes { hashSlot($0) }
      while slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
      slots[slot] = UInt32(row + 1)
    }
  }

  /// The ledger offset of the event of this identity, if it is in the block.
  func offset(id: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer) -> Int64? {
    var slot = hashSlot(id)
    while slots[slot] != 0 {
      let row = Int(slots[slot]) - 1
      if ids[row].elementsEqual(id), sources[row].elementsEqual(source) { return offsets[row] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private func hashSlot(_ id: UnsafeRawBufferPointer) -> Int {
    Int(truncatingIfNeeded: fastHash(id, seed: 0)) & (slots.count - 1)
  }
}
