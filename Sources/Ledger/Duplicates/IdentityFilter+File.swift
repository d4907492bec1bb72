// The file of the filter of identities, all integers little endian:
//
//   bytes  0..<8    "DAYBKFL1"
//   bytes  8..<16   the ledger offset up to which it has every row
//   bytes 16..<24   number of blocks b
//   then            32 bytes a block
//   then            4 bytes: CRC-32C of the 24 bytes before the blocks
//   then            4 bytes a mebibyte of blocks, the last may be shorter: its CRC-32C
//   last 8          "DAYBKFL1" again, so that a cut file is seen at once
//
// It may have rows behind its offset: a filter only ever says "perhaps". Rows of a ledger never
// change, so it stays right however runs are merged. A writer that opens a ledger checks these
// sums, `verify` the SHA-256 in the catalog.
// Source: docs/formats/ledger.md §4.

import Bytes
import Files
import Threads

private let magic = Array("DAYBKFL1".utf8)
private let headerByteCount = 24

extension IdentityFilter {
  /// Writes its file, which holds every row up to an offset, and gives it its name.
  func write(
    endOffset: Int64, _ files: any FileSystem, _ directory: LedgerDirectory
  ) throws -> FilterRecord {
    let file = try NewFile(files, temporaryPath: directory.temporary + "/identities.filter")
    var header = magic
    appendLittleEndian(UInt64(endOffset), to: &header)
    appendLittleEndian(UInt64(blockCount), to: &header)
    try file.write(header)
    var sums: [UInt8] = []
    appendLittleEndian(header.withUnsafeBytes { crc32C($0) }, to: &sums)
    for piece in 0..<filterPieceCount(bytes.count) {
      let piece = UnsafeRawBufferPointer(rebasing: bytes[filterPiece(piece, of: bytes.count)])
      appendLittleEndian(crc32C(piece), to: &sums)
      try file.write(piece)
    }
    try file.write(sums + magic)
    let published = try file.publish(.filters, first: 0, in: directory)
    return FilterRecord(
      name: published.name, endOffset: endOffset, byteCount: published.byteCount,
      sha256: published.sha256)
  }

  /// Reads a filter back, on all threads.
  ///
  /// - Errors: `LedgerError.damaged` when the bytes are no filter, are not that of the catalog or
  ///   contradict themselves; `FileError`.
  convenience init(
    _ files: any FileSystem, _ path: String, _ record: FilterRecord, _ pool: WorkerPool
  ) throws {
    @Sendable func damaged(_ detail: String) -> LedgerError { .damaged(path: path, detail: detail) }
    let input = try files.open(path)
    defer { input.close() }
    guard input.byteCount == record.byteCount, input.byteCount >= headerByteCount + 12 else {
      throw damaged("it has \(input.byteCount) bytes, the catalog says \(record.byteCount)")
    }
    let header = try input.bytes(0..<headerByteCount)
    let wide = littleEndian(header, 16, as: UInt64.self)
    guard header.starts(with: magic),
      try input.bytes(input.byteCount - 8..<input.byteCount) == magic,
      littleEndian(header, 8, as: UInt64.self) == UInt64(record.endOffset),
      wide > 0, wide <= UInt64(input.byteCount) / UInt64(IdentityFilter.blockByteCount),
      Int(wide).isMultiple(of: IdentityFilter.taskCount)
    else { throw damaged("it is not the filter of \(record.endOffset) rows, or it is cut off") }
    let byteCount = IdentityFilter.blockByteCount * Int(wide)
    let pieceCount = filterPieceCount(byteCount)
    let sumsStart = headerByteCount + byteCount
    guard input.byteCount == sumsStart + 4 + 4 * pieceCount + 8 else {
      throw damaged("\(wide) blocks do not fit \(input.byteCount) bytes")
    }
    let sums = try input.bytes(sumsStart..<sumsStart + 4 + 4 * pieceCount)
    guard littleEndian(sums, 0, as: UInt32.self) == header.withUnsafeBytes({ crc32C($0) }) else {
      throw damaged("the checksum of its header is wrong")
    }
    self.init(uninitializedBlockCount: Int(wide))
    try pool.run(pieceCount) { piece in
      let range = filterPiece(piece, of: byteCount)
      let bytes = UnsafeMutableRawBufferPointer(rebasing: self.bytes[range])
      try input.read(into: bytes, at: headerByteCount + range.lowerBound)
      let sum = crc32C(UnsafeRawBufferPointer(bytes))
      if sum != littleEndian(sums, 4 + 4 * piece, as: UInt32.self) {
        throw damaged("the checksum of the bits at byte \(range.lowerBound) is wrong")
      }
    }
  }
}

private func filterPieceCount(_ byteCount: Int) -> Int {
  (byteCount + Limits.indexReadByteCount - 1) / Limits.indexReadByteCount
}

private func filterPiece(_ piece: Int, of byteCount: Int) -> Range<Int> {
  let first = piece * Limits.indexReadByteCount
  return first..<min(first + Limits.indexReadByteCount, byteCount)
}
