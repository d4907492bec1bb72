import Bytes
import Files
import Parquet

/// Makes index runs anew from the segments: an index is never more than a shortcut.
struct IndexRebuild: Sendable {
  private let files: any FileSystem
  private let directory: LedgerDirectory
  private let hashSeed: UInt64

  init(_ files: any FileSystem, _ directory: LedgerDirectory, _ hashSeed: UInt64) {
    self.files = files
    self.directory = directory
    self.hashSeed = hashSeed
  }

  /// The run of some rows.
  func run(
    _ segments: [SegmentRecord], from first: Int64, rowCount: Int
  ) throws -> IndexRun {
    var hashes: [UInt64] = []
    hashes.reserveCapacity(rowCount)
    let end = first + Int64(rowCount)
    for segment in segments where segment.endOffset > first && segment.firstOffset < end {
      let from = max(first, segment.firstOffset)
      let count = min(end, segment.endOffset) - from
      try append(segment, from: from, count: Int(count), to: &hashes)
    }
    guard hashes.count == rowCount else {
      throw LedgerError.damaged(
        path: directory.folder(.segments), detail: "they have too few rows for the index")
    }
    return IndexRun(firstOffset: first, hashes: hashes)
  }

  /// As the decoder does it: the source's hash seeds that of the id.
  private func hash(_ ids: ByteValues, _ sources: ByteValues, to hashes: inout [UInt64]) {
    ids.bytes.withUnsafeBytes { idBytes in
      sources.bytes.withUnsafeBytes { sourceBytes in
        for index in 0..<ids.count {
          let source = Int(sources.offsets[index])..<Int(sources.offsets[index + 1])
          let id = Int(ids.offsets[index])..<Int(ids.offsets[index + 1])
          let seed = fastHash(
            UnsafeRawBufferPointer(rebasing: sourceBytes[source]), seed: hashSeed)
          hashes.append(fastHash(UnsafeRawBufferPointer(rebasing: idBytes[id]), seed: seed))
        }
      }
    }
  }

  private func append(
    _ segment: SegmentRecord, from offset: Int64, count: Int, to hashes: inout [UInt64]
  ) throws {
    let file = try SegmentFile(files, directory, segment)
    let ids = try file.column(.eventID)
    let sources = try file.column(.source)
    let row = Int(offset - segment.firstOffset)
    try ids.seek(toRow: row)
    try sources.seek(toRow: row)
    var left = count
    var present: [UInt8] = []
    while left > 0 {
      let wanted = min(left, Limits.scanRowCount)
      var id = ByteValues()
      var source = ByteValues()
      let gotIDs = try ids.readBytes(wanted, into: &id, isPresent: &present)
      let gotSources = try sources.readBytes(wanted, into: &source, isPresent: &present)
      guard gotIDs == wanted, gotSources == wanted else {
        throw LedgerError.damaged(path: file.path, detail: "a column has too few rows")
      }
      hash(id, source, to: &hashes)
      left -= wanted
    }
  }
}
