import Foundation
import GRDB
package import MessageSources

extension EmbeddedBus {
  /// The position of the newest message, 0 before the first one.
  package func lastPosition() throws -> Int64 {
    try read { try Int64.fetchOne($0, sql: "SELECT last_position FROM bus") ?? 0 }
  }

  /// The highest position that was ever pruned, 0 when everything is still there.
  package func prunedThrough() throws -> Int64 {
    try read { try Int64.fetchOne($0, sql: "SELECT pruned_through FROM bus") ?? 0 }
  }

  /// The position behind which all messages of a time and later lie.
  package func position(before time: Int64) throws -> Int64 {
    try read { database in
      let first = try Int64.fetchOne(
        database, sql: "SELECT min(position) FROM messages WHERE published_at >= ?",
        arguments: [time])
      return try first.map { $0 - 1 }
        ?? Int64.fetchOne(database, sql: "SELECT last_position FROM bus") ?? 0
    }
  }

  /// Appends messages behind a position that pass a filter, in order.
  ///
  /// - Returns: the position up to which everything that passes is in the batch.
  package func read(
    after position: Int64, filter: SubjectFilter, limit: PullLimit, into batch: inout MessageBatch
  ) throws -> Int64 {
    var reading = Reading(batch: batch, limit: limit, origin: origin, detail: directory)
    batch = MessageBatch()
    defer { batch = reading.batch }
    return try read { database in
      let last = try Int64.fetchOne(database, sql: "SELECT last_position FROM bus") ?? 0
      if last <= position { return max(last, position) }
      try loadSubjects(database)
      let wanted = subjects.filter { filter.matches($0.value) }
      if wanted.count == subjects.count {
        return try readAll(after: position, last, database, &reading)
      }
      return try read(wanted.keys.sorted(), after: position, last, database, &reading)
    }
  }

  /// A batch being filled up to a limit.
  private struct Reading {
    var batch: MessageBatch
    let limit: PullLimit
    let detail: String
    var byteCount = 0
    var messageCount = 0
    var codes: [Int64: UInt32] = [:]
    let origin: [UInt8]

    init(batch: MessageBatch, limit: PullLimit, origin: [UInt8], detail: String) {
      self.batch = batch
      self.limit = limit
      self.origin = origin
      self.detail = detail
    }

    /// False when the message did not fit any more.
    mutating func take(
      _ bytes: UnsafeRawBufferPointer, position: Int64, publishedAt: Int64, code: UInt32
    ) -> Bool {
      byteCount += bytes.count
      if messageCount > 0, byteCount > limit.byteCount { return false }
      messageCount += 1
      batch.beginPart(origin: origin)
      batch.append(bytes, position: position, recordedAt: publishedAt, subjectCode: code)
      batch.setDetail(detail)
      return true
    }
  }

  private func loadSubjects(_ database: Database) throws {
    let newest = try Int64.fetchOne(database, sql: "SELECT max(code) FROM subjects") ?? 0
    if Int64(subjects.count) == newest { return }
    for row in try Row.fetchAll(database, sql: "SELECT code, subject FROM subjects") {
      let text: String = row[1]
      subjects[row[0]] = Array(text.utf8)
    }
  }

  private func readAll(
    after position: Int64, _ last: Int64, _ database: Database, _ reading: inout Reading
  ) throws -> Int64 {
    let statement = try database.cachedStatement(
      sql: """
        SELECT position, subject, published_at, message FROM messages WHERE position > ?
        ORDER BY position LIMIT ?
        """)
    let rows = try Row.fetchCursor(
      statement, arguments: [position, reading.limit.messageCount])
    var reached = position
    while let row = try rows.next() {
      guard try take(row, &reading) else { return reached }
      reached = row[0]
    }
    return reading.messageCount < reading.limit.messageCount ? last : reached
  }

  /// Merges the index's entries of the wanted subjects, then fetches those rows.
  private func read(
    _ codes: [Int64], after position: Int64, _ last: Int64, _ database: Database,
    _ reading: inout Reading
  ) throws -> Int64 {
    let index = try database.cachedStatement(
      sql: """
        SELECT position FROM messages WHERE subject = ? AND position > ?
        ORDER BY position LIMIT ?
        """)
    var positions: [Int64] = []
    for code in codes {
      let rows = try Int64.fetchCursor(
        index, arguments: [code, position, reading.limit.messageCount])
      while let row = try rows.next() { positions.append(row) }
    }
    positions.sort()
    let fetch = try database.cachedStatement(
      sql: "SELECT position, subject, published_at, message FROM messages WHERE position = ?")
    var reached = position
    for place in positions.prefix(reading.limit.messageCount) {
      let rows = try Row.fetchCursor(fetch, arguments: [place])
      guard let row = try rows.next() else { continue }
      guard try take(row, &reading) else { return reached }
      reached = place
    }
    return positions.count > reading.limit.messageCount ? reached : last
  }

  /// Appends a row; false when it did not fit any more.
  private func take(_ row: Row, _ reading: inout Reading) throws -> Bool {
    let subject: Int64 = row[1]
    if reading.codes[subject] == nil {
      reading.codes[subject] = reading.batch.code(forSubject: subjects[subject] ?? [])
    }
    let code = reading.codes[subject] ?? 0
    let position: Int64 = row[0]
    let publishedAt: Int64 = row[2]
    return try row.withUnsafeData(atIndex: 3) { data in
      guard let data, !data.isEmpty else {
        return reading.take(
          UnsafeRawBufferPointer(start: nil, count: 0), position: position,
          publishedAt: publishedAt, code: code)
      }
      return data.withUnsafeBytes {
        reading.take($0, position: position, publishedAt: publishedAt, code: code)
      }
    }
  }

  /// Changes when another connection has committed; cheap enough to ask often.
  func dataVersion() throws -> Int64 {
    try read { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
  }

  /// Whether a new connection to the same path finds this very bus.
  func isStillInPlace() throws -> Bool {
    let path = EmbeddedBus.database(directory)
    do {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(1)
      let other = try DatabaseQueue(path: path, configuration: configuration)
      let found = try other.read { try String.fetchOne($0, sql: "SELECT id FROM bus") }
      try other.close()
      return found == id
    } catch {
      throw EmbeddedBus.failure(error, path)
    }
  }
}
