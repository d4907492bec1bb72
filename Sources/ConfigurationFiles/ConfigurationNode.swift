/// A value of a YAML or JSON file together with its place, so that every complaint can name it.
///
/// - Shape: a tree; mappings keep the order in which they are written.
/// - Units: line and column count from 1.
package struct ConfigurationNode: Sendable, Equatable {
  /// What a scalar's text stands for by YAML's core rules; quoted text is always a string.
  package enum ScalarKind: Sendable, Equatable {
    case string, integer, decimal, boolean, null
  }

  package enum Content: Sendable, Equatable {
    case scalar(text: String, kind: ScalarKind)
    case sequence([ConfigurationNode])
    case mapping([ConfigurationEntry])
  }

  package var content: Content
  package var file: String
  package var line: Int
  package var column: Int

  package init(content: Content, file: String, line: Int, column: Int) {
    self.content = content
    self.file = file
    self.line = line
    self.column = column
  }

  /// An error at this node's place.
  package func error(
    _ problem: String, nearest: String? = nil, advice: String? = nil
  ) -> ConfigurationError {
    ConfigurationError(
      file: file, line: line, column: column, problem: problem, nearest: nearest, advice: advice)
  }

  /// Whether nothing is written here: `null`, `~` or no text at all.
  package var isNull: Bool {
    if case .scalar(_, .null) = content { return true }
    return false
  }

  /// Whether this is a single value rather than a list or a mapping.
  package var isScalar: Bool {
    if case .scalar = content { return true }
    return false
  }

  /// What is here, in words, for complaints: "a list", "the number 12", "'abc'".
  package var inWords: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar(_, .null): "nothing"
    case .scalar(let text, .integer), .scalar(let text, .decimal): "the number \(text)"
    case .scalar(let text, _): "'\(text)'"
    }
  }
}

/// One key with its value in a mapping.
package struct ConfigurationEntry: Sendable, Equatable {
  package var key: String
  /// The key itself, for its place.
  package var keyNode: ConfigurationNode
  package var value: ConfigurationNode

  package init(key: String, keyNode: ConfigurationNode, value: ConfigurationNode) {
    self.key = key
    self.keyNode = keyNode
    self.value = value
  }
}
