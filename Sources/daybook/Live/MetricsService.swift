import Files
import Ingest
import Ledger
import LiveConfiguration
import Logging
import Monitoring
import Server
import Synchronization

/// Serves the numbers of a subscriber that runs in this process.
enum MetricsService {
  /// A server for them; nil when no port is configured.
  ///
  /// - Parameter onServing: called once the port is bound.
  static func server(
    _ settings: SubscriptionConfiguration.Metrics, for subscriber: Subscriber, directory: String,
    logger: Logger, onServing: @escaping @Sendable () -> Void
  ) throws -> HTTPServer? {
    guard let port = settings.port else { return nil }
    let facts = WatchedFacts(
      try LedgerReader.open(directory: directory, files: Pipeline.files), directory, logger)
    let answers = MetricsAnswers(
      metrics: {
        StatusReport(
          now: WallClock.system.now(), ledger: facts.read(), subscriber: subscriber.status,
          isRunning: true
        ).metrics(version: Daybook.version)
      },
      unreadyReasons: {
        let isReadable = facts.read().isReadable
        return unreadyReasons(subscriber.status)
          + (isReadable ? [] : ["the ledger cannot be read"])
      })
    return HTTPServer(
      address: settings.address, port: port, routes: [MetricsRoutes(answers)], logger: logger,
      onServing: { _ in onServing() })
  }

  private static func unreadyReasons(_ status: SubscriberStatus) -> [String] {
    var reasons = status.sources.filter { $0.state != .live && $0.state != .ended }
      .map { "\($0.name) is \($0.state.rawValue)" }
    if status.isDiskNearlyFull { reasons.append("the ledger's disk is nearly full") }
    return reasons
  }
}

/// Asks a ledger for its facts; one that cannot be read is told in the log once, and again after it
/// was readable, and is no reason to withhold the subscriber's own numbers.
private final class WatchedFacts: Sendable {
  private let reader: LedgerReader
  private let directory: String
  private let logger: Logger
  private let isBroken = Mutex(false)

  init(_ reader: LedgerReader, _ directory: String, _ logger: Logger) {
    self.reader = reader
    self.directory = directory
    self.logger = logger
  }

  func read() -> LedgerFacts {
    do {
      let facts = try LedgerFacts(reader, path: directory)
      isBroken.withLock { $0 = false }
      return facts
    } catch {
      let wasBroken = isBroken.withLock { isBroken in
        defer { isBroken = true }
        return isBroken
      }
      if !wasBroken {
        logger.error(
          "the ledger's catalog cannot be read",
          metadata: ["ledger": .string(directory), "error": .string("\(error)")])
      }
      return LedgerFacts(unreadable: directory)
    }
  }
}
