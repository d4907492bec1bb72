package import Events
import Files
import Parquet
package import Threads

/// The set of segments at one commit, and the fresh rows that are in no segment yet.
///
/// - Shape: a value that never changes; its files stay as long as it or one of its runs lives,
///   whatever is merged meanwhile.
package struct LedgerSnapshot: Sendable {
  let directory: LedgerDirectory
  let files: any FileSystem
  let segments: SegmentList
  let fresh: FreshRows
  let lease: (any FileLock)?
  /// Where events lie, as the index of duplicates knows it.
  let identities: IdentityPlaces
  /// What look-ups have open.
  let openedSegments = OpenedSegments()
  /// The number of the commit, 0 before the first one.
  package let commitNumber: Int64

  /// The segments by offset.
  package var segmentRecords: [SegmentRecord] { segments.records }

  /// All rows, fresh ones included.
  package var rowCount: Int {
    segments.records.reduce(fresh.rowCount) { $0 + $1.rowCount }
  }

  /// Rows that are in no segment yet.
  package var freshRowCount: Int { fresh.rowCount }

  /// The ledger offset after the last row.
  package var endOffset: Int64 { fresh.endOffset }

  /// Every segment as a run that can be scanned, by offset; fresh rows, if any, are the last run.
  package var runs: [any EventRun] { segments.records.map { run($0) } + freshRuns }

  /// The fresh rows as a run, if there are any.
  package var freshRuns: [any EventRun] { fresh.rowCount > 0 ? [FreshRun(rows: fresh)] : [] }

  /// The runs of some segments.
  package func runs(of records: [SegmentRecord]) -> [any EventRun] { records.map { run($0) } }

  private func run(_ record: SegmentRecord) -> SegmentRun {
    let files = self.files
    let directory = self.directory
    let lease = self.lease
    return SegmentRun(
      record: record,
      open: { try withExtendedLifetime(lease) { try SegmentFile(files, directory, record) } },
      segments: openedSegments, identities: identities)
  }

  func open(_ record: SegmentRecord) throws -> SegmentFile {
    try SegmentFile(files, directory, record)
  }

  /// The message at a ledger offset, or nil behind the end.
  ///
  /// - Cost: one page is decompressed, and kept for the next messages that lie in it.
  package func message(atOffset offset: Int64) throws -> [UInt8]? {
    guard let place = segments.index(ofOffset: offset) else {
      return try fresh.message(atOffset: offset)
    }
    let (file, messages) = try messages(ofSegment: place)
    let reader = try file.reader.columnReader(
      column: SegmentColumn.message.index, rowGroup: 0, sharing: messages,
      fromRow: Int(offset - file.record.firstOffset))
    var values = ByteValues()
    var isPresent: [UInt8] = []
    guard try reader.readBytes(1, into: &values, isPresent: &isPresent) == 1 else { return nil }
    return Array(values[0])
  }

  /// Decompresses, on all threads, the pages of the first messages that will be asked for.
  package func prepareMessages(atOffsets offsets: [Int64], _ pool: WorkerPool) throws {
    var pages: Set<Int64> = []
    for offset in offsets where pages.count < Limits.preparedPageCount {
      guard let place = segments.index(ofOffset: offset) else { continue }
      let (file, messages) = try messages(ofSegment: place)
      let first = file.record.firstOffset
      if let row = messages.firstRow(ofPageWith: Int(offset - first)) {
        pages.insert(first + Int64(row))
      }
    }
    let firstOffsets = pages.sorted()
    try pool.run(firstOffsets.count) { _ = try message(atOffset: firstOffsets[$0]) }
  }

  private func messages(ofSegment place: Int) throws -> (SegmentFile, SharedChunk) {
    let record = segments.records[place]
    let file = try openedSegments.file(record) { try open(record) }
    return (
      file, try file.reader.sharedChunk(column: SegmentColumn.message.index, rowGroup: 0)
    )
  }
}
