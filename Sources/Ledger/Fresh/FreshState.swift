import Bytes
import Events
import Files

/// What a writer knows of the rows that are not yet in a segment.
///
/// Invariants:
/// - `logs` are those the catalog names, with the bytes it counts of them;
/// - a row below `endOffset` is durable; the frames of those from there on are in `pending`;
/// - `log`, if there is one, is the last of `logs` or not yet named there.
struct FreshState {
  /// The frames of one step of a plan, once its task has run.
  ///
  /// - Concurrency: `@unchecked`: filled by one task, read by the writer after the plan is done.
  final class PendingFrames: @unchecked Sendable {
    var frames: [EncodedFrame] = []
  }

  /// Rejected bytes that wait for the next commit.
  struct PendingRejects {
    var bytes: [UInt8] = []
    /// Their places count from the start of `bytes`.
    var entries: [RejectEntry] = []
  }

  var pending: [PendingFrames] = []
  var rejects = PendingRejects()
  private(set) var logs: [FreshLogRecord]
  private(set) var log: FreshLog?
  /// Of `pending`, those that are in `log` already, though nothing counts them yet.
  private var writtenCount = 0
  private(set) var endOffset: Int64
  /// When the oldest of the fresh rows was committed.
  private(set) var since: Int64?

  init(_ state: CatalogState) {
    logs = state.freshLogs
    endOffset = state.freshEnd
    since = state.freshLogs.map(\.createdAt).min()
  }

  /// One task a step: writing frames is mostly copying, and runs beside the columns.
  mutating func frameTasks(
    _ steps: [AppendStep], _ batches: [EventBatch]
  ) -> [@Sendable () throws -> Void] {
    var tasks: [@Sendable () throws -> Void] = []
    for step in steps {
      let waiting = PendingFrames()
      pending.append(waiting)
      let batch = batches[step.batch]
      let selection = step.selection
      tasks.append { waiting.frames = FrameEncoder.frames(batch, selection) }
    }
    return tasks
  }

  /// Writes frames that are pending to the log, begun if there is none; nothing counts them yet.
  @discardableResult
  mutating func writePending(
    _ files: any FileSystem, _ directory: LedgerDirectory, commitNumber: Int64, now: Int64
  ) throws(FileError) -> FreshLog {
    let log: FreshLog
    if let open = self.log {
      log = open
    } else {
      log = try FreshLog(
        files, directory, firstOffset: endOffset, commitNumber: commitNumber, createdAt: now)
      self.log = log
    }
    for step in pending[writtenCount...] {
      for frame in step.frames where frame.firstOffset >= endOffset { try log.write(frame) }
      writtenCount += 1
    }
    return log
  }

  /// Writes everything pending to the log, begun if there is none, and makes it durable.
  ///
  /// - Shape: returns what the catalog must say, and the entries of the rejects with their places.
  mutating func write(
    _ files: any FileSystem, _ directory: LedgerDirectory, commitNumber: Int64, now: Int64
  ) throws(FileError) -> (FreshLogRecord, [RejectEntry]) {
    let log = try writePending(files, directory, commitNumber: commitNumber, now: now)
    var entries = rejects.entries
    if !entries.isEmpty {
      let frame = rejectFrame(
        rejects.bytes, messageCount: entries.count, firstOffset: log.record.endOffset)
      let start = try log.write(rejects: frame) + FrameHeader.byteCount
      for index in entries.indices {
        entries[index].file = log.record.name
        entries[index].start += start
      }
    }
    try log.synchronize()
    return (log.record, entries)
  }

  /// The catalog has taken what `write` returned.
  mutating func committed(_ record: FreshLogRecord) {
    if logs.last?.name == record.name { logs.removeLast() }
    logs.append(record)
    endOffset = max(endOffset, record.endOffset)
    since = since ?? record.createdAt
    pending = []
    writtenCount = 0
    rejects = PendingRejects()
  }

  /// Gives up the log after a failure; everything pending is kept and goes into another one.
  mutating func abandonLog(_ files: any FileSystem, _ directory: LedgerDirectory) {
    writtenCount = 0
    guard let failed = log.take() else { return }
    do {
      try failed.close()
      if logs.last?.name != failed.record.name {
        try files.remove(directory.file(.fresh, failed.record.name))
      }
    } catch {
      // It has no name in the catalog, so the next opening removes it.
      return
    }
  }

  /// Forgets logs that a commit has dropped, and frames of rows that are sealed by now.
  mutating func forget(
    _ names: [String], sealedEnd: Int64, _ files: any FileSystem, _ directory: LedgerDirectory
  ) throws(FileError) {
    logs.removeAll { names.contains($0.name) }
    endOffset = max(endOffset, sealedEnd)
    pending.removeAll { $0.frames.allSatisfy { frame in frame.endOffset <= sealedEnd } }
    writtenCount = 0
    // What comes now belongs to the next segment; its log shall go when that is sealed.
    if let open = log.take() {
      try open.close()
      let name = open.record.name
      let isCounted = names.contains(name) || logs.contains { $0.name == name }
      if !isCounted { try files.remove(directory.file(.fresh, name)) }
    }
    since = logs.map(\.createdAt).min()
  }
}
