/// One sealed segment as the segment catalog knows it.
///
/// - Units: times in microseconds since 1970 UTC.
package struct SegmentRecord: Sendable, Equatable {
  /// The file's name in `segments/`.
  package var name: String
  /// The ledger offset of its first row.
  package var firstOffset: Int64
  package var rowCount: Int
  package var byteCount: Int
  /// Bytes of all its messages before encoding.
  package var messageByteCount: Int
  package var sha256: [UInt8]
  package var occurredAt: ClosedRange<Int64>
  package var recordedAt: ClosedRange<Int64>

  package var endOffset: Int64 { firstOffset + Int64(rowCount) }
}

/// How many events of a topic there are.
package struct TopicCount: Sendable, Equatable {
  package var topic: [UInt8]
  package var eventCount: Int

  package init(topic: [UInt8], eventCount: Int) {
    self.topic = topic
    self.eventCount = eventCount
  }
}

/// The positions that rows of one origin take in a segment.
package struct OriginRange: Sendable, Equatable {
  package var origin: [UInt8]
  package var positions: ClosedRange<Int64>
  package var eventCount: Int

  package init(origin: [UInt8], positions: ClosedRange<Int64>, eventCount: Int) {
    self.origin = origin
    self.positions = positions
    self.eventCount = eventCount
  }
}

/// Up to where an origin has been taken in; saved in the commit that holds its events.
package struct Checkpoint: Sendable, Equatable {
  package var origin: [UInt8]
  /// The last position whose event, reject or redelivery is committed.
  package var position: Int64
  /// What the source needs to go on from there, in its own words ("byte 1048576").
  package var detail: String

  package init(origin: [UInt8], position: Int64, detail: String = "") {
    self.origin = origin
    self.position = position
    self.detail = detail
  }
}

/// A file that was taken in to its end: the same content need not be read again.
package struct FinishedFile: Sendable, Equatable {
  /// `ContentHash` of its bytes with the ledger's seed.
  package var contentHash: [UInt8]
  package var byteCount: Int
  /// How it was read (a mapping's fingerprint, or empty): another way gives other events.
  package var reading: String
  package var origin: [UInt8]
  package var lineCount: Int
  package var acceptedCount: Int
  package var rejectedCount: Int

  package init(
    contentHash: [UInt8], byteCount: Int, reading: String, origin: [UInt8], lineCount: Int,
    acceptedCount: Int, rejectedCount: Int
  ) {
    self.contentHash = contentHash
    self.byteCount = byteCount
    self.reading = reading
    self.origin = origin
    self.lineCount = lineCount
    self.acceptedCount = acceptedCount
    self.rejectedCount = rejectedCount
  }
}

/// A refused message; its bytes are in a file of `rejects/`.
package struct RejectEntry: Sendable, Equatable {
  /// Its number, which never changes; 0 before it is committed.
  package var id: Int64
  package var origin: [UInt8]
  package var position: Int64
  /// The contract's reason code.
  package var reason: String
  /// What was wrong, in words.
  package var detail: String
  package var rejectedAt: Int64
  package var file: String
  package var start: Int
  package var byteCount: Int
  /// The first 16 bytes of the message's SHA-256.
  package var digest: [UInt8]
  /// When a repaired message took its place, and which.
  package var closedAt: Int64?
  package var closedBy: String?

  init(
    id: Int64 = 0, origin: [UInt8], position: Int64, reason: String, detail: String,
    rejectedAt: Int64, file: String = "", start: Int = 0, byteCount: Int = 0,
    digest: [UInt8] = [], closedAt: Int64? = nil, closedBy: String? = nil
  ) {
    self.id = id
    self.origin = origin
    self.position = position
    self.reason = reason
    self.detail = detail
    self.rejectedAt = rejectedAt
    self.file = file
    self.start = start
    self.byteCount = byteCount
    self.digest = digest
    self.closedAt = closedAt
    self.closedBy = closedBy
  }

  /// The field at fault, or empty for a reason that names none.
  package var field: String {
    ["encoding", "size", "json", "conflict"].contains(reason) ? "" : reason
  }
}

/// The file of an index run as the catalog knows it.
struct RunRecord: Sendable, Equatable {
  var name: String
  var firstOffset: Int64
  var rowCount: Int
  var byteCount: Int
  var sha256: [UInt8]
}

/// The file of the filter of identities as the catalog knows it.
struct FilterRecord: Sendable, Equatable {
  var name: String
  /// It has every row below this ledger offset.
  var endOffset: Int64
  var byteCount: Int
  var sha256: [UInt8]
}

/// A file of rejected bytes as the catalog knows it.
struct RejectFileRecord: Sendable, Equatable {
  var name: String
  var byteCount: Int
  var sha256: [UInt8]
}

/// Everything that becomes visible at once.
struct CatalogCommit {
  var segments: [SegmentContents] = []
  var addedRuns: [RunRecord] = []
  var removedRunNames: [String] = []
  /// A filter of identities in the place of the one before, if any.
  var filter: FilterRecord?
  var rejectFile: RejectFileRecord?
  var rejects: [RejectEntry] = []
  var closedRejects: [(id: Int64, closedBy: String)] = []
  var checkpoints: [Checkpoint] = []
  var finishedFiles: [FinishedFile] = []
  var committedAt: Int64 = 0
  /// The ledger offset after the last row, where segments do not say it.
  var endOffset: Int64 = 0
  /// Whether the next commit takes this one's place in the list of commits.
  var isFresh = false
  /// A log with what is committed of it now.
  var freshLog: FreshLogRecord?
  var removedFreshLogs: [String] = []
  /// Rejects whose bytes moved from a log to the file of this commit.
  var movedRejects: [(id: Int64, start: Int)] = []

  /// One segment in the place of several.
  var replacement: SegmentReplacement?

  /// A segment with what is counted in it.
  struct SegmentContents: Sendable {
    var record: SegmentRecord
    var topics: [TopicCount]
    var origins: [OriginRange]
  }
}

/// What names a ledger and seeds its hashes; set once, when it is made.
package struct LedgerIdentity: Sendable, Equatable {
  /// 32 hex digits.
  package var id: String
  /// Seeds `fastHash` of identities and messages: decoders must use it.
  package var hashSeed: UInt64
  package var formatVersion: Int
}
