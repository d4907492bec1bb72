import ArgumentParser
import ConfigurationFiles
import LiveConfiguration

/// `daybook check-config`: what is wrong with a configuration, and where.
struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Says everything that is wrong with a configuration file, and where.",
    discussion: """
      EXAMPLES
        daybook check-config /etc/daybook/daybook.yaml

      Checks keys, values, decoders, mappings, environment variables, that files named \
      in it are there, and that no two sources read the same stream. Connects to nothing \
      and changes nothing. Exits with 2 when something is wrong.
      """)

  @Argument(help: "The configuration file.")
  var file: String

  func run() throws {
    let (configuration, problems) = try SubscriptionConfiguration.load(file)
    guard problems.isEmpty else {
      for problem in problems { Talk.say(problem.description) }
      throw ExitCode(ExitStatus.usage.rawValue)
    }
    let count = configuration.sources.count
    Output.standardOutput.write(
      "\(file): \(count) source\(count == 1 ? "" : "s") into \(configuration.ledger)\n")
    for source in configuration.sources {
      Output.standardOutput.write("  \(source.name)\n")
    }
    Output.standardOutput.flush()
  }
}
