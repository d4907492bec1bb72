// The file of an index run, all integers little endian:
//
//   bytes  0..<8    "DAYBKIX3"
//   bytes  8..<16   first ledger offset
//   bytes 16..<24   row count n, below 2^32 (bucket count follows from n)
//   then            a piece for each 16 buckets:
//                     2 bytes a bucket: its number of entries
//                     4 bytes an entry, bucket by bucket
//   then            8 bytes a piece: 4 the number of entries before it, 4 its CRC-32C
//   then            4 bytes: CRC-32C of the 24 bytes at the front and of what lies between the
//                   last piece and here
//   last 8          "DAYBKIX3" again, so that a cut file is seen at once
//
// So one look-up reads and checks the few hundred bytes of one piece, and opening reads eight bytes
// a piece. A writer checks these sums, `verify` the SHA-256 in the catalog. The formats before are
// in IndexRun+OldFile.swift.
// Source: docs/formats/ledger.md §4.

import Bytes
import Files

let indexRunMagic = Array("DAYBKIX3".utf8)
let indexRunHeaderByteCount = 24

extension IdentityKeyLayout {
  var pieceCount: Int { bucketCount / Limits.indexPieceBucketCount }
  /// Bytes of a piece's numbers of entries.
  static let pieceHeadByteCount = 2 * Limits.indexPieceBucketCount
  /// Bytes of all pieces.
  func piecesByteCount(rowCount: Int) -> Int {
    IdentityKeyLayout.pieceHeadByteCount * pieceCount + 4 * rowCount
  }
}

/// What the front and the size of an index run's file say.
struct IndexRunHeader {
  let firstOffset: Int64
  let rowCount: Int
  let layout: IdentityKeyLayout
  let bytes: [UInt8]

  /// Where the list of pieces stands.
  var listOffset: Int { indexRunHeaderByteCount + layout.piecesByteCount(rowCount: rowCount) }

  /// - Errors: `LedgerError.damaged` when the file is no run of this format or contradicts itself,
  ///   `FileError`.
  init(_ input: any InputFile, _ path: String) throws {
    func damaged(_ detail: String) -> LedgerError { .damaged(path: path, detail: detail) }
    let bytes = try IndexRunHeader.bytes(input, path)
    guard bytes.starts(with: indexRunMagic) else {
      throw damaged("it is an index run of another format")
    }
    firstOffset = Int64(bitPattern: littleEndian(bytes, 8, as: UInt64.self))
    let wide = littleEndian(bytes, 16, as: UInt64.self)
    guard firstOffset >= 0, wide <= UInt64(input.byteCount) / 4, wide <= UInt64(UInt32.max) else {
      throw damaged("it claims \(wide) rows in \(input.byteCount) bytes")
    }
    rowCount = Int(wide)
    layout = IdentityKeyLayout(rowCount: rowCount)
    self.bytes = bytes
    guard input.byteCount == listOffset + 8 * layout.pieceCount + 4 + 8 else {
      throw damaged("\(rowCount) rows do not fit \(input.byteCount) bytes")
    }
  }

  /// The first bytes of a run's file of any format, whose last bytes name the same.
  static func bytes(_ input: any InputFile, _ path: String) throws -> [UInt8] {
    guard input.byteCount >= indexRunHeaderByteCount + 8 else {
      throw LedgerError.damaged(path: path, detail: "it is cut off")
    }
    let header = try input.bytes(0..<indexRunHeaderByteCount)
    let ending = try input.bytes(input.byteCount - 8..<input.byteCount)
    guard header.starts(with: ending) else {
      throw LedgerError.damaged(path: path, detail: "it is not an index run, or it is cut off")
    }
    return header
  }
}

extension IndexRun {
  /// Writes this run's file.
  func write(to file: NewFile) throws {
    var head = indexRunMagic
    appendLittleEndian(UInt64(firstOffset), to: &head)
    appendLittleEndian(UInt64(rowCount), to: &head)
    try file.write(head)
    var directory: [UInt8] = []
    directory.reserveCapacity(8 * layout.pieceCount)
    var waiting: [UInt8] = []
    waiting.reserveCapacity(Limits.indexReadByteCount + 1 << 16)
    for piece in 0..<layout.pieceCount {
      let start = waiting.count
      append(piece: piece, to: &waiting)
      let sum = waiting.withUnsafeBytes { crc32C(UnsafeRawBufferPointer(rebasing: $0[start...])) }
      appendLittleEndian(starts[piece * Limits.indexPieceBucketCount], to: &directory)
      appendLittleEndian(sum, to: &directory)
      if waiting.count >= Limits.indexReadByteCount {
        try file.write(waiting)
        waiting.removeAll(keepingCapacity: true)
      }
    }
    let sum = directory.withUnsafeBytes { directory in
      crc32C(directory, continuing: head.withUnsafeBytes { crc32C($0) })
    }
    appendLittleEndian(sum, to: &directory)
    try file.write(waiting + directory + indexRunMagic)
  }

  private func append(piece: Int, to bytes: inout [UInt8]) {
    let first = piece * Limits.indexPieceBucketCount
    let end = first + Limits.indexPieceBucketCount
    for bucket in first..<end {
      appendLittleEndian(UInt16(clamping: starts[bucket + 1] - starts[bucket]), to: &bytes)
    }
    entries.withUnsafeBytes { entries in
      bytes.append(contentsOf: entries[4 * Int(starts[first])..<4 * Int(starts[end])])
    }
  }
}

extension InputFile {
  func bytes(_ range: Range<Int>) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    try bytes.withUnsafeMutableBytes { try read(into: $0, at: range.lowerBound) }
    return bytes
  }
}

func appendLittleEndian(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
  withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
}

@inline(__always)
func littleEndian<T: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int, as type: T.Type) -> T {
  bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
}
