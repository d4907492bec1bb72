import Ledger

/// The ledger's state that a dataset was built from.
package struct LedgerPin: Sendable, Equatable {
  /// A segment as it was then.
  package struct Segment: Sendable, Equatable {
    package var name: String
    package var firstOffset: Int64
    package var rowCount: Int
    package var sha256: String
  }

  package var ledgerID: String
  package var commitNumber: Int64
  /// Events of offsets below this one exist; later ones came afterwards.
  package var endOffset: Int64
  package var segments: [Segment]
  /// Rejects by reason.
  package var rejects: [(reason: String, count: Int)]

  var rejectCount: Int { rejects.reduce(0) { $0 + $1.count } }

  package static func == (left: LedgerPin, right: LedgerPin) -> Bool {
    left.ledgerID == right.ledgerID && left.endOffset == right.endOffset
      && left.segments == right.segments
  }

  var json: JSONValue {
    .members([
      ("id", JSONValue(ledgerID)), ("commit", JSONValue(commitNumber)),
      ("end_offset", JSONValue(endOffset)),
      (
        "segments",
        .array(
          segments.map {
            .members([
              ("name", JSONValue($0.name)), ("first_offset", JSONValue($0.firstOffset)),
              ("rows", JSONValue($0.rowCount)), ("sha256", JSONValue($0.sha256)),
            ])
          })
      ),
      ("rejects", .members(rejects.map { ($0.reason, JSONValue($0.count)) })),
    ])
  }
}
