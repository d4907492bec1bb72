import Bytes
package import ConfigurationFiles
import Events

// Reads the options file of the contract's §6: YAML or JSON, every complaint with its place and the
// nearest valid name.

extension SequenceOptions {
  private static let keys = [
    "session_gap", "session_max", "patience", "recovery_window", "stitch", "hub_limit", "as_of",
    "roles",
  ]
  private static let patienceKeys = ["browse", "cart", "checkout", "declined", "payment"]

  /// Options from a file's text; what it does not name keeps its default.
  ///
  /// - Errors: bad YAML or JSON, an unknown key, a bad value, with file and line.
  package init(parsing bytes: [UInt8], file: String) throws(ConfigurationError) {
    try self.init(ConfigurationNode.parse(bytes, file: file))
  }

  /// Options from a tree that was read.
  package init(_ node: ConfigurationNode) throws(ConfigurationError) {
    self.init()
    for entry in try node.entries(keys: SequenceOptions.keys, of: "the options") {
      try set(entry.key, entry.value)
    }
  }

  private mutating func set(
    _ key: String, _ value: ConfigurationNode
  ) throws(ConfigurationError) {
    switch key {
    case "session_gap": sessionGap = try value.span()
    case "session_max": sessionMax = try value.span()
    case "patience": try setPatience(value)
    case "recovery_window": recoveryWindow = try value.span()
    case "stitch":
      let name = try value.choice(of: Stitch.allCases.map(\.rawValue), what: "value of 'stitch'")
      stitch = name.utf8.elementsEqual("none".utf8) ? .none : .backfill
    case "hub_limit": hubLimit = try value.integer(in: 0...Int(Int32.max))
    case "as_of": asOf = value.isNull ? nil : try value.time()
    default: try setRoles(value)
    }
  }

  private mutating func setPatience(_ node: ConfigurationNode) throws(ConfigurationError) {
    for entry in try node.entries(keys: SequenceOptions.patienceKeys, of: "'patience'") {
      let span = try entry.value.span()
      switch entry.key {
      case "browse": patience.browse = span
      case "cart": patience.cart = span
      case "checkout": patience.checkout = span
      case "declined": patience.declined = span
      default: patience.payment = span
      }
    }
  }

  private mutating func setRoles(_ node: ConfigurationNode) throws(ConfigurationError) {
    let names = Role.allCases.map(\.name)
    for entry in try node.entries() {
      guard RoleTable.isWellFormed(entry.key) else {
        throw entry.keyNode.error(
          "'\(entry.key)' is no topic",
          advice: "write a topic of 1 to 256 bytes; '*' may only be its whole last word")
      }
      let name = try entry.value.choice(of: names, what: "role")
      guard let role = Role(name: name) else { continue }
      roles.append(RoleTable.Line(topic: entry.key, role: role))
    }
  }
}

extension ConfigurationNode {
  /// A time by RFC 3339, in microseconds since 1970 UTC.
  fileprivate func time() throws(ConfigurationError) -> Int64 {
    let written = try text()
    let time = Array(written.utf8).withUnsafeBytes { parseRFC3339($0) }
    guard let time else {
      throw error(
        "expected a time, found \(inWords)", advice: "write it as 2026-03-01T09:00:00Z")
    }
    return time
  }
}
