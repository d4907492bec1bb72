package import Files
import GRDB
import MessageSources

/// A durable subscriber of a bus.
package struct BusSubscriber: Sendable, Equatable {
  package var name: String
  package var filter: SubjectFilter
  /// The last position that it has confirmed.
  package var position: Int64
  /// Messages behind it that pass its filter.
  package var backlogCount: Int64
  /// When the oldest of them was published.
  package var oldestWaitingAt: Int64?
  package var createdAt: Int64
  /// When it last confirmed something.
  package var seenAt: Int64
}

/// Messages that a bus holds on one subject.
package struct SubjectCount: Sendable, Equatable {
  package var subject: [UInt8]
  package var messageCount: Int64
}

/// What a bus holds.
package struct BusCounts: Sendable, Equatable {
  package var messageCount: Int64
  package var byteCount: Int64
  package var lastPosition: Int64
  package var prunedThrough: Int64
}

extension EmbeddedBus {
  /// Whether a subscriber may have this name: it becomes a file's name.
  package static func isValidName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= Limits.subscriberNameByteCount
      && name.utf8.first != UInt8(ascii: ".")
      && name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      }
  }

  /// Makes a subscriber that begins behind a position; one of this name that is there stays.
  ///
  /// - Returns: whether it is new.
  @discardableResult
  package func addSubscriber(
    _ name: String, filter: SubjectFilter, position: Int64
  ) throws -> Bool {
    guard EmbeddedBus.isValidName(name) else {
      throw SourceError.refused(
        place: directory, detail: "'\(name)' is no name for a subscriber",
        hint: "letters, digits, '-', '_' and '.', at most 64")
    }
    let now = clock.now()
    return try write { database in
      try database.execute(
        sql: "INSERT OR IGNORE INTO subscribers VALUES (?, ?, ?, ?, ?)",
        arguments: [name, filter.description, position, now, now])
      return database.changesCount == 1
    }
  }

  /// Forgets a subscriber; false when there was none.
  package func removeSubscriber(_ name: String) throws -> Bool {
    try write { database in
      try database.execute(sql: "DELETE FROM subscribers WHERE name = ?", arguments: [name])
      return database.changesCount == 1
    }
  }

  /// Moves a subscriber to a position, forward or back, or gives it another filter.
  package func setSubscriber(
    _ name: String, position: Int64? = nil, filter: SubjectFilter? = nil
  ) throws -> Bool {
    try write { database in
      try database.execute(
        sql: """
          UPDATE subscribers SET position = coalesce(?, position), filter = coalesce(?, filter)
          WHERE name = ?
          """, arguments: [position, filter?.description, name])
      return database.changesCount == 1
    }
  }

  /// Confirms everything up to a position; it never goes back by this.
  package func confirm(_ name: String, through position: Int64) throws {
    let now = clock.now()
    try write { database in
      try database.execute(
        sql: "UPDATE subscribers SET position = max(position, ?), seen_at = ? WHERE name = ?",
        arguments: [position, now, name])
    }
  }

  /// A subscriber without its backlog, or nil.
  package func subscriber(_ name: String) throws -> BusSubscriber? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM subscribers WHERE name = ?", arguments: [name])
        .map { try self.subscriber($0) }
    }
  }

  /// All subscribers with their backlogs, by name.
  package func subscribers() throws -> [BusSubscriber] {
    let list = try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM subscribers ORDER BY name")
        .map { try self.subscriber($0) }
    }
    return try list.map { subscriber in
      var subscriber = subscriber
      (subscriber.backlogCount, subscriber.oldestWaitingAt) = try backlog(
        after: subscriber.position, filter: subscriber.filter)
      return subscriber
    }
  }

  private func subscriber(_ row: Row) throws -> BusSubscriber {
    let text: String = row["filter"]
    guard let filter = SubjectFilter(text) else {
      throw SourceError.damaged(
        place: EmbeddedBus.database(directory), detail: "'\(text)' is no filter")
    }
    return BusSubscriber(
      name: row["name"], filter: filter, position: row["position"], backlogCount: 0,
      createdAt: row["created_at"], seenAt: row["seen_at"])
  }

  /// How many messages behind a position pass a filter, and when the first was published.
  package func backlog(
    after position: Int64, filter: SubjectFilter
  ) throws -> (count: Int64, oldestAt: Int64?) {
    try read { database in
      let rows = try Row.fetchAll(database, sql: "SELECT code, subject FROM subjects")
      var count: Int64 = 0
      var oldest: Int64?
      for row in rows {
        let text: String = row[1]
        guard filter.matches(Array(text.utf8)) else { continue }
        let code: Int64 = row[0]
        count += try Int64.fetchOne(
          database,
          sql: """
            SELECT count(*) FROM (SELECT 1 FROM messages WHERE subject = ? AND position > ?
            LIMIT ?)
            """, arguments: [code, position, Limits.countedBacklog]) ?? 0
        let first = try Int64.fetchOne(
          database,
          sql: """
            SELECT published_at FROM messages WHERE subject = ? AND position > ?
            ORDER BY position LIMIT 1
            """, arguments: [code, position])
        if let first { oldest = min(oldest ?? first, first) }
      }
      return (count, oldest)
    }
  }

  /// Messages a subject, by subject.
  package func subjectCounts() throws -> [SubjectCount] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT s.subject, (SELECT count(*) FROM messages m WHERE m.subject = s.code) AS count
          FROM subjects s ORDER BY s.subject
          """
      ).map { row in
        let text: String = row[0]
        return SubjectCount(subject: Array(text.utf8), messageCount: row[1])
      }
    }
  }

  /// What the bus holds as a whole.
  package func counts() throws -> BusCounts {
    try read { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT last_position, pruned_through, byte_count,
            last_position - coalesce((SELECT min(position) - 1 FROM messages), last_position)
          FROM bus
          """)
      guard let row else {
        throw SourceError.damaged(
          place: EmbeddedBus.database(directory), detail: "its row of counts is missing")
      }
      return BusCounts(
        messageCount: row[3], byteCount: row[2], lastPosition: row[0], prunedThrough: row[1])
    }
  }

  /// Keeps other processes from reading for the same subscriber meanwhile.
  package func lockSubscriber(_ name: String) throws -> any FileLock {
    do throws(FileError) {
      return try files.lock(directory + "/subscriber-" + name + ".lock")
    } catch {
      if error.reason == .locked {
        throw SourceError.unreachable(
          place: directory, detail: "another process reads for the subscriber '\(name)'")
      }
      throw SourceError.unreachable(place: directory, detail: error.description)
    }
  }
}
