// Files of index runs as they were written before, all integers little endian:
//
//   bytes  0..<8    "DAYBKIX2"
//   bytes  8..<16   first ledger offset
//   bytes 16..<24   row count n
//   then            2 bytes a bucket: its number of entries (bucket count follows from n)
//   then            4 bytes an entry, bucket by bucket
//   then            4 bytes: CRC-32C of all that is before the entries
//   then            4 bytes a piece of 2^20 entries: its CRC-32C
//   last 8          "DAYBKIX2" again, so that a cut file is seen at once
//
// Files of "DAYBKIX1" have no sums; of them the SHA-256 is checked. Both are read whole, and the
// next commit writes the run anew in the present format.
// Source: docs/formats/ledger.md §4.

import Bytes
import Files
import Threads

private let magic = Array("DAYBKIX2".utf8)
private let oldMagic = Array("DAYBKIX1".utf8)
private let headerByteCount = indexRunHeaderByteCount
/// Entries of a piece, which has a checksum.
private let pieceRowCount = 1 << 20

extension IndexRun {
  /// Reads a run of an old format back, its entries on all threads.
  ///
  /// - Parameter sha256: the catalog's, for a file of the first format.
  /// - Errors: `LedgerError.damaged` when the bytes are no run or contradict themselves,
  ///   `FileError`.
  init(
    old input: any InputFile, _ files: any FileSystem, _ path: String, _ sha256: [UInt8],
    _ pool: WorkerPool
  ) throws {
    let head = try IndexRunHead(input, path)
    if !head.hasSums, try hashOfFile(files, path).sha256 != sha256 {
      throw head.damaged("its SHA-256 is not the catalog's")
    }
    let starts = try head.starts()
    let sums = try head.sums()
    let (count, base) = (head.rowCount, head.entriesStart)
    var entries: [UInt32] = uninitializedLargeTable(count: count)
    try entries.fill(pool, tasks: pieceCount(count)) { piece, table in
      let range = pieceBytes(piece, of: count)
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(table.values)[range])
      try input.read(into: bytes, at: base + range.lowerBound)
      if let sums, crc32C(UnsafeRawBufferPointer(bytes)) != sums[piece] {
        throw head.damaged("the checksum of entries at byte \(base + range.lowerBound) is wrong")
      }
    }
    self.init(
      firstOffset: head.firstOffset, rowCount: count, layout: head.layout, entries: entries,
      starts: starts)
  }
}

/// What an index run's file says of itself, read and checked step by step.
private struct IndexRunHead: Sendable {
  private let input: any InputFile
  private let path: String
  let firstOffset: Int64
  let rowCount: Int
  let layout: IdentityKeyLayout
  /// Everything before the entries.
  private let bytes: [UInt8]
  let hasSums: Bool

  var entriesStart: Int { bytes.count }

  func damaged(_ detail: String) -> LedgerError { .damaged(path: path, detail: detail) }

  init(_ input: any InputFile, _ path: String) throws {
    self.input = input
    self.path = path
    func damaged(_ detail: String) -> LedgerError { .damaged(path: path, detail: detail) }
    let header = try IndexRunHeader.bytes(input, path)
    hasSums = header.starts(with: magic)
    guard hasSums || header.starts(with: oldMagic) else {
      throw damaged("it is not an index run")
    }
    firstOffset = Int64(bitPattern: littleEndian(header, 8, as: UInt64.self))
    let wide = littleEndian(header, 16, as: UInt64.self)
    guard firstOffset >= 0, wide <= UInt64(input.byteCount) / 4 else {
      throw damaged("it claims \(wide) rows in \(input.byteCount) bytes")
    }
    rowCount = Int(wide)
    layout = IdentityKeyLayout(rowCount: rowCount)
    let start = headerByteCount + 2 * layout.bucketCount
    let sumByteCount = hasSums ? 4 + 4 * pieceCount(rowCount) : 0
    guard input.byteCount == start + 4 * rowCount + sumByteCount + 8 else {
      throw damaged("\(rowCount) rows do not fit \(input.byteCount) bytes")
    }
    bytes = try input.bytes(0..<start)
  }

  /// The checksums of the pieces of entries, or nil for a file of the first format.
  func sums() throws -> [UInt32]? {
    guard hasSums else { return nil }
    let start = entriesStart + 4 * rowCount
    let found = try input.bytes(start..<input.byteCount - 8)
    guard littleEndian(found, 0, as: UInt32.self) == bytes.withUnsafeBytes({ crc32C($0) }) else {
      throw damaged("the checksum of its buckets is wrong")
    }
    return (0..<pieceCount(rowCount)).map { littleEndian(found, 4 + 4 * $0, as: UInt32.self) }
  }

  /// Where each bucket starts, one more than there are buckets.
  func starts() throws -> [UInt32] {
    var starts = largeTable(repeating: UInt32(0), count: layout.bucketCount + 1)
    var total = 0
    for bucket in 0..<layout.bucketCount {
      total += Int(littleEndian(bytes, headerByteCount + 2 * bucket, as: UInt16.self))
      guard total <= rowCount else {
        throw damaged("its buckets hold more than \(rowCount) rows")
      }
      starts[bucket + 1] = UInt32(total)
    }
    guard total == rowCount else {
      throw damaged("its buckets hold \(total) of \(rowCount) rows")
    }
    return starts
  }
}

/// Pieces of entries that have a checksum each and are read at once.
private func pieceCount(_ rowCount: Int) -> Int {
  (rowCount + pieceRowCount - 1) / pieceRowCount
}

/// The bytes of a piece among those of all entries.
private func pieceBytes(_ piece: Int, of rowCount: Int) -> Range<Int> {
  let first = piece * pieceRowCount
  return 4 * first..<4 * min(first + pieceRowCount, rowCount)
}
