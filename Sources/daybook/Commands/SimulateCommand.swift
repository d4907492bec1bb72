import ArgumentParser
import ShopSimulator

/// `daybook simulate`: a made-up shop's stream.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Writes a made-up shop's event stream (NDJSON, CloudEvents) to standard output.",
    discussion: """
      EXAMPLES
        daybook simulate --events 10000 > events.ndjson
        daybook simulate --events 1000000 --seed 7 | daybook ingest --ledger shop -

      The same seed and count give the same bytes. About 4 % of lines are late, about 1 % \
      come twice.
      """)

  @Option(help: "How many lines to write, redeliveries included.")
  var events = 10_000

  @Option(help: "The seed; the same seed gives the same shop.")
  var seed: UInt64 = 1

  @Option(help: "How many days the stream spans, from 2026-03-01.")
  var days = 30

  func validate() throws {
    if events < 0 { throw ValidationError("--events is a count, so it cannot be \(events).") }
    if days < 1 { throw ValidationError("--days must be at least 1, it is \(days).") }
  }

  func run() throws {
    var shop = ShopSimulator(seed: seed, eventCount: events, days: days)
    var lines: [UInt8] = []
    while shop.appendNext(to: &lines) {
      if lines.count < 1 << 16 { continue }
      lines.withUnsafeBytes { Output.standardOutput.write($0) }
      lines.removeAll(keepingCapacity: true)
    }
    lines.withUnsafeBytes { Output.standardOutput.write($0) }
    Output.standardOutput.flush()
  }
}
