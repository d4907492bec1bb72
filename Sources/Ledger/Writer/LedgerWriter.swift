import Bytes
package import Files
import Parquet
package import Threads

/// The one writer of a ledger: takes batches of decoded events and makes them durable.
///
/// Invariants:
/// - a row is in the table of an unsealed segment or in an index run, never in neither;
/// - the catalog names a file only after the file, its name and its directory are durable;
/// - the bytes of a segment depend on the rows and the options, not on batches or threads.
///
/// Order of use: `plan` a round of batches, run all tasks of the plan (together with the decoding
/// of the next round, if one likes), plan the next; at the end `commit`. A failure closes the
/// writer: what was committed stands, the rest is gone when the ledger is opened again.
///
/// - Concurrency: one thread at a time; tasks of a plan on any threads.
package final class LedgerWriter {
  let directory: LedgerDirectory
  let files: any FileSystem
  let pool: WorkerPool
  let clock: WallClock
  let options: LedgerWriterOptions
  let catalog: SegmentCatalog
  let messageCompressor: (any PageCompressor)?
  /// Names the ledger and seeds the hashes of batches that are appended.
  package let identity: LedgerIdentity
  /// Files that a crash had left behind and that were removed at opening.
  package let removedFileCount: Int

  let lock: any FileLock
  var index: DuplicateIndex
  var current: OpenSegment
  var sealing: [OpenSegment] = []
  var rejectFile: RejectFile
  var fresh: FreshState
  /// Why the last compaction of a live writer failed, if it did; its rows are as they were.
  package internal(set) var compactionFailure: (any Error)?
  /// Has a live writer's merges done beside it: starts a thread that runs the merge, say. Without
  /// it they are done within the commits that seal.
  package var runMerge: ((SegmentMerge) -> Void)?
  /// The merge that was given to `runMerge` and not taken yet.
  var mergeBeside: SegmentMerge?
  var closedRejects: [(id: Int64, closedBy: String)] = []
  var commitNumber: Int64
  var lastPlan: AppendPlan?
  var roundNumber = 0
  var hasFailed = false
  /// Old index runs that could not be removed.
  var leftFileCount = 0

  /// Opens the ledger in a directory, which is made when it is not there.
  ///
  /// - Errors: `LedgerError.locked` when another writer has it; `newerFormat`, `damaged`,
  ///   `catalog`; `FileError`.
  package static func open(
    directory path: String, files: any FileSystem, pool: WorkerPool, clock: WallClock,
    random: inout some RandomNumberGenerator, options: LedgerWriterOptions = LedgerWriterOptions()
  ) throws -> LedgerWriter {
    let directory = LedgerDirectory(path)
    let recovery = Recovery(files: files, directory: directory)
    try recovery.makeDirectories()
    let lock = try takeLock(files, directory)
    let catalog = try SegmentCatalog(path: directory.catalog, isWriter: true)
    let identity = try identity(catalog, clock, &random)
    guard identity.formatVersion <= CatalogSchema.formatVersion else {
      throw LedgerError.newerFormat(
        path: directory.path, version: identity.formatVersion,
        known: CatalogSchema.formatVersion)
    }
    return try LedgerWriter(
      directory, files, pool, clock, options, catalog, identity, lock, recovery)
  }

  private static func takeLock(
    _ files: any FileSystem, _ directory: LedgerDirectory
  ) throws -> any FileLock {
    do throws(FileError) {
      return try files.lock(directory.lock)
    } catch {
      if error.reason == .locked { throw LedgerError.locked(path: directory.path) }
      throw error
    }
  }

  private static func identity(
    _ catalog: SegmentCatalog, _ clock: WallClock, _ random: inout some RandomNumberGenerator
  ) throws -> LedgerIdentity {
    if let identity = try catalog.identity() { return identity }
    let bytes = (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next() >> 56) }
    let identity = LedgerIdentity(
      id: hexadecimal(bytes), hashSeed: random.next(), formatVersion: CatalogSchema.formatVersion)
    try catalog.setIdentity(identity, createdAt: clock.now())
    return identity
  }

  private init(
    _ directory: LedgerDirectory, _ files: any FileSystem, _ pool: WorkerPool, _ clock: WallClock,
    _ options: LedgerWriterOptions, _ catalog: SegmentCatalog, _ identity: LedgerIdentity,
    _ lock: any FileLock, _ recovery: Recovery
  ) throws {
    let state = try catalog.state()
    let (segments, commitNumber) = (state.segments, state.commitNumber)
    let (runs, filter) = (try catalog.runs(), try catalog.filter())
    removedFileCount = try recovery.run(
      segments: segments, runs: runs, filter: filter, rejectFiles: try catalog.rejectFiles(),
      freshLogs: state.freshLogs, announced: try catalog.announcedFiles(),
      commitNumber: commitNumber)
    try catalog.forgetAnnounced()
    try Leases(files: files, directory: directory).make(state.generation)
    index = try DuplicateIndex(
      files, directory, segments: segments, runs: runs, filter: filter,
      fanIn: options.indexFanIn, fileRowCount: options.indexFileRowCount,
      hashSeed: identity.hashSeed, pool: pool)
    messageCompressor = options.messageCompressor()
    current = try OpenSegment(
      firstOffset: segments.last?.endOffset ?? 0, options: options,
      messageCompressor: messageCompressor, expectedRowCount: 0)
    rejectFile = RejectFile(files, directory, sequence: commitNumber + 1)
    self.directory = directory
    self.files = files
    self.pool = pool
    self.clock = clock
    self.options = options
    self.catalog = catalog
    self.identity = identity
    self.lock = lock
    self.commitNumber = commitNumber
    fresh = FreshState(state)
    try replayFresh(state)
    try removeReplaced()
  }

  /// Rows accepted but not yet committed.
  package var uncommittedRowCount: Int {
    let sealedEnd = sealing.first?.firstOffset ?? current.firstOffset
    return Int(endOffset - max(sealedEnd, fresh.endOffset))
  }

  /// Rows committed but not yet in a segment.
  package var freshRowCount: Int {
    Int(max(0, fresh.endOffset - (sealing.first?.firstOffset ?? current.firstOffset)))
  }

  /// The ledger offset that the next accepted event gets.
  package var endOffset: Int64 { current.endOffset }

  /// Index runs that were missing or broken at opening and were made anew in memory.
  package var rebuiltRunCount: Int { index.rebuiltRunCount }

  /// Memory of the index of duplicates.
  package var indexMemoryByteCount: Int { index.memoryByteCount }

  /// Up to where an origin has been committed.
  package func checkpoint(origin: [UInt8]) throws -> Checkpoint? {
    try catalog.checkpoint(origin: origin)
  }

  /// Up to where every origin that has a checkpoint has been committed.
  package func checkpoints() throws -> [Checkpoint] { try catalog.checkpoints() }

  /// Whether a file of this size was taken in to its end.
  package func hasFinishedFile(byteCount: Int) throws -> Bool {
    try catalog.hasFinishedFile(byteCount: byteCount)
  }

  /// The record of a file of this content that was taken in to its end, if there is one.
  package func finishedFile(
    contentHash: [UInt8], byteCount: Int, reading: String
  ) throws -> FinishedFile? {
    try catalog.finishedFile(
      contentHash: contentHash, byteCount: byteCount, reading: reading)
  }

  /// Gives the ledger up; what was not committed is dropped.
  package func close() throws {
    hasFailed = true
    for segment in sealing { segment.waitForSealing() }
    mergeBeside?.cancel()
    mergeBeside?.waitForEnd()
    try catalog.close()
    lock.unlock()
  }

  /// Runs `body`; after an error the writer can only be closed.
  func guarded<T>(needsPlanDone: Bool = true, _ body: () throws -> T) throws -> T {
    if hasFailed { throw LedgerError.closed }
    if needsPlanDone, let lastPlan, !lastPlan.isDone {
      hasFailed = true
      throw LedgerError.closed
    }
    do {
      return try body()
    } catch {
      hasFailed = true
      throw error
    }
  }
}
