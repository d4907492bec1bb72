package import Parquet

/// How a ledger is written.
package struct LedgerWriterOptions: Sendable {
  /// zstd level 1, gzip or none.
  package var compression = Compression.zstd(level: 1)
  /// Compresses pages of messages in the codec's format, smaller than its library does.
  package var messageCompressor: (any PageCompressor)?
  /// Rows after which a segment is full.
  package var segmentRowCount = Limits.segmentRowCount
  /// Message bytes after which a segment is full.
  package var segmentMessageByteCount = Limits.segmentMessageByteCount
  /// Index runs of a size class before they are merged.
  package var indexFanIn = Limits.indexFanIn

  package init() {}
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
