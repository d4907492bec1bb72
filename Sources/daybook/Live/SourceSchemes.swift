import ConfigurationFiles
import Decoders
import Files
import KafkaSource
import LiveConfiguration
import NATSSource

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The kinds of sources that a configuration may name, and what each takes.
enum SourceSchemes {
  static let names = ["nats", "tls", "kafka", "file", "bus", "tail"]

  /// Keys besides those of every source.
  static func optionKeys(_ scheme: String) -> [String]? {
    switch scheme {
    case "nats", "tls": NATSAddress.optionKeys
    case "kafka": KafkaAddress.optionKeys
    case "file", "bus": ["subscriber", "filter"]
    case "tail": []
    default: nil
    }
  }

  /// Keys whose values are files that must be there.
  static let fileKeys = [
    "token_file", "password_file", "creds", "nkey", "tls_ca", "tls_cert", "tls_key",
  ]

  /// What reading a configuration asks of this machine.
  static var surroundings: ConfigurationSurroundings {
    ConfigurationSurroundings(
      schemes: names, optionKeys: optionKeys,
      environment: { getenv($0).map { String(cString: $0) } },
      decoder: { try DecoderArgument.choice($0) })
  }
}

extension SubscriptionConfiguration {
  /// Reads a configuration file, and checks what it names on this machine.
  ///
  /// - Errors: `FileError` when there is no such file.
  static func load(_ path: String) throws -> (SubscriptionConfiguration, [ConfigurationError]) {
    var (configuration, problems) = read(
      try readFile(path), file: path, SourceSchemes.surroundings)
    for source in configuration.sources {
      for option in source.options where SourceSchemes.fileKeys.contains(option.key) {
        if Pipeline.files.exists(option.value) { continue }
        problems.append(
          option.place.error(
            "\(option.key): there is no file \(option.value)",
            advice: "check the path, and that this user may read it"))
      }
    }
    problems.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    return (configuration, problems)
  }
}
