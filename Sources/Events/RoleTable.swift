/// Which role a topic plays: the user's table is asked first, then the default one; within a table
/// an exact name beats a pattern, a longer pattern a shorter one.
///
/// - Source: docs/semantics.md §2.
package struct RoleTable: Sendable {
  /// One line of a table: a topic, or a pattern that ends in `.*`, and its role.
  package struct Line: Sendable, Equatable {
    package var topic: String
    package var role: Role

    package init(topic: String, role: Role) {
      self.topic = topic
      self.role = role
    }
  }

  private let tables: [Table]

  /// The default table with the user's lines before it; of two lines for one topic the later
  /// counts.
  ///
  /// - Shape: every topic is well formed (`isWellFormed`).
  package init(userLines: [Line] = []) {
    let defaults = Role.allCases.flatMap { role in
      role.defaultTopics.map { Line(topic: $0, role: role) }
    }
    tables = [Table(userLines), Table(defaults)]
  }

  /// Whether a topic or pattern of a user's table can be understood: 1–256 bytes, and `*` only as
  /// the whole last word (`*` alone stands for every topic).
  package static func isWellFormed(_ topic: String) -> Bool {
    let bytes = Array(topic.utf8)
    if bytes.isEmpty || bytes.count > Limits.nameByteCount { return false }
    guard let star = bytes.firstIndex(of: UInt8(ascii: "*")) else { return true }
    return star == bytes.count - 1 && (star == 0 || bytes[star - 1] == UInt8(ascii: "."))
  }

  /// The role of a topic; `other` when no line names it.
  package func role(ofTopic topic: some Collection<UInt8>) -> Role {
    let bytes = Array(topic)
    for table in tables {
      if let role = table.role(bytes) { return role }
    }
    return .other
  }
}

/// One table: exact names, and patterns from the longest to the shortest.
private struct Table: Sendable {
  private var exact: [[UInt8]: Role] = [:]
  /// What stands before the `*`, with its dot: empty for the pattern `*`.
  private var patterns: [(prefix: [UInt8], role: Role)] = []

  init(_ lines: [RoleTable.Line]) {
    for line in lines {
      var bytes = Array(line.topic.utf8)
      if bytes.last == UInt8(ascii: "*") {
        bytes.removeLast()
        patterns.removeAll { $0.prefix == bytes }
        patterns.append((bytes, line.role))
      } else {
        exact[bytes] = line.role
      }
    }
    patterns.sort { $0.prefix.count > $1.prefix.count }
  }

  /// A pattern wants at least one more word after its prefix; that word may be empty.
  func role(_ topic: [UInt8]) -> Role? {
    if let role = exact[topic] { return role }
    for pattern in patterns where topic.starts(with: pattern.prefix) { return pattern.role }
    return nil
  }
}
