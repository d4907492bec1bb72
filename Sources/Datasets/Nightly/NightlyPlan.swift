package import ConfigurationFiles

/// What a night does, from its file.
///
/// - Shape: keys `ledger`, `output`, `sources`, `subscription`, `compact`, `sequences`, `recipes`,
///   `from`, `retention`.
package struct NightlyConfiguration: Sendable, Equatable {
  /// Files that are taken in before anything is built; what the ledger has already is passed over.
  package struct Source: Sendable, Equatable {
    /// A folder; every file in it whose name ends so.
    package var folder: String
    package var ending: String
    package var mapping: String?
  }

  /// Sequences as files.
  package struct SequenceFiles: Sendable, Equatable {
    package enum Format: String, Sendable, CaseIterable {
      case ndjson, csv, parquet
      case stepsCSV = "steps-csv"
    }

    /// The folder of all versions.
    package var output: String
    package var formats: [Format] = [.parquet]
    /// A file of the contract's options.
    package var options: String?
    /// How many versions stay.
    package var keptCount = 2
  }

  package var ledger: String
  package var output: String
  package var sources: [Source] = []
  /// The configuration of a subscriber, whose streams are caught up with.
  package var subscription: String?
  /// Whether small segments are merged after what is new was taken in.
  package var compacts = true
  /// The sequences as files, or nil where nobody wants them.
  package var sequences: SequenceFiles?
  package var recipes: [String] = []
  /// The first day that is wanted, as days since 1970; nil for the last whole one.
  package var firstDay: Int64?
  /// Versions older than this many days go, but for the newest `keptCount`.
  package var keptDays: Int?
  package var keptCount = 7

  package init(parsing bytes: [UInt8], file: String) throws(ConfigurationError) {
    let node = try ConfigurationNode.parse(bytes, file: file)
    let keys = [
      "ledger", "output", "sources", "subscription", "compact", "sequences", "recipes", "from",
      "retention",
    ]
    let entries = try node.entries(keys: keys, of: "the night's file")
    guard let ledger = node["ledger"], let output = node["output"] else {
      throw node.error("a night needs 'ledger' and 'output'", advice: "name both folders")
    }
    self.ledger = try ledger.text()
    self.output = try output.text()
    for entry in entries {
      switch entry.key {
      case "subscription": subscription = try entry.value.text()
      case "compact": compacts = try entry.value.boolean()
      case "sequences": if !entry.value.isNull { sequences = try SequenceFiles(entry.value) }
      case "recipes": recipes = try entry.value.texts()
      case "from": firstDay = dayNumber(try entry.value.instant())
      case "sources":
        for item in entry.value.itemsOrOne() { sources.append(try Source(item)) }
      case "retention": try readRetention(entry.value)
      default: break
      }
    }
  }

  private mutating func readRetention(_ node: ConfigurationNode) throws(ConfigurationError) {
    for entry in try node.entries(keys: ["days", "keep"], of: "'retention'") {
      if entry.key == "days" {
        keptDays = try entry.value.count(1...100_000)
      } else {
        keptCount = try entry.value.count(1...100_000)
      }
    }
  }
}

extension NightlyConfiguration.Source {
  init(_ node: ConfigurationNode) throws(ConfigurationError) {
    let entries = try node.entries(keys: ["folder", "ending", "mapping"], of: "a source")
    guard let folder = node["folder"] else {
      throw node.error("a source needs a 'folder'", advice: "name where its files are")
    }
    self.folder = try folder.text()
    ending = ""
    for entry in entries {
      if entry.key == "ending" { ending = try entry.value.text() }
      if entry.key == "mapping" { mapping = try entry.value.text() }
    }
  }
}

extension NightlyConfiguration.SequenceFiles {
  init(_ node: ConfigurationNode) throws(ConfigurationError) {
    let keys = ["output", "formats", "options", "keep"]
    let entries = try node.entries(keys: keys, of: "'sequences'")
    guard let output = node["output"] else {
      throw node.error("'sequences' needs an 'output'", advice: "name the folder of its files")
    }
    self.init(output: try output.text())
    for entry in entries {
      switch entry.key {
      case "formats":
        formats = []
        for item in entry.value.itemsOrOne() {
          let format: Format = try item.choice("format")
          if formats.contains(format) {
            throw item.error("the format '\(format.rawValue)' stands twice")
          }
          formats.append(format)
        }
        if formats.isEmpty { throw entry.value.error("at least one format is needed") }
      case "options": options = try entry.value.text()
      case "keep": keptCount = try entry.value.count(1...100_000)
      default: break
      }
    }
  }
}

/// Days since 1970 in UTC.
package func dayNumber(_ time: Int64) -> Int64 {
  time >= 0 ? time / Span.day : (time - Span.day + 1) / Span.day
}

/// The last microsecond of a day.
package func endOfDay(_ day: Int64) -> Int64 { (day + 1) * Span.day - 1 }

/// Which days are still to build, and which versions may go: pure functions of what is there.
package enum NightlyPlan {
  /// The days without a version, from the first wanted to the last whole one.
  ///
  /// - Shape: `built` are the days of the versions; after the newest of them every day is wanted.
  package static func missingDays(
    built: [Int64], first: Int64?, last: Int64
  ) -> [Int64] {
    let start = first ?? built.max().map { $0 + 1 } ?? last
    guard start <= last else { return [] }
    let known = Set(built)
    return (start...last).filter { !known.contains($0) }
  }

  /// Versions beyond retention, oldest first.
  package static func expired(
    _ versions: [(version: String, day: Int64)], today: Int64, keptDays: Int?, keptCount: Int,
    kept: Set<String>
  ) -> [String] {
    guard let keptDays else { return [] }
    let newestFirst = versions.sorted { ($0.day, $0.version) > ($1.day, $1.version) }
    return newestFirst.dropFirst(keptCount)
      .filter { today - $0.day > Int64(keptDays) && !kept.contains($0.version) }
      .reversed().map(\.version)
  }
}

extension DatasetHome {
  /// Finished versions with the days of their horizons.
  package func versionsByDay() throws -> [(version: String, day: Int64)] {
    try versions().compactMap { version in
      guard let manifest = try manifest(of: version),
        let time = manifest["watermark"]?.bytes?.withUnsafeBytes({ parseTime($0) })
      else { return nil }
      return (version, dayNumber(time))
    }
  }
}
