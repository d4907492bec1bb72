import ArgumentParser
import Sequences

/// How the contract is applied: the options file and the moment of knowledge.
struct ContractOptions: ParsableArguments {
  @Option(name: .customLong("options"), help: "Options of the contract (YAML or JSON).")
  var optionsFile: String?

  @Option(help: "Only what had happened and was known by then (RFC 3339 or a date).")
  var asOf: TimeArgument?

  func sequenceOptions() throws -> SequenceOptions {
    var options = SequenceOptions()
    if let optionsFile {
      options = try SequenceOptions(parsing: try readFile(optionsFile), file: optionsFile)
    }
    if let asOf { options.asOf = asOf.microseconds }
    return options
  }
}
