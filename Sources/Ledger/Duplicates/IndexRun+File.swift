// The file of an index run, all integers little endian:
//
//   bytes  0..<8    "DAYBKIX1"
//   bytes  8..<16   first ledger offset
//   bytes 16..<24   row count n
//   then            2 bytes a bucket: its number of entries (bucket count follows from n)
//   then            4 bytes an entry, bucket by bucket
//   last 8          "DAYBKIX1" again, so that a cut file is seen at once
//
// Its SHA-256 is in the catalog. Source: docs/formats/ledger.md §4.

import Bytes

private let magic: [UInt8] = Array("DAYBKIX1".utf8)

extension IndexRun {
  /// The bytes of this run's file.
  func fileBytes() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32 + 2 * layout.bucketCount + 4 * entries.count)
    bytes.append(contentsOf: magic)
    appendLittleEndian(UInt64(firstOffset), to: &bytes)
    appendLittleEndian(UInt64(rowCount), to: &bytes)
    for bucket in 0..<layout.bucketCount {
      appendLittleEndian(UInt16(clamping: starts[bucket + 1] - starts[bucket]), to: &bytes)
    }
    entries.withUnsafeBytes { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: magic)
    return bytes
  }

  /// Reads a run back.
  ///
  /// - Errors: `LedgerError.damaged` when the bytes are no run or contradict themselves.
  init(fileBytes bytes: [UInt8], path: String) throws(LedgerError) {
    func damaged(_ detail: String) -> LedgerError { .damaged(path: path, detail: detail) }
    guard bytes.count >= 32, bytes.prefix(8).elementsEqual(magic),
      bytes.suffix(8).elementsEqual(magic)
    else { throw damaged("it is not an index run, or it is cut off") }
    let first = Int64(bitPattern: littleEndian(bytes, 8, as: UInt64.self))
    let wide = littleEndian(bytes, 16, as: UInt64.self)
    guard first >= 0, wide <= UInt64(bytes.count) / 4 else {
      throw damaged("it claims \(wide) rows in \(bytes.count) bytes")
    }
    let count = Int(wide)
    let layout = IdentityKeyLayout(rowCount: count)
    guard bytes.count == 32 + 2 * layout.bucketCount + 4 * count else {
      throw damaged("\(count) rows do not fit \(bytes.count) bytes")
    }
    var starts = largeTable(repeating: UInt32(0), count: layout.bucketCount + 1)
    var total = 0
    for bucket in 0..<layout.bucketCount {
      total += Int(littleEndian(bytes, 24 + 2 * bucket, as: UInt16.self))
      guard total <= count else { throw damaged("its buckets hold more than \(count) rows") }
      starts[bucket + 1] = UInt32(total)
    }
    guard total == count else { throw damaged("its buckets hold \(total) of \(count) rows") }
    let base = 24 + 2 * layout.bucketCount
    var entries = largeTable(repeating: UInt32(0), count: count)
    entries.withUnsafeMutableBufferPointer { buffer in
      bytes.withUnsafeBytes { raw in
        for index in 0..<count {
          buffer[index] = UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: base + 4 * index, as: UInt32.self))
        }
      }
    }
    self.init(
      firstOffset: first, rowCount: count, layout: layout, entries: entries, starts: starts)
  }
}

private func appendLittleEndian(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
  withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
}

private func littleEndian<T: FixedWidthInteger>(
  _ bytes: [UInt8], _ offset: Int, as type: T.Type
) -> T {
  bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
}
