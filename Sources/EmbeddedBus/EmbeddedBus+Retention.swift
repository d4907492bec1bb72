import Files
import GRDB

/// How much a bus keeps; nil for no limit.
package struct BusRetention: Sendable, Equatable {
  package var seconds: Int64?
  package var byteCount: Int64?
  package var messageCount: Int64?

  package init(seconds: Int64? = nil, byteCount: Int64? = nil, messageCount: Int64? = nil) {
    self.seconds = seconds
    self.byteCount = byteCount
    self.messageCount = messageCount
  }

  /// Whether nothing is ever removed.
  package var keepsAll: Bool { seconds == nil && byteCount == nil && messageCount == nil }
}

/// What a prune removed and what held it back.
package struct BusPrune: Sendable, Equatable {
  package var removedCount: Int64 = 0
  /// Subscribers that still need what the retention would have removed.
  package var heldBackBy: [String] = []
}

extension EmbeddedBus {
  /// The retention that publishers apply.
  package func retention() throws -> BusRetention {
    try read { try self.retention($0) }
  }

  private func retention(_ database: Database) throws -> BusRetention {
    let row = try Row.fetchOne(
      database, sql: "SELECT keep_seconds, keep_bytes, keep_messages FROM bus")
    return BusRetention(seconds: row?[0], byteCount: row?[1], messageCount: row?[2])
  }

  package func setRetention(_ retention: BusRetention) throws {
    try write { database in
      try database.execute(
        sql: "UPDATE bus SET keep_seconds = ?, keep_bytes = ?, keep_messages = ?",
        arguments: [retention.seconds, retention.byteCount, retention.messageCount])
    }
  }

  /// Removes the oldest messages that the retention does not keep.
  ///
  /// - Parameters:
  ///   - retention: nil for the bus's own.
  ///   - evenUnread: removes also what a durable subscriber has not confirmed.
  /// - Cost: transactions of `Limits.prunedRowCount` messages, so that publishers get between.
  @discardableResult
  package func prune(
    _ retention: BusRetention? = nil, evenUnread: Bool = false
  ) throws -> BusPrune {
    var result = BusPrune()
    let own = try retention ?? self.retention()
    if own.keepsAll { return result }
    let now = clock.now()
    while true {
      let step = try write { try self.pruneStep(own, now, evenUnread, $0) }
      result.removedCount += step.removedCount
      result.heldBackBy = step.heldBackBy
      if step.removedCount == 0 { return result }
    }
  }

  private func pruneStep(
    _ retention: BusRetention, _ now: Int64, _ evenUnread: Bool, _ database: Database
  ) throws -> BusPrune {
    guard
      let bus = try Row.fetchOne(database, sql: "SELECT last_position, byte_count FROM bus"),
      let first = try Int64.fetchOne(database, sql: "SELECT min(position) FROM messages")
    else { return BusPrune() }
    let last: Int64 = bus[0]
    let byteCount: Int64 = bus[1]
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT position, published_at, length(message) FROM messages ORDER BY position LIMIT ?
        """, arguments: [Limits.prunedRowCount])
    // What may go is a prefix: it ends before the first message that every limit keeps.
    var end = first - 1
    var removedBytes: Int64 = 0
    let floor = try floor(evenUnread, database)
    var needed = false
    while let row = try rows.next() {
      let position: Int64 = row[0]
      let publishedAt: Int64 = row[1]
      let length: Int64 = row[2]
      let isOld = retention.seconds.map { publishedAt < now - $0 * 1_000_000 } ?? false
      let isOver = retention.byteCount.map { byteCount - removedBytes > $0 } ?? false
      let isMany = retention.messageCount.map { last - position >= $0 } ?? false
      guard isOld || isOver || isMany else { break }
      if position > floor {
        needed = true
        break
      }
      end = position
      removedBytes += length
    }
    var result = BusPrune()
    if needed {
      result.heldBackBy = try String.fetchAll(
        database, sql: "SELECT name FROM subscribers WHERE position <= ? ORDER BY name",
        arguments: [max(end, floor)])
    }
    guard end >= first else { return result }
    try database.execute(sql: "DELETE FROM messages WHERE position <= ?", arguments: [end])
    result.removedCount = Int64(database.changesCount)
    try database.execute(
      sql: "UPDATE bus SET pruned_through = max(pruned_through, ?), byte_count = byte_count - ?",
      arguments: [end, removedBytes])
    return result
  }

  /// Up to where every durable subscriber has confirmed.
  private func floor(_ evenUnread: Bool, _ database: Database) throws -> Int64 {
    if evenUnread { return Int64.max }
    return try Int64.fetchOne(database, sql: "SELECT min(position) FROM subscribers") ?? Int64.max
  }
}
