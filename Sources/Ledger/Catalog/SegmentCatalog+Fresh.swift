import Foundation
import GRDB

/// What is visible at one commit.
struct CatalogState: Sendable {
  var segments: [SegmentRecord] = []
  var freshLogs: [FreshLogRecord] = []
  var commitNumber: Int64 = 0
  /// The ledger offset after the last committed row.
  var endOffset: Int64 = 0
  /// The number of this set of segments, counted by compactions.
  var generation: Int64 = 0

  var segmentEnd: Int64 { segments.last?.endOffset ?? 0 }
  var freshEnd: Int64 { max(endOffset, segmentEnd) }
}

extension SegmentCatalog {
  /// Everything a reader needs, from one transaction.
  func state() throws(LedgerError) -> CatalogState {
    try read { database in try self.state(database) }
  }

  func state(_ database: Database) throws -> CatalogState {
    var state = CatalogState()
    state.segments = try segments(database)
    if let row = try Row.fetchOne(
      database, sql: "SELECT number, end_offset FROM commits ORDER BY number DESC LIMIT 1")
    {
      state.commitNumber = row["number"]
      state.endOffset = row["end_offset"]
    }
    state.freshLogs = try freshLogs(database)
    state.generation = try generation(database)
    return state
  }

  /// Fresh logs by age; none in a ledger of format 1, which a reader may meet.
  func freshLogs(_ database: Database) throws -> [FreshLogRecord] {
    guard try database.tableExists("fresh_logs") else { return [] }
    return try Row.fetchAll(
      database, sql: "SELECT * FROM fresh_logs ORDER BY first_offset, name"
    ).map { row in
      var record = FreshLogRecord(
        name: row["name"], firstOffset: row["first_offset"], createdAt: row["created_at"])
      record.endOffset = row["end_offset"]
      record.byteCount = row["byte_count"]
      record.messageByteCount = row["message_byte_count"]
      record.occurredAt = range(row["min_occurred_at"], row["max_occurred_at"])
      record.recordedAt = range(row["min_recorded_at"], row["max_recorded_at"])
      return record
    }
  }

  private func range(_ low: Int64?, _ high: Int64?) -> ClosedRange<Int64>? {
    guard let low, let high, low <= high else { return nil }
    return low...high
  }

  func changeFresh(_ commit: CatalogCommit, _ database: Database) throws {
    for name in commit.removedFreshLogs {
      try database.execute(sql: "DELETE FROM fresh_logs WHERE name = ?", arguments: [name])
    }
    if let file = commit.rejectFile?.name {
      for reject in commit.movedRejects {
        try database.execute(
          sql: "UPDATE rejects SET file = ?, start = ? WHERE id = ?",
          arguments: [file, reject.start, reject.id])
      }
    }
    guard let log = commit.freshLog else { return }
    try database.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO fresh_logs (name, first_offset, end_offset, byte_count,
          message_byte_count, min_occurred_at, max_occurred_at, min_recorded_at, max_recorded_at,
          created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      log.name, log.firstOffset, log.endOffset, log.byteCount, log.messageByteCount,
      log.occurredAt?.lowerBound, log.occurredAt?.upperBound, log.recordedAt?.lowerBound,
      log.recordedAt?.upperBound, log.createdAt,
    ])
  }

  /// Rejects whose bytes lie in these logs.
  func rejects(inFiles names: [String]) throws(LedgerError) -> [RejectEntry] {
    try read { database in
      try names.flatMap { name in
        try Row.fetchAll(
          database,
          sql: """
            SELECT *, CAST(origin AS BLOB) AS origin_bytes FROM rejects WHERE file = ? ORDER BY id
            """, arguments: [name]
        ).map(self.reject)
      }
    }
  }
}
