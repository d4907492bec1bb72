import ArgumentParser
import ConfigurationFiles
import Decoders
import Mappings

/// The vocabulary that messages are read in.
struct DecodingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The vocabulary of the messages: auto, cloudevents, hanzo-commerce, hanzo-event, segment "
        + "or mapping:FILE.",
      discussion: "Without it a plain line is a CloudEvents message."))
  var decoder: String?

  @Option(help: "A YAML file of names and the topics they become, asked before the shipped ones.")
  var topics: String?

  func validate() throws {
    if topics != nil && decoder == nil {
      throw ValidationError("--topics belongs to a --decoder.")
    }
  }

  /// What was asked for, or nil when nothing was.
  func options() throws -> DecoderOptions? {
    guard let decoder else { return nil }
    var options = DecoderOptions(try DecoderArgument.choice(decoder))
    if let topics {
      let node = try ConfigurationNode.parse(try readFile(topics), file: topics)
      options.topics = try TopicRename.table(node)
    }
    return options
  }
}

/// Finds the decoder that a name asks for.
enum DecoderArgument {
  static func choice(_ name: String) throws -> DecoderChoice {
    if let choice = DecoderChoice(name: name) { return choice }
    guard name.hasPrefix(DecoderChoice.mappingPrefix) else {
      let names = DecoderChoice.names + [DecoderChoice.mappingPrefix + "FILE"]
      let nearest = nearestName(to: name, among: names).map { " Did you mean '\($0)'?" } ?? ""
      throw CommandFailure(
        .usage, "there is no decoder '\(name)'.\(nearest)",
        advice: "Use one of: \(names.joined(separator: ", ")).")
    }
    let mapping = try MappingChoice.load(String(name.dropFirst(DecoderChoice.mappingPrefix.count)))
    guard MappingReader.readsMessages(mapping) else {
      throw CommandFailure(
        .usage, "\(mapping.file) reads columns; a decoder needs a mapping of JSON",
        advice: "Files of columns come in through 'daybook ingest --mapping'.")
    }
    return .mapping(mapping)
  }
}
