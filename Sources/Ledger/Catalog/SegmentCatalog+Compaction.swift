import Foundation
import GRDB

/// A segment that another one has replaced, whose file may still be read.
struct WaitingSegment: Sendable, Equatable {
  var name: String
  /// The generation that no longer has it.
  var generation: Int64
}

/// A merge as the catalog keeps it.
struct CompactionRecord: Sendable, Equatable {
  var name: String
  var firstOffset: Int64
  var rowCount: Int
  var contentDigest: [UInt8]
  /// What it replaced: first offset and rows, by offset.
  var inputs: [(firstOffset: Int64, rowCount: Int)] = []

  static func == (left: CompactionRecord, right: CompactionRecord) -> Bool {
    left.name == right.name && left.contentDigest == right.contentDigest
  }
}

extension SegmentCatalog {
  /// The number of the present set of segments, counted by compactions.
  func generation() throws(LedgerError) -> Int64 { try read { try self.generation($0) } }

  func generation(_ database: Database) throws -> Int64 {
    guard try database.tableExists("compactions") else { return 0 }
    return try Int64.fetchOne(database, sql: "SELECT generation FROM ledger") ?? 0
  }

  /// Topics of some segments together.
  func topics(of records: [SegmentRecord]) throws(LedgerError) -> [TopicCount] {
    try read { database in
      var counter = ByteCounter()
      for record in records {
        for topic in try self.topics(database, record.firstOffset) {
          counter.add(topic.topic, topic.eventCount)
        }
      }
      return counter.sorted()
    }
  }

  /// Origins of some segments together.
  func origins(of records: [SegmentRecord]) throws(LedgerError) -> [OriginRange] {
    try read { database in
      union(of: try records.flatMap { try self.origins(database, $0.firstOffset) })
    }
  }

  /// Says which file is about to appear, so that a crash leaves nothing unknown.
  func announce(_ name: String) throws(LedgerError) {
    try write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO announced_files (name) VALUES (?)", arguments: [name])
    }
  }

  /// Files that were announced and are no segment.
  func announcedFiles() throws(LedgerError) -> [String] {
    try read { database in
      guard try database.tableExists("announced_files") else { return [] }
      return try String.fetchAll(
        database,
        sql: """
          SELECT name FROM announced_files WHERE name NOT IN (SELECT name FROM segments)
            AND name NOT IN (SELECT name FROM replaced_segments)
          """)
    }
  }

  func forgetAnnounced() throws(LedgerError) {
    try write { try $0.execute(sql: "DELETE FROM announced_files") }
  }

  /// Replaced segments whose files have not been removed.
  func waitingSegments() throws(LedgerError) -> [WaitingSegment] {
    try read { try self.waitingSegments($0) }
  }

  func waitingSegments(_ database: Database) throws -> [WaitingSegment] {
    guard try database.tableExists("replaced_segments") else { return [] }
    return try Row.fetchAll(
      database,
      sql: """
        SELECT replaced_segments.name AS name, generation FROM replaced_segments
        JOIN compactions ON number = compaction WHERE removed_at IS NULL ORDER BY first
        """
    ).map { WaitingSegment(name: $0["name"], generation: $0["generation"]) }
  }

  func setRemoved(_ names: [String], at time: Int64) throws(LedgerError) {
    try write { database in
      let statement = try database.makeStatement(
        sql: "UPDATE replaced_segments SET removed_at = ? WHERE name = ?")
      for name in names { try statement.execute(arguments: [time, name]) }
    }
  }

  /// The merges that made present segments.
  func compactions() throws(LedgerError) -> [CompactionRecord] {
    try read { database in
      guard try database.tableExists("compactions") else { return [] }
      return try Row.fetchAll(
        database, sql: "SELECT * FROM compactions WHERE name IN (SELECT name FROM segments)"
      ).map { row in
        let number: Int64 = row["number"]
        let inputs = try Row.fetchAll(
          database,
          sql: "SELECT first, row_count FROM replaced_segments WHERE compaction = ? ORDER BY first",
          arguments: [number])
        return CompactionRecord(
          name: row["name"], firstOffset: row["first_offset"], rowCount: row["row_count"],
          contentDigest: row.bytes("content_digest"),
          inputs: inputs.map { ($0["first"], $0["row_count"]) })
      }
    }
  }

  /// Puts one segment in the place of several.
  func replaceSegments(
    _ replacement: SegmentReplacement, _ number: Int64, _ time: Int64, _ database: Database
  ) throws {
    let record = replacement.output.record
    try database.execute(
      sql: """
        INSERT INTO compactions (number, compacted_at, name, first_offset, row_count, sha256,
          content_digest, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        number, time, record.name, record.firstOffset, record.rowCount, blob(record.sha256),
        blob(replacement.contentDigest), replacement.generation,
      ])
    for input in replacement.inputs {
      try database.execute(
        sql: """
          INSERT INTO replaced_segments (name, first, row_count, byte_count, message_byte_count,
            sha256, compaction) VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          input.name, input.firstOffset, input.rowCount, input.byteCount, input.messageByteCount,
          blob(input.sha256), number,
        ])
      for table in ["segments", "segment_topics", "segment_origins"] {
        try database.execute(
          sql: "DELETE FROM \(table) WHERE first_offset = ?", arguments: [input.firstOffset])
      }
    }
    try database.execute(
      sql: "UPDATE ledger SET generation = ?", arguments: [replacement.generation])
    try database.execute(
      sql: "DELETE FROM announced_files WHERE name = ?", arguments: [record.name])
  }
}

/// Origins that are told several times, together.
func union(of ranges: [OriginRange]) -> [OriginRange] {
  var origins: [[UInt8]: OriginRange] = [:]
  for range in ranges {
    guard let known = origins[range.origin] else {
      origins[range.origin] = range
      continue
    }
    let low = min(known.positions.lowerBound, range.positions.lowerBound)
    let high = max(known.positions.upperBound, range.positions.upperBound)
    origins[range.origin] = OriginRange(
      origin: range.origin, positions: low...high,
      eventCount: known.eventCount + range.eventCount)
  }
  return origins.values.sorted { $0.origin.lexicographicallyPrecedes($1.origin) }
}
