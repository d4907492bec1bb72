import Foundation
import GRDB

/// Which rejects to list.
package struct RejectFilter: Sendable {
  package var reason: String?
  package var origin: [UInt8]?
  package var includesClosed = false
  /// Only entries with a greater number: how a caller pages through a long list.
  package var afterID: Int64 = 0
  package var limit = Int.max

  package init() {}
}

/// How many rejects a reason has.
package struct RejectCount: Sendable, Equatable {
  package var reason: String
  package var openCount: Int
  package var closedCount: Int
}

extension SegmentCatalog {
  /// Rejects by number.
  func rejects(_ filter: RejectFilter) throws(LedgerError) -> [RejectEntry] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT *, CAST(origin AS BLOB) AS origin_bytes FROM rejects
          WHERE id > ?1 AND (?2 OR closed_at IS NULL) AND (?3 IS NULL OR reason = ?3)
            AND (?4 IS NULL OR origin = CAST(?4 AS TEXT))
          ORDER BY id LIMIT ?5
          """,
        arguments: [
          filter.afterID, filter.includesClosed, filter.reason, filter.origin.map(blob),
          filter.limit,
        ]
      ).map(self.reject)
    }
  }

  func reject(id: Int64) throws(LedgerError) -> RejectEntry? {
    try read { database in
      try Row.fetchOne(
        database,
        sql: "SELECT *, CAST(origin AS BLOB) AS origin_bytes FROM rejects WHERE id = ?",
        arguments: [id]
      ).map(self.reject)
    }
  }

  /// Whether this very message was refused before, open or closed.
  func hasReject(_ entry: RejectEntry) throws(LedgerError) -> Bool {
    try read { database in
      try Bool.fetchOne(
        database.cachedStatement(
          sql: """
            SELECT 1 FROM rejects
            WHERE origin = CAST(? AS TEXT) AND position = ? AND reason = ? AND digest = ?
            """),
        arguments: [blob(entry.origin), entry.position, entry.reason, blob(entry.digest)])
        ?? false
    }
  }

  /// Rejects by reason.
  func rejectCounts() throws(LedgerError) -> [RejectCount] {
    try read { try self.rejectCounts($0) }
  }

  func rejectCounts(_ database: Database) throws -> [RejectCount] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT reason, sum(closed_at IS NULL) AS open, sum(closed_at IS NOT NULL) AS closed
        FROM rejects GROUP BY reason ORDER BY reason
        """
    ).map { RejectCount(reason: $0["reason"], openCount: $0["open"], closedCount: $0["closed"]) }
  }

  func reject(_ row: Row) -> RejectEntry {
    RejectEntry(
      id: row["id"], origin: row.bytes("origin_bytes"), position: row["position"],
      reason: row["reason"], detail: row["detail"], rejectedAt: row["rejected_at"],
      file: row["file"], start: row["start"], byteCount: row["byte_count"],
      digest: row.bytes("digest"), closedAt: row["closed_at"], closedBy: row["closed_by"])
  }
}
