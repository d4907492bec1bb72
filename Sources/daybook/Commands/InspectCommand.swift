import ArgumentParser
import Ledger

/// `daybook inspect`: what is in here?
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what is in a ledger: topics, fields, times, segments, rejects, sizes.",
    discussion: """
      EXAMPLES
        daybook inspect --ledger shop
        daybook inspect --ledger shop --columns
        daybook inspect --ledger shop --all-messages --json
      """)

  @OptionGroup var ledger: LedgerOption

  @Flag(help: "How much each column takes.")
  var columns = false

  @Flag(help: "Look into every message for fields, not only a sample of each segment.")
  var allMessages = false

  @Flag(help: "Print everything as JSON.")
  var json = false

  func run() throws {
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    let inspection = try reader.inspect(sampledEventCount: allMessages ? nil : 10_000)
    if json {
      Output.standardOutput.write(InspectText.json(inspection) + "\n")
    } else {
      InspectText.write(inspection, withColumns: columns)
    }
    Output.standardOutput.flush()
  }
}
