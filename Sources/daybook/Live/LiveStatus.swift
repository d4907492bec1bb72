import ConfigurationFiles
import Files
import Ingest
import Ledger
import Monitoring

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Asks a ledger and its subscriber how they fare.
enum LiveStatus {
  /// A subscriber writes its status at least this often while it runs.
  private static let freshMicroseconds: Int64 = 15_000_000

  static func report(_ directory: String) throws -> StatusReport {
    let reader = try LedgerReader.open(directory: directory, files: Pipeline.files)
    return try report(reader, directory)
  }

  static func report(_ reader: LedgerReader, _ directory: String) throws -> StatusReport {
    let facts = try LedgerFacts(reader, path: directory)
    let now = WallClock.system.now()
    let path = "\(directory)/status.json"
    let word = try subscriber(path)
    let status = try word.map { try SubscriberStatus(json: $0, file: path) }
    return StatusReport(
      now: now, ledger: facts, subscriber: status,
      isRunning: status.map { isRunning($0, now) } ?? false, word: word)
  }

  /// The subscriber's last word; nil when none was ever there.
  private static func subscriber(_ path: String) throws -> [UInt8]? {
    do {
      return try readFile(path)
    } catch let error as FileError where error.reason == .notFound {
      return nil
    }
  }

  private static func isRunning(_ status: SubscriberStatus, _ now: Int64) -> Bool {
    guard now - status.updatedAt < freshMicroseconds else { return false }
    // The word may be of another machine's process, whose number says nothing here; a number that
    // is not there any more does.
    return status.processID <= 0 || kill(status.processID, 0) == 0 || errno == EPERM
  }
}
