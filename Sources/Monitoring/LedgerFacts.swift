package import Ledger

/// A ledger in a few numbers that cost little to ask for.
///
/// - Units: times in microseconds since 1970 UTC.
package struct LedgerFacts: Sendable, Equatable {
  package var path = ""
  /// False when the catalog could not be asked: all else is unknown then.
  package var isReadable = true
  package var eventCount = 0
  /// Events that are durable and in no segment yet.
  package var freshCount = 0
  package var segmentCount = 0
  package var segmentByteCount = 0
  package var messageByteCount = 0
  /// The latest time of occurrence.
  package var watermark: Int64?
  package var commitNumber: Int64 = 0
  /// Open rejects by reason.
  package var openRejects: [Reason] = []

  /// A reason for rejects, and how many are open.
  package struct Reason: Sendable, Equatable {
    package var code: String
    package var count: Int

    package init(code: String, count: Int) {
      self.code = code
      self.count = count
    }
  }

  package init() {}

  /// What is known of a ledger whose catalog cannot be read.
  package init(unreadable path: String) {
    self.path = path
    isReadable = false
  }

  /// Asks a ledger's catalog.
  ///
  /// - Cost: a few milliseconds, also of a ledger of 10,000 segments; no file is opened.
  package init(_ reader: LedgerReader, path: String) throws {
    self.path = path
    let summary = try reader.summary()
    eventCount = summary.rowCount
    freshCount = summary.freshRowCount
    commitNumber = summary.commitNumber
    segmentCount = summary.segmentCount
    segmentByteCount = summary.segmentByteCount
    messageByteCount = summary.messageByteCount
    watermark = summary.latestOccurredAt
    openRejects = summary.rejects.filter { $0.openCount > 0 }
      .map { Reason(code: $0.reason, count: $0.openCount) }
  }
}
