import ArgumentParser
import Ingest
import Ledger
import Monitoring

/// `daybook top`: the status, again and again.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Shows the status again and again, with current rates; q ends it.",
    discussion: """
      EXAMPLES
        daybook top --ledger shop
        daybook top --ledger shop --interval 10 >> status.log

      On a terminal the screen is filled and drawn anew; otherwise one line a source is \
      printed each time.
      """)

  @OptionGroup var ledger: LedgerOption

  @Option(help: "Seconds between two looks.")
  var interval = 1.0

  @Option(help: "End after this many looks.")
  var count: Int?

  func validate() throws {
    if !(0.1...3_600).contains(interval) {
      throw ValidationError("--interval is 0.1 to 3600 seconds.")
    }
    if let count, count < 1 { throw ValidationError("--count is at least 1.") }
  }

  func run() throws {
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    Interruption.watch()
    let screen = Screen()
    var earlier: SubscriberStatus?
    var rates: [SourceRates] = []
    var looks = 0
    defer { screen.close() }
    while true {
      let report = try LiveStatus.report(reader, ledger.ledger)
      if let status = report.subscriber, status.updatedAt != earlier?.updatedAt {
        rates = status.sources.map { source in
          TopCommand.rates(source, status, earlier)
        }
        earlier = status
      }
      if screen.isTerminal {
        screen.draw(StatusText(report, rates: rates).lines(width: screen.size.width))
      } else {
        TopCommand.printLines(report, rates)
      }
      looks += 1
      if let count, looks >= count { break }
      if screen.waitForEnd(seconds: interval) || Interruption.isAsked { break }
    }
  }

  /// Rates since the look before; since the start at the first look, and when the subscriber was
  /// started again and counts from nothing.
  private static func rates(
    _ source: SubscriberStatus.Source, _ status: SubscriberStatus, _ earlier: SubscriberStatus?
  ) -> SourceRates {
    guard let earlier, earlier.startedAt == status.startedAt,
      let before = earlier.sources.first(where: { $0.name == source.name })
    else {
      return SourceRates(
        source, since: nil, microseconds: status.updatedAt - status.startedAt)
    }
    return SourceRates(
      source, since: before, microseconds: status.updatedAt - earlier.updatedAt)
  }

  /// One line a source: time, name, state and figures as `name=value`.
  private static func printLines(_ report: StatusReport, _ rates: [SourceRates]) {
    let time = timeText(report.now)
    for (index, source) in (report.subscriber?.sources ?? []).enumerated() {
      let rate = index < rates.count ? rates[index] : SourceRates()
      let lag = source.lag(at: report.now).map { decimal(Double($0) / 1e6) } ?? "unknown"
      Output.standardOutput.write(
        "\(time) source=\(jsonText(source.name)) state=\(source.state.rawValue) "
          + "backlog=\(source.backlog.map { "\($0)" } ?? "unknown") lag_seconds=\(lag) "
          + "messages_per_second=\(decimal(rate.messages)) events=\(source.accepted) "
          + "rejected=\(source.rejectedCount)\n")
    }
    if report.subscriber == nil {
      Output.standardOutput.write("\(time) events=\(report.ledger.eventCount) no subscriber\n")
    }
    Output.standardOutput.flush()
  }
}
