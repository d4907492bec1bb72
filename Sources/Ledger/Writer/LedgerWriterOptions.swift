package import Parquet

/// How a ledger is written.
package struct LedgerWriterOptions: Sendable {
  /// zstd level 1, gzip or none.
  package var compression = Compression.zstd(level: 1)
  /// Whether messages get a match finder of their own under zstd: smaller, hardly slower.
  package var findsMessageMatches = true
  /// Rows after which a segment is full.
  package var segmentRowCount = Limits.segmentRowCount
  /// Message bytes after which a segment is full.
  package var segmentMessageByteCount = Limits.segmentMessageByteCount
  /// Index runs of a size class before they are merged.
  package var indexFanIn = Limits.indexFanIn
  /// Rows from which an index run is written to a file.
  package var indexFileRowCount = Limits.indexFileRowCount

  /// Whether `commitFresh` is used: rows are then also kept as frames until the next commit.
  package var isLive = false
  /// How long rows may stay fresh before they are sealed, in microseconds.
  package var sealAfterMicroseconds = Limits.sealAfterMicroseconds
  /// Whether a live writer merges small segments after it has sealed one.
  package var compactsSealed = true
  /// Bytes of encoded columns in memory from which a live writer seals early.
  package var liveHeldByteCount = Limits.liveHeldByteCount

  package init() {}

  /// How a live subscriber writes.
  package static var live: LedgerWriterOptions {
    var options = LedgerWriterOptions()
    options.isLive = true
    return options
  }

  /// The compressor of pages of messages, or nil for the codec's own library.
  func messageCompressor() -> (any PageCompressor)? {
    guard findsMessageMatches, case .zstd(let level) = compression else { return nil }
    return MessagePageCompressor(level: level)
  }
}

/// What became of the rows of some batches.
package struct AppendCounts: Sendable, Equatable {
  package var accepted = 0
  /// Rows whose very bytes the ledger holds already.
  package var redelivered = 0
  /// Rows whose identity the ledger holds with other bytes; they are among the rejects.
  package var conflicts = 0
  /// Messages that broke a rule; conflicts not included.
  package var rejected = 0
  /// Of the rejects and conflicts, those that were refused before and are not kept twice.
  package var knownRejects = 0

  package init() {}

  package static func += (left: inout AppendCounts, right: AppendCounts) {
    left.accepted += right.accepted
    left.redelivered += right.redelivered
    left.conflicts += right.conflicts
    left.rejected += right.rejected
    left.knownRejects += right.knownRejects
  }
}
