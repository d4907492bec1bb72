package import ConfigurationFiles
import Decoders

extension SubscriptionConfiguration {
  static let keys = [
    "ledger", "sources", "limits", "disk_floor", "compaction", "metrics", "logging",
  ]

  /// Reads a configuration file, and goes on behind what is wrong, so that all of it is told.
  ///
  /// - Returns: what was understood, and every problem in the order of the file; the configuration
  ///   may be used only when there is none.
  package static func read(
    _ bytes: [UInt8], file: String, _ surroundings: ConfigurationSurroundings
  ) -> (configuration: SubscriptionConfiguration, problems: [ConfigurationError]) {
    var reader = Reader(surroundings)
    do {
      reader.readRoot(try ConfigurationNode.parse(bytes, file: file))
    } catch {
      reader.problems.append(error)
    }
    return (
      reader.configuration,
      reader.problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    )
  }

  /// The reading of one file.
  struct Reader {
    var configuration = SubscriptionConfiguration(ledger: "")
    var problems: [ConfigurationError] = []
    let surroundings: ConfigurationSurroundings

    init(_ surroundings: ConfigurationSurroundings) { self.surroundings = surroundings }

    /// Does something with a value; what is wrong with it becomes a problem.
    mutating func attempt(_ body: (inout Reader) throws -> Void) {
      do {
        try body(&self)
      } catch let error as ConfigurationError {
        problems.append(error)
      } catch {
        problems.append(ConfigurationError(file: "", problem: "\(error)"))
      }
    }

    /// Goes through the entries of a mapping whose keys are known.
    mutating func forEach(
      in node: ConfigurationNode, keys: [String], of what: String,
      _ body: (inout Reader, ConfigurationEntry) throws -> Void
    ) {
      attempt { reader in
        for entry in try node.entries() {
          reader.attempt { reader in
            try entry.requireKey(among: keys, of: what)
            try body(&reader, entry)
          }
        }
      }
    }

    mutating func readDiskFloor(_ value: ConfigurationNode) throws(ConfigurationError) {
      let written = try value.text()
      guard written.hasSuffix("%") else {
        configuration.diskFloorByteCount = Int64(
          try value.byteCount(in: Limits.diskFloorByteCount))
        return
      }
      guard let percent = Double(written.dropLast()), Limits.diskFloorPercent.contains(percent)
      else {
        throw value.error(
          "'\(written)' is no share of a disk", advice: "write it as 5%, or as bytes: 2GiB")
      }
      configuration.diskFloorPercent = percent
    }

    mutating func readRoot(_ root: ConfigurationNode) {
      forEach(in: root, keys: SubscriptionConfiguration.keys, of: "the configuration") {
        reader, entry in
        let value = entry.value
        switch entry.key {
        case "ledger": reader.configuration.ledger = try value.text()
        case "sources":
          let items = try value.items()
          guard items.count <= Limits.sourceCount else {
            throw value.error("more than \(Limits.sourceCount) sources")
          }
          for item in items { reader.readSource(item) }
        case "limits": reader.readLimits(value)
        case "disk_floor":
          try reader.readDiskFloor(value)
        case "compaction": reader.readCompaction(value)
        case "metrics": reader.readMetrics(value)
        default: reader.readLogging(value)
        }
      }
      if root["ledger"] == nil {
        problems.append(root.error("'ledger' is missing", advice: "name the ledger's folder"))
      } else if configuration.ledger.isEmpty, let node = root["ledger"], node.isScalar,
        !node.isNull
      {
        problems.append(node.error("the ledger's folder has no name"))
      }
      if root["sources"] == nil {
        problems.append(root.error("'sources' is missing", advice: "list at least one source"))
      } else if let node = root["sources"], case .sequence(let items) = node.content,
        items.isEmpty
      {
        problems.append(node.error("there is no source", advice: "list at least one"))
      }
    }

    private mutating func readLimits(_ node: ConfigurationNode) {
      forEach(
        in: node, keys: ["max_delay", "max_rows", "max_bytes", "queue_bytes"], of: "limits"
      ) { reader, entry in
        switch entry.key {
        case "max_delay":
          let delay = try entry.value.shortSpan()
          guard
            delay >= Limits.shortestDelayMicroseconds, delay <= Limits.longestDelayMicroseconds
          else {
            throw entry.value.error("max_delay is out of range", advice: "use 10ms to 1h")
          }
          reader.configuration.limits.maximumDelay = delay
        case "max_rows":
          reader.configuration.limits.maximumRowCount = try entry.value.integer(
            in: Limits.rowCount)
        case "max_bytes":
          reader.configuration.limits.maximumByteCount = try entry.value.byteCount(
            in: Limits.byteCount)
        default:
          reader.configuration.limits.queueByteCount = try entry.value.byteCount(
            in: Limits.queueByteCount)
        }
      }
    }

    private mutating func readCompaction(_ node: ConfigurationNode) {
      forEach(in: node, keys: ["automatic"], of: "compaction") { reader, entry in
        reader.configuration.compactsSealed = try entry.value.boolean()
      }
    }

    private mutating func readMetrics(_ node: ConfigurationNode) {
      forEach(in: node, keys: ["port", "address"], of: "metrics") { reader, entry in
        if entry.key == "port" {
          reader.configuration.metrics.port = try entry.value.integer(in: 1...65_535)
        } else {
          let address = try entry.value.text()
          guard !address.isEmpty else { throw entry.value.error("the address is empty") }
          reader.configuration.metrics.address = address
        }
      }
    }

    private mutating func readLogging(_ node: ConfigurationNode) {
      forEach(in: node, keys: ["level", "format"], of: "logging") { reader, entry in
        if entry.key == "level" {
          let name = try entry.value.choice(
            of: Logging.Level.allCases.map(\.rawValue), what: "level")
          reader.configuration.logging.level = Logging.Level(rawValue: name) ?? .info
        } else {
          let name = try entry.value.choice(
            of: Logging.Format.allCases.map(\.rawValue), what: "format")
          reader.configuration.logging.format = Logging.Format(rawValue: name) ?? .text
        }
      }
    }
  }
}

extension ConfigurationNode {
  /// A span of time that may be shorter than a second: `250ms`, else as of `span`.
  ///
  /// - Units: microseconds.
  fileprivate func shortSpan() throws(ConfigurationError) -> Int64 {
    let written = try text()
    guard written.hasSuffix("ms"), let count = Int64(written.dropLast(2)), count >= 0,
      count < 1_000_000_000
    else { return try span() }
    return count * 1_000
  }
}
