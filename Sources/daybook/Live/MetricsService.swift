import Files
import Ingest
import Ledger
import LiveConfiguration
import Logging
import Monitoring
import Server

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
    let reader = try LedgerReader.open(directory: directory, files: Pipeline.files)
    let answers = MetricsAnswers(
      metrics: {
        // A catalog that is busy for once is no reason to withhold the subscriber's own numbers.
        let facts = (try? LedgerFacts(reader, path: directory)) ?? LedgerFacts()
        return StatusReport(
          now: WallClock.system.now(), ledger: facts, subscriber: subscriber.status,
          isRunning: true
        ).metrics(version: Daybook.version)
      },
      unreadyReasons: { unreadyReasons(subscriber.status) })
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
