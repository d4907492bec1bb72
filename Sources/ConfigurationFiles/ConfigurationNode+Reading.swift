// Readers turn a node into a value or say what was expected, at the node's place.

extension ConfigurationNode {
  /// The entries of a mapping whose keys are free, such as a table of topics.
  package func entries() throws(ConfigurationError) -> [ConfigurationEntry] {
    guard case .mapping(let entries) = content else {
      throw error("expected a mapping of keys to values, found \(inWords)")
    }
    return entries
  }

  /// The entries of a mapping whose keys must be among `keys`.
  ///
  /// - Errors: an unknown key, with the nearest valid one.
  package func entries(
    keys: [String], of what: String
  ) throws(ConfigurationError) -> [ConfigurationEntry] {
    let entries = try entries()
    for entry in entries { try entry.requireKey(among: keys, of: what) }
    return entries
  }

  /// The items of a list.
  package func items() throws(ConfigurationError) -> [ConfigurationNode] {
    guard case .sequence(let items) = content else {
      throw error("expected a list, found \(inWords)")
    }
    return items
  }

  /// The items of a list, or the one value that stands in its place.
  package func itemsOrOne() -> [ConfigurationNode] {
    if case .sequence(let items) = content { return items }
    return [self]
  }

  /// The value of a key, or nil when the mapping does not have it.
  package subscript(key: String) -> ConfigurationNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// A scalar's text as it is written; numbers keep their spelling.
  package func text() throws(ConfigurationError) -> String {
    guard case .scalar(let text, let kind) = content, kind != .null else {
      throw error("expected text, found \(inWords)")
    }
    return text
  }

  /// A whole number within a range.
  package func integer(
    in range: ClosedRange<Int> = Int.min...Int.max
  ) throws(ConfigurationError) -> Int {
    guard case .scalar(let text, .integer) = content, let value = Int(text) else {
      throw error("expected a whole number, found \(inWords)")
    }
    guard range.contains(value) else {
      throw error(
        "\(value) is out of range", advice: "use \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// `true` or `false`.
  package func boolean() throws(ConfigurationError) -> Bool {
    guard case .scalar(let text, .boolean) = content else {
      throw error("expected true or false, found \(inWords)")
    }
    return text.utf8.first == UInt8(ascii: "t") || text.utf8.first == UInt8(ascii: "T")
  }

  /// One of a fixed set of names.
  package func choice(
    of names: [String], what: String
  ) throws(ConfigurationError) -> String {
    let written = try text()
    guard names.contains(written) else {
      throw error(
        "unknown \(what) '\(written)'", nearest: nearestName(to: written, among: names),
        advice: "Use one of: \(names.joined(separator: ", ")).")
    }
    return written
  }

  /// A number of bytes such as `512MiB`, `2GiB`, `800MB`, or plain bytes.
  package func byteCount(
    in range: ClosedRange<Int> = 0...Int.max
  ) throws(ConfigurationError) -> Int {
    let written = try text()
    let units: [(name: String, byteCount: Int)] = [
      ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20),
      ("GiB", 1 << 30), ("TiB", 1 << 40), ("B", 1), ("", 1),
    ]
    let digits = written.prefix { $0.isASCII && $0.isNumber }
    let rest = written.dropFirst(digits.count)
    guard let count = Int(digits), let unit = units.first(where: { $0.name == rest }) else {
      throw error(
        "expected a number of bytes, found \(inWords)",
        advice: "write it as 512MiB, 2GiB, 800MB or plain bytes")
    }
    let (product, overflows) = count.multipliedReportingOverflow(by: unit.byteCount)
    guard !overflows, range.contains(product) else {
      throw error(
        "\(written) is out of range",
        advice: "use \(range.lowerBound) to \(range.upperBound) bytes")
    }
    return product
  }

  /// A length of time such as `90s`, `30m`, `24h` or `7d`.
  ///
  /// - Units: microseconds.
  package func span() throws(ConfigurationError) -> Int64 {
    let written = try text()
    let units: [(Character, Int64)] = [
      ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000),
    ]
    let digits = written.dropLast()
    guard let last = written.last, let unit = units.first(where: { $0.0 == last }),
      !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 })
    else {
      throw error(
        "expected a span of time, found \(inWords)", advice: "write it as 90s, 30m, 24h or 7d")
    }
    guard let count = Int64(digits),
      case let (microseconds, overflow) = count.multipliedReportingOverflow(by: unit.1), !overflow
    else {
      throw error("the span '\(written)' is too long")
    }
    return microseconds
  }
}

extension ConfigurationEntry {
  /// Checks that the key is one of those allowed here.
  package func requireKey(
    among keys: [String], of what: String
  ) throws(ConfigurationError) {
    guard !keys.contains(key) else { return }
    throw keyNode.error(
      "unknown key '\(key)' in \(what)", nearest: nearestName(to: key, among: keys),
      advice: "Known keys: \(keys.joined(separator: ", ")).")
  }
}
