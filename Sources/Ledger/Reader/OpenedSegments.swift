import Parquet
import Synchronization

/// Segments that the look-ups of a snapshot keep open, and what they have read of them.
///
/// - Concurrency: any number of threads; two that open the same segment at once both succeed.
final class OpenedSegments: Sendable {
  private let pages = KeptPages(byteLimit: Limits.keptPageByteCount)
  private let files = Mutex<[Int64: SegmentFile]>([:])

  /// The segment of a record, opened by `open` unless it is.
  func file(_ record: SegmentRecord, _ open: () throws -> SegmentFile) throws -> SegmentFile {
    if let known = files.withLock({ $0[record.firstOffset] }) { return known }
    let file = try open().keeping(pages)
    files.withLock { files in
      if files.count >= Limits.openedSegmentCount { files.removeAll() }
      files[record.firstOffset] = file
    }
    return file
  }
}
