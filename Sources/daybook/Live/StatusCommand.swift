import ArgumentParser
import Ingest
import Monitoring

/// `daybook status`: how a ledger and its subscriber fare, once.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how a ledger and the subscriber that keeps it current fare.",
    discussion: """
      EXAMPLES
        daybook status --ledger shop
        daybook status --ledger shop --json
        daybook status --ledger shop --metrics > /var/lib/node_exporter/daybook.prom
        daybook status --ledger shop --check && echo fine

      Rates are those since the subscriber's start; 'daybook top' shows current ones.
      """)

  @OptionGroup var ledger: LedgerOption

  @Flag(help: "Print everything as JSON; times in microseconds since 1970.")
  var json = false

  @Flag(help: "Print everything as Prometheus text, say for a textfile collector.")
  var metrics = false

  @Flag(help: "Print nothing; exit with 1 unless every source delivers.")
  var check = false

  func validate() throws {
    if [json, metrics, check].count(where: { $0 }) > 1 {
      throw ValidationError("Give one of --json, --metrics and --check.")
    }
  }

  func run() throws {
    let report = try LiveStatus.report(ledger.ledger)
    if check {
      if !report.isHealthy { throw ExitCode(ExitStatus.failure.rawValue) }
      return
    }
    if metrics {
      Output.standardOutput.write(report.metrics(version: Daybook.version))
    } else if json {
      report.json.withUnsafeBytes { Output.standardOutput.write($0) }
    } else {
      let rates = report.subscriber.map { status in
        status.sources.map {
          SourceRates($0, since: nil, microseconds: status.updatedAt - status.startedAt)
        }
      }
      for line in StatusText(report, rates: rates ?? []).lines {
        Output.standardOutput.write(line + "\n")
      }
    }
    Output.standardOutput.flush()
  }
}
