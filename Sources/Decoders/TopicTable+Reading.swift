package import ConfigurationFiles

extension TopicRename {
  /// Reads a table of names and the topics that they are here.
  ///
  /// - Errors: what is no mapping of texts, an empty name, and a topic of more than 256 bytes.
  package static func table(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> [TopicRename] {
    let entries = try node.entries()
    guard entries.count <= Limits.topicCount else {
      throw node.error("more than \(Limits.topicCount) topics")
    }
    var renames: [TopicRename] = []
    for entry in entries {
      let topic = try entry.value.text()
      guard !entry.key.isEmpty else { throw entry.keyNode.error("a name is empty") }
      guard !topic.isEmpty, topic.utf8.count <= 256 else {
        throw entry.value.error("a topic has 1 to 256 bytes")
      }
      renames.append(TopicRename(name: Array(entry.key.utf8), topic: Array(topic.utf8)))
    }
    return renames
  }
}
