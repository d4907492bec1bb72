import Events
import Files

/// The rows that are committed but not yet in a segment: those of the fresh logs behind the last
/// segment's end.
///
/// - Cost: a scan holds one frame, about 8 MiB of messages.
struct FreshRows: Sendable {
  let logs: [OpenFreshLog]
  /// The ledger offset of the first row, and the one after the last.
  let firstOffset: Int64
  let endOffset: Int64

  /// Opens the logs that the catalog names.
  ///
  /// - Errors: `FileError` with `.notFound` when they have been sealed meanwhile.
  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, _ state: CatalogState
  ) throws {
    firstOffset = state.segmentEnd
    endOffset = state.freshEnd
    logs = try state.freshLogs.map { try OpenFreshLog(files, directory, $0) }
  }

  var rowCount: Int { Int(endOffset - firstOffset) }
  /// Times of occurrence of the logs' rows.
  var occurredAt: ClosedRange<Int64>? {
    guard rowCount > 0 else { return nil }
    return logs.compactMap(\.record.occurredAt).reduce(nil) { known, range in
      guard let known else { return range }
      return min(known.lowerBound, range.lowerBound)...max(known.upperBound, range.upperBound)
    }
  }
  var byteCount: Int { logs.reduce(0) { $0 + $1.record.byteCount } }

  /// Hands over the rows of some ledger offsets by offset: batches, and which of their rows count.
  ///
  /// - Shape: `first` is the ledger offset of the batch's first row, counted or not.
  /// - Errors: `LedgerError.damaged`, with the log's path and the frame's place.
  func forEachBatch(
    _ offsets: Range<Int64>? = nil, hashSeed: UInt64? = nil,
    _ body: (_ batch: EventBatch, _ rows: Range<Int>, _ first: Int64) throws -> Void
  ) throws {
    let wanted = (offsets ?? firstOffset..<endOffset).clamped(to: firstOffset..<endOffset)
    var reached = firstOffset
    for log in logs {
      var scan = FrameScan(log)
      while reached < wanted.upperBound, let header = try scan.header() {
        let end = header.firstOffset + Int64(header.rowCount)
        guard header.kind == FrameHeader.events, end > reached else {
          scan.skip(header)
          continue
        }
        guard header.firstOffset <= reached, end <= endOffset else {
          throw LedgerError.damaged(
            path: log.path,
            detail: "the frame at byte \(scan.place) begins at offset \(header.firstOffset), "
              + "expected \(reached)")
        }
        let from = max(reached, wanted.lowerBound)
        let to = min(end, wanted.upperBound)
        reached = end
        guard from < to else {
          scan.skip(header)
          continue
        }
        let batch = try scan.take(header) {
          try FrameDecoder.batch($0, header, hashSeed: hashSeed)
        }
        let first = header.firstOffset
        try body(batch, Int(from - first)..<Int(to - first), first)
      }
    }
    guard reached >= wanted.upperBound else {
      throw LedgerError.damaged(
        path: logs.last?.path ?? "",
        detail: "the fresh logs end at offset \(reached), the ledger at \(endOffset)")
    }
  }
}
