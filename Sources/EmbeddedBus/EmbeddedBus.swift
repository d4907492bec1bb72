import Bytes
package import Files
import Foundation
import GRDB
package import MessageSources
import Threads

/// A durable message bus for one machine: a folder with a SQLite file, and no server.
///
/// Any number of processes publish and subscribe at once. A publish is one transaction, so a batch
/// is there whole or not at all, and one synchronisation of the disk serves all of it. Publishers
/// know no subscriber; a subscriber is a row with a name, a filter and a position.
///
/// - Concurrency: one thread at a time uses one value; open another for another thread.
/// - Errors: `SourceError`.
package final class EmbeddedBus {
  package let directory: String
  /// 16 hex digits; a bus that was deleted and made again has others.
  package let id: String
  let files: any FileSystem
  let clock: WallClock
  let queue: DatabaseQueue
  /// Codes of subjects that are committed.
  var subjectCodes: [[UInt8]: Int64] = [:]
  var subjects: [Int64: [UInt8]] = [:]
  private var publishedSincePrune: Int64 = 0

  /// The path of a bus's database.
  static func database(_ directory: String) -> String { directory + "/bus.sqlite" }

  /// Opens a bus.
  ///
  /// - Parameter makesNew: whether a bus is made where there is none.
  package static func open(
    directory: String, files: any FileSystem, clock: WallClock,
    random: inout some RandomNumberGenerator, makesNew: Bool
  ) throws -> EmbeddedBus {
    if !files.exists(database(directory)) {
      guard makesNew else {
        throw SourceError.refused(
          place: directory, detail: "there is no bus in this folder",
          hint: "'daybook publish --bus \(directory)' makes one")
      }
      do throws(FileError) {
        try files.makeDirectory(directory)
      } catch {
        throw SourceError.refused(place: directory, detail: error.description, hint: "")
      }
    }
    let bytes = (0..<8).map { _ in UInt8(truncatingIfNeeded: random.next() >> 56) }
    return try EmbeddedBus(directory, files, clock, newID: hexadecimal(bytes))
  }

  private init(
    _ directory: String, _ files: any FileSystem, _ clock: WallClock, newID: String
  ) throws {
    self.directory = directory
    self.files = files
    self.clock = clock
    let path = EmbeddedBus.database(directory)
    do {
      queue = try EmbeddedBus.connect(path)
      let now = clock.now()
      let (id, version) = try queue.writeWithoutTransaction { database in
        var found: (String, Int) = ("", 0)
        try database.inTransaction(.immediate) {
          if try !database.tableExists("bus") {
            try database.execute(sql: BusSchema.tables)
            try database.execute(
              sql: "INSERT INTO bus VALUES (?, ?, ?, 0, 0, 0, NULL, NULL, NULL)",
              arguments: [newID, BusSchema.formatVersion, now])
          }
          let row = try Row.fetchOne(database, sql: "SELECT id, format_version FROM bus")
          guard let row else {
            throw SourceError.damaged(place: path, detail: "its row of counts is missing")
          }
          found = (row[0], row[1])
          return .commit
        }
        return found
      }
      self.id = id
      guard version <= BusSchema.formatVersion else {
        throw SourceError.refused(
          place: directory, detail: "the bus has format \(version)",
          hint: "this program knows up to \(BusSchema.formatVersion)")
      }
    } catch {
      throw EmbeddedBus.failure(error, path)
    }
  }

  /// Opens the connection. Changing a new file to a write-ahead log does not wait for other
  /// openers by itself, so this does.
  private static func connect(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(Limits.busySeconds)
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA journal_mode = WAL")
      try database.execute(sql: "PRAGMA synchronous = FULL")
      try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
      try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
    }
    let monitor = Monitor()
    for attempt in 0... {
      do {
        return try DatabaseQueue(path: path, configuration: configuration)
      } catch let error as DatabaseError
        where error.resultCode == .SQLITE_BUSY && attempt < 500
      {
        monitor.locked { monitor.wait(atMost: .milliseconds(10)) }
      }
    }
    preconditionFailure("the loop ends by returning or throwing")
  }

  package func close() {
    // What is committed is safe whatever closing says.
    do { try queue.close() } catch { subjectCodes = [:] }
  }

  /// The origin of this bus's messages.
  package var origin: [UInt8] { Array("bus:\(id)".utf8) }

  // MARK: Publishing

  /// Publishes messages on the subjects that the batch names; all of them or none.
  ///
  /// - Returns: the positions they got, or nil for an empty batch.
  /// - Errors: `refused` for a subject or a message that a bus does not take.
  @discardableResult
  package func publish(_ batch: MessageBatch) throws -> ClosedRange<Int64>? {
    guard !batch.isEmpty else { return nil }
    for subject in batch.subjects where !Subject.isValid(subject) {
      throw SourceError.refused(
        place: directory, detail: "'\(String(decoding: subject, as: UTF8.self))' is no subject",
        hint: "words between dots, without blanks, '*' and '>'")
    }
    if let length = batch.lengths.first(where: { Int($0) > Limits.messageByteCount }) {
      throw SourceError.refused(
        place: directory, detail: "a message of \(length) bytes", hint: "at most 8 MiB each")
    }
    let first = try write { database in try self.insert(batch, database) }
    publishedSincePrune += Int64(batch.count)
    if publishedSincePrune >= Limits.messagesBetweenPrunes {
      publishedSincePrune = 0
      try prune()
    }
    return first...(first + Int64(batch.count) - 1)
  }

  private func insert(_ batch: MessageBatch, _ database: Database) throws -> Int64 {
    let last = try Int64.fetchOne(database, sql: "SELECT last_position FROM bus") ?? 0
    let now = clock.now()
    let codes = try batch.subjects.map { try self.code($0, database) }
    let statement = try database.cachedStatement(
      sql: "INSERT INTO messages (position, subject, published_at, message) VALUES (?, ?, ?, ?)")
    var position = last
    try batch.text.withUnsafeBytes { text in
      for row in 0..<batch.count {
        position += 1
        let start = Int(batch.starts[row])
        let bytes = UnsafeRawBufferPointer(rebasing: text[start..<start + Int(batch.lengths[row])])
        statement.setUncheckedArguments([
          position, codes[Int(batch.subjectCodes[row])], now, Data(bytes),
        ])
        try statement.execute()
      }
    }
    try database.execute(
      sql: "UPDATE bus SET last_position = ?, byte_count = byte_count + ?",
      arguments: [position, batch.lengths.reduce(0) { $0 + Int($1) }])
    return last + 1
  }

  private func code(_ subject: [UInt8], _ database: Database) throws -> Int64 {
    if let code = subjectCodes[subject] { return code }
    let text = String(decoding: subject, as: UTF8.self)
    try database.execute(
      sql: "INSERT OR IGNORE INTO subjects (subject) VALUES (?)", arguments: [text])
    let code =
      try Int64.fetchOne(
        database, sql: "SELECT code FROM subjects WHERE subject = ?", arguments: [text]) ?? 0
    subjectCodes[subject] = code
    return code
  }

  // MARK: Transactions

  /// One immediate transaction.
  func write<T>(_ body: (Database) throws -> T) throws -> T {
    do {
      var result: T?
      try queue.inTransaction(.immediate) { database in
        result = try body(database)
        return .commit
      }
      guard let result else { preconditionFailure("a committed transaction has a result") }
      return result
    } catch {
      // Codes of a transaction that was rolled back never were.
      subjectCodes = [:]
      throw EmbeddedBus.failure(error, EmbeddedBus.database(directory))
    }
  }

  func read<T>(_ body: (Database) throws -> T) throws -> T {
    do {
      return try queue.read(body)
    } catch {
      throw EmbeddedBus.failure(error, EmbeddedBus.database(directory))
    }
  }

  static func failure(_ error: any Error, _ path: String) -> any Error {
    if error is SourceError { return error }
    guard let error = error as? DatabaseError else {
      return SourceError.unreachable(place: path, detail: "\(error)")
    }
    let detail = error.message ?? "\(error)"
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: return SourceError.damaged(place: path, detail: detail)
    case .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
      return SourceError.refused(
        place: path, detail: detail, hint: "check who owns the folder and its permissions")
    default: return SourceError.unreachable(place: path, detail: detail)
    }
  }
}
