import Bytes
import Events
import Files
import Parquet

/// Reads sealed rows back to compare them with new ones, byte for byte.
///
/// Candidates are visited by block and messages by offset, and blocks and readers are kept for a
/// while, so an old file that comes again costs about one sequential read of what it became.
///
/// - Cost: `Limits.verificationPageCount` decoded blocks of identities (about 1 MB each) and
///   `Limits.verificationReaderCount` open segments.
struct SealedRows {
  private let files: any FileSystem
  private let directory: LedgerDirectory
  private var segments: SegmentList
  private var blocks = RecentValues<IdentityBlock>(limit: Limits.verificationPageCount)
  private var readers = RecentValues<ColumnReader>(limit: Limits.verificationReaderCount)
  private var opened = RecentValues<SegmentFile>(limit: Limits.verificationReaderCount)

  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, _ segments: [SegmentRecord]
  ) {
    self.files = files
    self.directory = directory
    self.segments = SegmentList(segments)
  }

  var segmentRecords: [SegmentRecord] { segments.records }

  /// Takes new segments. The newest block may have been read before they were there.
  mutating func add(_ new: [SegmentRecord]) {
    segments.append(new)
    blocks = RecentValues(limit: Limits.verificationPageCount)
  }

  /// Which of the candidates are the same event.
  ///
  /// - Shape: verdicts ascend by row, at most one a row.
  func compare(_ batch: EventBatch, _ candidates: [Candidate]) throws -> [Verdict] {
    var found: [(offset: Int64, row: Int)] = []
    var last: Candidate?
    for candidate in candidates.sorted(by: { ($0.block, $0.row) < ($1.block, $1.row) }) {
      // Two rows of a block may look like one identity; the block is asked once.
      if let last, last.block == candidate.block, last.row == candidate.row { continue }
      last = candidate
      let block = try block(candidate.block)
      let row = Int(candidate.row)
      let offset = batch.text.withUnsafeBytes { text in
        block.offset(id: bytes(text, batch.eventID, row), source: bytes(text, batch.source, row))
      }
      if let offset { found.append((offset, row)) }
    }
    found.sort { $0.offset < $1.offset }
    return try compareMessages(batch, found).sorted { $0.row < $1.row }
  }

  private func block(_ number: Int64) throws -> IdentityBlock {
    let blockRows = Int64(Limits.indexBlockRowCount)
    return try blocks.value(number) {
      var block = IdentityBlock()
      var offset = number * blockRows
      let end = min(offset + blockRows, segments.records.last?.endOffset ?? 0)
      while offset < end {
        guard let segment = try segment(at: offset) else { break }
        let count = min(end, segment.record.endOffset) - offset
        try block.append(segment, from: offset, count: Int(count))
        offset += count
      }
      block.finish()
      return block
    }
  }

  private func segment(at offset: Int64) throws -> SegmentFile? {
    guard let place = segments.index(ofOffset: offset) else { return nil }
    let record = segments.records[place]
    return try opened.value(record.firstOffset) { try SegmentFile(files, directory, record) }
  }

  /// - Shape: `found` ascends by offset and may name one twice. Runs of neighbours are read in one
  ///   go, since a step back costs a page.
  private func compareMessages(
    _ batch: EventBatch, _ found: [(offset: Int64, row: Int)]
  ) throws -> [Verdict] {
    var verdicts: [Verdict] = []
    verdicts.reserveCapacity(found.count)
    var first = 0
    while first < found.count {
      guard let segment = try segment(at: found[first].offset) else {
        throw LedgerError.damaged(
          path: directory.path, detail: "no segment holds offset \(found[first].offset)")
      }
      var end = first + 1
      while end < found.count, end - first < Limits.verificationRowCount,
        found[end].offset <= found[end - 1].offset + 1,
        found[end].offset < segment.record.endOffset
      {
        end += 1
      }
      let start = found[first].offset
      let messages = try messages(
        segment, from: start, count: Int(found[end - 1].offset - start) + 1)
      batch.text.withUnsafeBytes { text in
        for index in first..<end {
          let row = found[index].row
          let isSame = bytes(text, batch.messages, row).elementsEqual(
            messages[Int(found[index].offset - start)])
          verdicts.append(Verdict(row: row, isSameMessage: isSame))
        }
      }
      first = end
    }
    return verdicts
  }

  private func messages(
    _ segment: SegmentFile, from offset: Int64, count: Int
  ) throws -> ByteValues {
    let reader = try readers.value(segment.record.firstOffset) { try segment.column(.message) }
    var values = ByteValues()
    var isPresent: [UInt8] = []
    try reader.seek(toRow: Int(offset - segment.record.firstOffset))
    guard try reader.readBytes(count, into: &values, isPresent: &isPresent) == count else {
      throw LedgerError.damaged(path: segment.path, detail: "it has no message at \(offset)")
    }
    return values
  }
}

/// A string of a batch.
@inline(__always)
func bytes(
  _ text: UnsafeRawBufferPointer, _ column: TextColumn, _ row: Int
) -> UnsafeRawBufferPointer {
  let start = Int(column.starts[row])
  return UnsafeRawBufferPointer(rebasing: text[start..<start + Int(column.lengths[row])])
}
