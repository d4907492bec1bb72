package import ConfigurationFiles

extension Mapping {
  /// Names of the mappings that come with the program, sorted.
  package static var builtInNames: [String] { builtInMappings.map(\.name).sorted() }

  /// The YAML of a mapping that comes with the program, or nil when there is none of that name.
  package static func builtInText(_ name: String) -> String? {
    builtInMappings.first { $0.name == name }?.text
  }

  /// A mapping that comes with the program.
  ///
  /// - Errors: an unknown name, with the nearest known one.
  package static func builtIn(_ name: String) throws(ConfigurationError) -> Mapping {
    guard let text = builtInText(name) else {
      throw ConfigurationError(
        file: name, problem: "there is no mapping of this name",
        nearest: nearestName(to: name, among: builtInNames),
        advice: "Name a file, or one of: \(builtInNames.joined(separator: ", ")).")
    }
    return try Mapping(Array(text.utf8), file: "\(name).yaml (built in)")
  }
}
