package import Files

/// Why the ledger could not do what it was asked.
package enum LedgerError: Error, CustomStringConvertible {
  /// Another writer has the ledger open.
  case locked(path: String)
  /// There is no ledger in this directory.
  case notALedger(path: String)
  /// The ledger was written by a later version.
  case newerFormat(path: String, version: Int, known: Int)
  /// A file of the ledger is missing or its bytes are not what they should be.
  case damaged(path: String, detail: String)
  /// The catalog's SQLite file failed.
  case catalog(path: String, detail: String, canRetry: Bool)
  /// The file system failed.
  case file(FileError)
  /// A writer that failed before is used again; open the ledger anew.
  case closed

  /// Whether the same call may work later: the disk was full, or the catalog busy. The writer that
  /// threw it from `commitFresh` has lost nothing and can go on.
  package var canRetry: Bool {
    switch self {
    case .catalog(_, _, let canRetry): canRetry
    case .file(let error): error.reason == .noSpace
    default: false
    }
  }

  package var description: String {
    switch self {
    case .locked(let path): "the ledger \(path) is locked: another writer has it open"
    case .notALedger(let path): "there is no ledger in \(path)"
    case .newerFormat(let path, let version, let known):
      "the ledger \(path) has format \(version); this program knows up to \(known)"
    case .damaged(let path, let detail): "\(path) is damaged: \(detail)"
    case .catalog(let path, let detail, _): "the catalog \(path) failed: \(detail)"
    case .file(let error): error.description
    case .closed: "the ledger's writer failed before and is closed; open the ledger again"
    }
  }
}
