import ArgumentParser

/// The command line: parses commands, picks the real parts, prints for people.
@main
struct Daybook: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daybook",
    abstract: "Turns a shop's event stream into a ledger and into training data.",
    discussion: """
      EXAMPLES
        daybook demo                                   see the whole road
        daybook ingest --ledger shop events.ndjson.gz  record events in a ledger
        daybook ingest --ledger shop --mapping otto train.jsonl
        daybook publish --bus bus events.ndjson        or as messages on a bus,
        daybook subscribe --ledger shop file:bus       which a ledger follows
        daybook inspect --ledger shop                  what is in it
        daybook sequences --ledger shop --output seq.parquet --output seq.csv
        daybook explain --ledger shop --order ord-17   whose is it, and why

      Data goes to standard output, talk to standard error.
      Completions: daybook --generate-completion-script bash (or zsh, fish). \
      EXIT CODES  0 ok · 1 failure · 2 usage or configuration
                  3 input rejected (--strict) · 5 locked · 75 try again later
                  130 interrupted
      """,
    version: version,
    subcommands: [
      DemoCommand.self, IngestCommand.self, SubscribeCommand.self, PublishCommand.self,
      BusCommand.self, ReplayCommand.self, InspectCommand.self, SequencesCommand.self,
      SessionsCommand.self, ExplainCommand.self, DumpCommand.self, RejectsCommand.self,
      VerifyCommand.self, CompactCommand.self, CheckConfigCommand.self, StatusCommand.self,
      TopCommand.self, SimulateCommand.self,
      InitRecipeCommand.self, PlanCommand.self, BuildCommand.self, RebuildCommand.self,
      DiffCommand.self, NightlyCommand.self,
    ])

  static let version = "0.1.0"

  static func main() {
    do {
      let arguments = CommandLine.arguments.dropFirst()
      if arguments.first == "explain", let lookUp = ExplainLookUp(arguments.dropFirst()) {
        return try lookUp.run()
      }
      var command = try parseAsRoot()
      try command.run()
    } catch {
      leave(with: error)
    }
  }

  /// Ends the process the way the exit codes promise.
  private static func leave(with error: any Error) -> Never {
    Output.flushStandardOutput()
    if let failure = error as? CommandFailure {
      failure.tell()
      exitProcess(failure.code.rawValue)
    }
    let code = exitCode(for: error)
    if code == .success || code == .validationFailure || error is ExitCode {
      let message = fullMessage(for: error)
      if code == .success {
        if !message.isEmpty { Output.standardOutput.write(message + "\n") }
        Output.flushStandardOutput()
        exitProcess(0)
      }
      if !message.isEmpty { Talk.say(message) }
      exitProcess(code == .validationFailure ? ExitStatus.usage.rawValue : code.rawValue)
    }
    let failure = CommandFailure(explaining: error)
    failure.tell()
    exitProcess(failure.code.rawValue)
  }
}
