import Bytes
import Files
import Parquet
import Threads

/// A segment in memory: rows are appended to it until it is full or a commit asks for it.
///
/// Its life: rows are *planned* (they get offsets, and their identities stand in `table`), their
/// columns are *fed* to the lanes, the last pages of messages are *compressed*, and it is *sealed*:
/// lanes finished, file written, index run made. Each step runs on the pool, one round after the
/// other; but the writing of a full segment, which waits for the disk, may have a thread of its own
/// beside the rounds.
///
/// - Concurrency: `@unchecked`: planned by the writer alone; lanes by one task each; sealed by one
///   task or thread after all others have ended, and looked at by the writer after that has.
final class OpenSegment: @unchecked Sendable {
  let firstOffset: Int64
  let lanes: [SegmentLane]
  var table: OpenRowTable
  var messageByteCount = 0
  /// The columns once they are finished: kept until the file is written, which may take more than
  /// one attempt.
  private var chunks: [EncodedColumnChunk] = []
  /// Why the last attempt of a live writer to seal it failed.
  private(set) var sealFailure: (any Error)?
  /// What tasks of a round made ahead of the sealing: columns and the index run.
  private let finishedLanes = TaskResults<EncodedColumnChunk?>(
    count: SegmentColumn.all.count, empty: nil)
  private let finishedRun = TaskResults<IndexRun?>(count: 1, empty: nil)
  /// Whether those tasks were handed out.
  private(set) var isFinished = false
  /// What the file will begin with, hashed while the segment is open.
  private var prefix: HashedPrefix?
  /// Pages of messages that tasks of the last round compressed; not yet hashed.
  private var compressedPages: [PendingPage] = []
  private var writing: (work: BackgroundWork, startRound: Int)?
  private var sealing: Sealed?

  /// What sealing made; nil while a thread is at it.
  var sealed: Sealed? { writing == nil ? sealing : nil }

  struct Sealed {
    var contents: CatalogCommit.SegmentContents
    var run: IndexRun
  }

  init(
    firstOffset: Int64, options: LedgerWriterOptions,
    messageCompressor: (any PageCompressor)?, expectedRowCount: Int
  ) throws {
    self.firstOffset = firstOffset
    table = OpenRowTable(minimumCapacity: expectedRowCount)
    lanes = try SegmentColumn.all.map { column in
      try SegmentLane(
        column,
        SegmentSchema.options(
          column, compression: options.compression,
          messageCompressor: messageCompressor))
    }
  }

  var rowCount: Int { table.count }
  /// Bytes of encoded columns in memory.
  var heldByteCount: Int { lanes.reduce(0) { $0 + $1.writer.heldByteCount } }
  var endOffset: Int64 { firstOffset + Int64(rowCount) }

  /// Pages of messages that wait for their compression, which is this round's.
  func takePendingPages() -> [PendingPage] {
    let pages = lanes[SegmentColumn.message.index].writer.takePendingPages()
    compressedPages += pages
    return pages
  }

  /// A task that hashes the pages compressed since the last time; nil when there are none.
  ///
  /// - Shape: called before `takePendingPages`, once the round before has ended.
  func hashTask() -> (@Sendable () throws -> Void)? {
    let pages = compressedPages.compactMap(\.bytes)
    // A page that could not be compressed ends the segment; there is nothing to save then.
    guard !pages.isEmpty, pages.count == compressedPages.count else { return nil }
    compressedPages = []
    let prefix: HashedPrefix
    if let known = self.prefix {
      prefix = known
    } else {
      prefix = HashedPrefix()
      prefix.update(FileWriter.magic)
      self.prefix = prefix
    }
    return { for page in pages { prefix.update(page) } }
  }

  /// Tasks that finish the lanes and make the index run, side by side.
  func finishTasks() -> [@Sendable () throws -> Void] {
    isFinished = true
    var tasks: [@Sendable () throws -> Void] = [
      {
        self.finishedRun.set(
          0, IndexRun(firstOffset: self.firstOffset, hashes: self.table.identities))
      }
    ]
    for (index, lane) in lanes.enumerated() {
      tasks.append { self.finishedLanes.set(index, try lane.writer.finish()) }
    }
    return tasks
  }

  /// Seals it on a thread of its own, once the tasks of `finishTasks` have ended.
  func beginSealing(_ files: any FileSystem, _ directory: LedgerDirectory, round: Int) {
    writing = (BackgroundWork { try self.seal(files, directory) }, round)
  }

  /// The round in which a thread began to seal it, while that is so.
  var sealingRound: Int? { writing?.startRound }

  /// Waits for the thread that seals it, if there is one.
  func joinSealing() throws {
    guard let work = writing?.work else { return }
    try work.wait()
    writing = nil
  }

  /// Waits until no thread is at it any more, whatever came of it.
  func waitForSealing() { writing?.work.waitForEnd() }

  /// Writes the segment's file, durable but for its name, and makes its index run.
  func seal(_ files: any FileSystem, _ directory: LedgerDirectory) throws {
    if chunks.isEmpty {
      for (index, lane) in lanes.enumerated() {
        chunks.append(try finishedLanes.values[index] ?? lane.writer.finish())
        finishedLanes.set(index, nil)
      }
    }
    let published = try writeSegment(
      chunks, firstOffset: firstOffset, rowCount: rowCount, files, directory, prefix: prefix)
    chunks = []
    let run =
      finishedRun.values[0] ?? IndexRun(firstOffset: firstOffset, hashes: table.identities)
    sealing = Sealed(contents: contents(published), run: run)
  }

  /// Seals it, or keeps the reason why not: its rows are safe in the fresh log.
  func trySeal(_ files: any FileSystem, _ directory: LedgerDirectory) {
    do {
      sealFailure = nil
      try seal(files, directory)
    } catch {
      sealFailure = error
    }
  }

  private func contents(_ file: NewFile.Published) -> CatalogCommit.SegmentContents {
    let record = SegmentRecord(
      name: file.name, firstOffset: firstOffset, rowCount: rowCount, byteCount: file.byteCount,
      messageByteCount: messageByteCount, sha256: file.sha256,
      occurredAt: lanes[SegmentColumn.occurredAt.index].range ?? 0...0,
      recordedAt: lanes[SegmentColumn.recordedAt.index].range ?? 0...0)
    return CatalogCommit.SegmentContents(
      record: record, topics: lanes[SegmentColumn.topic.index].topics.sorted(),
      origins: lanes[SegmentColumn.origin.index].origins.sorted())
  }
}

/// Writes an index run's file and gives it its name.
func writeRun(
  _ run: IndexRun, _ files: any FileSystem, _ directory: LedgerDirectory
) throws -> RunRecord {
  let path = directory.temporary + "/" + paddedDecimal(run.firstOffset) + ".index"
  let file = try NewFile(files, temporaryPath: path)
  try run.write(to: file)
  let published = try file.publish(.index, first: run.firstOffset, in: directory)
  return RunRecord(
    name: published.name, firstOffset: run.firstOffset, rowCount: run.rowCount,
    byteCount: published.byteCount, sha256: published.sha256)
}
