import Foundation
import GRDB

extension SegmentCatalog {
  /// All visible segments by offset, and the number of the latest commit.
  func segments() throws(LedgerError) -> (segments: [SegmentRecord], commitNumber: Int64) {
    try read { database in
      let number = try Int64.fetchOne(database, sql: "SELECT max(number) FROM commits")
      return (try self.segments(database), number ?? 0)
    }
  }

  func segments(_ database: Database) throws -> [SegmentRecord] {
    try Row.fetchAll(database, sql: "SELECT * FROM segments ORDER BY first_offset")
      .map { try self.segment($0) }
  }

  private func segment(_ row: Row) throws -> SegmentRecord {
    let occurred: (Int64, Int64) = (row["min_occurred_at"], row["max_occurred_at"])
    let recorded: (Int64, Int64) = (row["min_recorded_at"], row["max_recorded_at"])
    guard occurred.0 <= occurred.1, recorded.0 <= recorded.1 else {
      throw LedgerError.damaged(path: path, detail: "a segment's times run backwards")
    }
    return SegmentRecord(
      name: row["name"], firstOffset: row["first_offset"], rowCount: row["row_count"],
      byteCount: row["byte_count"], messageByteCount: row["message_byte_count"],
      sha256: row.bytes("sha256"), occurredAt: occurred.0...occurred.1,
      recordedAt: recorded.0...recorded.1)
  }

  func runs() throws(LedgerError) -> [RunRecord] { try read { try self.runs($0) } }

  func runs(_ database: Database) throws -> [RunRecord] {
    try Row.fetchAll(database, sql: "SELECT * FROM index_runs ORDER BY first_offset").map { row in
      RunRecord(
        name: row["name"], firstOffset: row["first_offset"], rowCount: row["row_count"],
        byteCount: row["byte_count"], sha256: row.bytes("sha256"))
    }
  }

  /// The filter of identities, if one was written; a catalog of an earlier program has none.
  func filter() throws(LedgerError) -> FilterRecord? {
    try read { database in
      guard try database.tableExists("identity_filters") else { return nil }
      return try Row.fetchOne(database, sql: "SELECT * FROM identity_filters").map { row in
        FilterRecord(
          name: row["name"], endOffset: row["end_offset"], byteCount: row["byte_count"],
          sha256: row.bytes("sha256"))
      }
    }
  }

  func rejectFiles() throws(LedgerError) -> [RejectFileRecord] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM reject_files ORDER BY name").map { row in
        RejectFileRecord(
          name: row["name"], byteCount: row["byte_count"], sha256: row.bytes("sha256"))
      }
    }
  }

  /// Topics of the whole ledger or of one segment, by name.
  func topics(firstOffset: Int64? = nil) throws(LedgerError) -> [TopicCount] {
    try read { try self.topics($0, firstOffset) }
  }

  func topics(_ database: Database, _ firstOffset: Int64? = nil) throws -> [TopicCount] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT CAST(topic AS BLOB) AS topic, sum(event_count) AS event_count FROM segment_topics
        WHERE ?1 IS NULL OR first_offset = ?1 GROUP BY topic ORDER BY topic
        """, arguments: [firstOffset]
    ).map { TopicCount(topic: $0.bytes("topic"), eventCount: $0["event_count"]) }
  }

  /// Offsets of the first rows of segments that hold any of these topics.
  func segmentsHolding(topics: [[UInt8]]) throws(LedgerError) -> [Int64] {
    try read { database in
      var found: [Int64] = []
      for topic in topics {
        found += try Int64.fetchAll(
          database,
          sql: "SELECT first_offset FROM segment_topics WHERE topic = CAST(? AS TEXT)",
          arguments: [blob(topic)])
      }
      return found.sorted()
    }
  }

  /// Origins of the whole ledger or of one segment, by name.
  func origins(firstOffset: Int64? = nil) throws(LedgerError) -> [OriginRange] {
    try read { try self.origins($0, firstOffset) }
  }

  func origins(_ database: Database, _ firstOffset: Int64? = nil) throws -> [OriginRange] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT CAST(origin AS BLOB) AS origin, min(min_position) AS low,
          max(max_position) AS high, sum(event_count) AS event_count
        FROM segment_origins WHERE ?1 IS NULL OR first_offset = ?1
        GROUP BY origin ORDER BY origin
        """, arguments: [firstOffset]
    ).map { row in
      let low: Int64 = row["low"]
      let high: Int64 = row["high"]
      return OriginRange(
        origin: row.bytes("origin"), positions: low...max(low, high),
        eventCount: row["event_count"])
    }
  }

  func checkpoint(origin: [UInt8]) throws(LedgerError) -> Checkpoint? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT * FROM checkpoints WHERE origin = CAST(? AS TEXT)",
        arguments: [blob(origin)]
      ).map { Checkpoint(origin: origin, position: $0["position"], detail: $0["detail"]) }
    }
  }

  /// How far every origin has been taken, by name.
  func checkpoints(_ database: Database) throws -> [Checkpoint] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT CAST(origin AS BLOB) AS origin, position, detail FROM checkpoints ORDER BY origin
        """
    ).map {
      Checkpoint(origin: $0.bytes("origin"), position: $0["position"], detail: $0["detail"])
    }
  }

  /// All checkpoints, by origin.
  func checkpoints() throws(LedgerError) -> [Checkpoint] {
    try read { database in
      try self.checkpoints(database)
    }
  }

  func finishedFile(
    contentHash: [UInt8], byteCount: Int, reading: String
  ) throws(LedgerError) -> FinishedFile? {
    try read { database in
      try Row.fetchOne(
        database,
        sql: """
          SELECT *, CAST(origin AS BLOB) AS origin_bytes FROM finished_files
          WHERE content_hash = ? AND byte_count = ? AND reading = ?
          """, arguments: [blob(contentHash), byteCount, reading]
      ).map { row in
        FinishedFile(
          contentHash: contentHash, byteCount: byteCount, reading: reading,
          origin: row.bytes("origin_bytes"), lineCount: row["line_count"],
          acceptedCount: row["accepted_count"], rejectedCount: row["rejected_count"])
      }
    }
  }
}

extension SegmentCatalog {
  /// Whether any finished file has this size: if none has, its digest need not be known.
  func hasFinishedFile(byteCount: Int) throws(LedgerError) -> Bool {
    try read { database in
      try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM finished_files WHERE byte_count = ?)",
        arguments: [byteCount]) ?? false
    }
  }
}
