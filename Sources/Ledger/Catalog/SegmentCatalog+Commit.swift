import Foundation
import GRDB

extension SegmentCatalog {
  /// The ledger's identity, or nil in a catalog that was only just made.
  func identity() throws(LedgerError) -> LedgerIdentity? {
    try read { database in
      guard try database.tableExists("ledger"),
        let row = try Row.fetchOne(database, sql: "SELECT * FROM ledger")
      else { return nil }
      let seed = row.bytes("hash_seed").reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return LedgerIdentity(id: row["id"], hashSeed: seed, formatVersion: row["format_version"])
    }
  }

  func setIdentity(_ identity: LedgerIdentity, createdAt: Int64) throws(LedgerError) {
    let seed = withUnsafeBytes(of: identity.hashSeed.bigEndian) { Data($0) }
    try write { database in
      try database.execute(
        sql: "INSERT INTO ledger (id, hash_seed, format_version, created_at) VALUES (?, ?, ?, ?)",
        arguments: [identity.id, seed, identity.formatVersion, createdAt])
    }
  }

  /// Makes everything in `commit` visible in one transaction.
  func apply(_ commit: CatalogCommit) throws(LedgerError) {
    try write { database in
      let number = try Int64.fetchOne(
        database, sql: "SELECT coalesce(max(number), 0) + 1 FROM commits") ?? 1
      let known = try Int64.fetchOne(
        database, sql: "SELECT coalesce(max(end_offset), 0) FROM commits") ?? 0
      let endOffset = max(known, commit.endOffset, commit.segments.last?.record.endOffset ?? 0)
      try database.execute(sql: "DELETE FROM commits WHERE is_fresh = 1")
      try database.execute(
        sql: "INSERT INTO commits (number, committed_at, end_offset, is_fresh) VALUES (?, ?, ?, ?)",
        arguments: [number, commit.committedAt, endOffset, commit.isFresh])
      if let replacement = commit.replacement {
        try replaceSegments(replacement, number, commit.committedAt, database)
        try insert(replacement.output, number, database)
      }
      for contents in commit.segments { try insert(contents, number, database) }
      try replaceRuns(commit, database)
      try insertRejects(commit, database)
      try changeFresh(commit, database)
      try insertOrigins(commit, number, database)
    }
  }

  private func insert(
    _ contents: CatalogCommit.SegmentContents, _ number: Int64, _ database: Database
  ) throws {
    let record = contents.record
    try database.execute(
      sql: """
        INSERT INTO segments (first_offset, name, row_count, byte_count, message_byte_count, sha256,
          min_occurred_at, max_occurred_at, min_recorded_at, max_recorded_at, commit_number)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        record.firstOffset, record.name, record.rowCount, record.byteCount,
        record.messageByteCount, blob(record.sha256), record.occurredAt.lowerBound,
        record.occurredAt.upperBound, record.recordedAt.lowerBound, record.recordedAt.upperBound,
        number,
      ])
    let topics = try database.makeStatement(
      sql: """
        INSERT INTO segment_topics (first_offset, topic, event_count) VALUES (?, CAST(? AS TEXT), ?)
        """)
    for topic in contents.topics {
      try topics.execute(arguments: [record.firstOffset, blob(topic.topic), topic.eventCount])
    }
    let origins = try database.makeStatement(
      sql: """
        INSERT INTO segment_origins (first_offset, origin, min_position, max_position, event_count)
        VALUES (?, CAST(? AS TEXT), ?, ?, ?)
        """)
    for origin in contents.origins {
      try origins.execute(arguments: [
        record.firstOffset, blob(origin.origin), origin.positions.lowerBound,
        origin.positions.upperBound, origin.eventCount,
      ])
    }
  }

  private func replaceRuns(_ commit: CatalogCommit, _ database: Database) throws {
    for name in commit.removedRunNames {
      try database.execute(sql: "DELETE FROM index_runs WHERE name = ?", arguments: [name])
    }
    for run in commit.addedRuns {
      try database.execute(
        sql: """
          INSERT INTO index_runs (first_offset, name, row_count, byte_count, sha256)
          VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [run.firstOffset, run.name, run.rowCount, run.byteCount, blob(run.sha256)])
    }
    if let filter = commit.filter {
      try database.execute(sql: "DELETE FROM identity_filters")
      try database.execute(
        sql: """
          INSERT INTO identity_filters (name, end_offset, byte_count, sha256) VALUES (?, ?, ?, ?)
          """,
        arguments: [filter.name, filter.endOffset, filter.byteCount, blob(filter.sha256)])
    }
  }

  private func insertRejects(_ commit: CatalogCommit, _ database: Database) throws {
    if let file = commit.rejectFile {
      try database.execute(
        sql: "INSERT INTO reject_files (name, byte_count, sha256) VALUES (?, ?, ?)",
        arguments: [file.name, file.byteCount, blob(file.sha256)])
    }
    let statement = try database.makeStatement(
      sql: """
        INSERT OR IGNORE INTO rejects (origin, position, reason, detail, rejected_at, file, start,
          byte_count, digest)
        VALUES (CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for reject in commit.rejects {
      try statement.execute(arguments: [
        blob(reject.origin), reject.position, reject.reason, reject.detail, reject.rejectedAt,
        reject.file, reject.start, reject.byteCount, blob(reject.digest),
      ])
    }
    for closed in commit.closedRejects {
      try database.execute(
        sql: "UPDATE rejects SET closed_at = ?, closed_by = ? WHERE id = ? AND closed_at IS NULL",
        arguments: [commit.committedAt, closed.closedBy, closed.id])
    }
  }

  private func insertOrigins(
    _ commit: CatalogCommit, _ number: Int64, _ database: Database
  ) throws {
    for checkpoint in commit.checkpoints {
      try database.execute(
        sql: """
          INSERT OR REPLACE INTO checkpoints (origin, position, detail, commit_number)
          VALUES (CAST(? AS TEXT), ?, ?, ?)
          """,
        arguments: [blob(checkpoint.origin), checkpoint.position, checkpoint.detail, number])
    }
    for file in commit.finishedFiles {
      try database.execute(
        sql: """
          INSERT OR REPLACE INTO finished_files (content_hash, byte_count, reading, origin,
            line_count, accepted_count, rejected_count, commit_number)
          VALUES (?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?)
          """,
        arguments: [
          blob(file.contentHash), file.byteCount, file.reading, blob(file.origin), file.lineCount,
          file.acceptedCount, file.rejectedCount, number,
        ])
    }
  }
}
