import ConfigurationFiles

extension Optional where Wrapped == ConfigurationNode {
  /// A rendering's only option, a whole number.
  func integer(
    _ key: String, default value: Int, in range: ClosedRange<Int>, of format: String
  ) throws(ConfigurationError) -> Int {
    guard let node = self, !node.isNull else { return value }
    _ = try node.entries(keys: [key], of: "'\(format)'")
    return try node[key]?.integer(in: range) ?? value
  }

  /// A rendering's only option, a text.
  func text(
    _ key: String, default value: String?, of format: String
  ) throws(ConfigurationError) -> String? {
    guard let node = self, !node.isNull else { return value }
    _ = try node.entries(keys: [key], of: "'\(format)'")
    return try node[key]?.text() ?? value
  }
}
