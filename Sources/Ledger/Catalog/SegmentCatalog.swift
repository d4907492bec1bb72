import Foundation
import GRDB

/// The ledger's SQLite file: what is visible, and since which commit.
///
/// Invariants: segments and index runs each cover offsets 0 up to the end without gap or overlap;
/// every file they name was durable before the transaction that names it.
///
/// - Errors: `LedgerError.catalog`; `canRetry` when SQLite was busy or the disk full.
final class SegmentCatalog: Sendable {
  let path: String
  let queue: DatabaseQueue

  /// Opens the catalog; a writer makes or migrates it, a reader leaves it alone.
  init(path: String, isWriter: Bool) throws(LedgerError) {
    self.path = path
    var configuration = Configuration()
    configuration.readonly = !isWriter
    configuration.busyMode = .timeout(5)
    configuration.foreignKeysEnabled = false
    if isWriter {
      configuration.prepareDatabase { database in
        try database.execute(sql: "PRAGMA journal_mode = WAL")
        try database.execute(sql: "PRAGMA synchronous = FULL")
      }
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      if isWriter { try CatalogSchema.migrator().migrate(queue) }
    } catch {
      if !isWriter, (error as? DatabaseError)?.resultCode == .SQLITE_CANTOPEN {
        throw .notALedger(path: String(path.dropLast("/catalog.sqlite".count)))
      }
      throw SegmentCatalog.failure(error, path)
    }
  }

  /// Closes the connection; SQLite then folds its log into the file.
  func close() throws(LedgerError) {
    do { try queue.close() } catch { throw SegmentCatalog.failure(error, path) }
  }

  func read<T>(_ body: (Database) throws -> T) throws(LedgerError) -> T {
    do { return try queue.read(body) } catch { throw SegmentCatalog.failure(error, path) }
  }

  func write<T>(_ body: (Database) throws -> T) throws(LedgerError) -> T {
    do { return try queue.write(body) } catch { throw SegmentCatalog.failure(error, path) }
  }

  static func failure(_ error: any Error, _ path: String) -> LedgerError {
    if let error = error as? LedgerError { return error }
    guard let error = error as? DatabaseError else {
      return .catalog(path: path, detail: "\(error)", canRetry: false)
    }
    let code = error.resultCode
    let canRetry = code == .SQLITE_BUSY || code == .SQLITE_LOCKED || code == .SQLITE_FULL
    return .catalog(path: path, detail: error.message ?? "\(error)", canRetry: canRetry)
  }
}

/// Text that may hold any byte, as SQL wants it: `CAST(? AS TEXT)` of a blob.
func blob(_ bytes: [UInt8]) -> Data { Data(bytes) }

extension Row {
  /// A blob column, or a text column selected as `CAST(… AS BLOB)`.
  func bytes(_ column: String) -> [UInt8] {
    let data: Data? = self[column]
    return data.map { Array($0) } ?? []
  }
}
