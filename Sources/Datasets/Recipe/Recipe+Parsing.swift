import Bytes
package import ConfigurationFiles
import Events
package import Files
import Sequences

// Reads a recipe file: YAML or JSON, every complaint with its place and the nearest valid name.

extension Recipe {
  static let keys = [
    "name", "title", "license", "task", "count", "shape", "split", "label", "negatives", "privacy",
    "vocabulary", "sequence", "formats", "allow",
  ]

  /// A recipe from a file's text.
  ///
  /// - Shape: `formats` are the names that a build knows; time zones are those of `files`.
  /// - Errors: bad YAML or JSON, an unknown key or name, a bad value, with file and line.
  package init(
    parsing bytes: [UInt8], file: String, formats: [String], files: any FileSystem
  ) throws(ConfigurationError) {
    try self.init(ConfigurationNode.parse(bytes, file: file), formats: formats, files: files)
  }

  /// A recipe from a tree that was read.
  private init(
    _ node: ConfigurationNode, formats: [String], files: any FileSystem
  ) throws(ConfigurationError) {
    let entries = try node.entries(keys: Recipe.keys, of: "the recipe")
    guard let task = node["task"] else {
      throw node.error(
        "a recipe needs a task",
        advice: "write 'task:' and one of \(Task.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self.init(task: try task.choice("task"))
    label.adjust(to: self.task)
    count.adjust(to: self.task)
    if let rules = node["privacy"] { privacy = try PrivacyRules(rules) }
    for entry in entries {
      switch entry.key {
      case "name": name = try Recipe.folderName(entry.value)
      case "title": title = try entry.value.text()
      case "license": license = try entry.value.text()
      case "count": try count.read(entry.value)
      case "shape": try shape.read(entry.value, files)
      case "split": try split.read(entry.value)
      case "label": try label.read(entry.value)
      case "negatives":
        if !entry.value.isNull { negatives = try NegativeRules(entry.value) }
      case "vocabulary": try vocabulary.read(entry.value)
      case "sequence": sequence = try Recipe.sequenceOptions(entry.value)
      case "formats": self.formats = try Recipe.formats(entry.value, formats)
      case "allow": allowedLeaks = try Recipe.leaks(entry.value)
      default: break
      }
    }
    if node["formats"] == nil { self.formats = Recipe.defaultFormats(of: formats) }
  }

  /// What a recipe that names no formats is written in: one for people, one for programs.
  static func defaultFormats(of known: [String]) -> [FormatChoice] {
    ["ndjson", "parquet"].filter(known.contains).map { FormatChoice(name: $0) }
  }

  private static func folderName(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
    let name = try node.text()
    let isPlain = name.utf8.allSatisfy { byte in
      byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a || byte == 0x2d
        || byte == 0x5f || byte == 0x2e
    }
    guard isPlain, !name.isEmpty, name.utf8.count <= 100, name.utf8.first != 0x2e else {
      throw node.error(
        "'\(name)' cannot name a folder",
        advice: "use letters, digits, '-', '_' and '.', at most 100, not beginning with '.'")
    }
    return name
  }

  private static func sequenceOptions(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> SequenceOptions {
    for entry in try node.entries() where entry.key == "as_of" {
      throw entry.keyNode.error(
        "'as_of' is the build's to set", advice: "say 'split: {horizon: …}' for the latest time")
    }
    return try SequenceOptions(node)
  }

  private static func formats(
    _ node: ConfigurationNode, _ known: [String]
  ) throws(ConfigurationError) -> [FormatChoice] {
    var choices: [FormatChoice] = []
    for item in node.itemsOrOne() {
      if item.isScalar {
        choices.append(FormatChoice(name: try item.choice(of: known, what: "format")))
        continue
      }
      for entry in try item.entries() {
        let name = try entry.keyNode.choice(of: known, what: "format")
        choices.append(FormatChoice(name: name, options: entry.value.isNull ? nil : entry.value))
      }
    }
    if choices.isEmpty {
      throw node.error(
        "a dataset without formats holds no data",
        advice: "name one of \(known.joined(separator: ", ")), or leave 'formats' out")
    }
    for (place, choice) in choices.enumerated()
    where choices[..<place].contains(where: { $0.name == choice.name }) {
      throw node.error("the format '\(choice.name)' stands twice", advice: "name each once")
    }
    return choices
  }

  private static func leaks(_ node: ConfigurationNode) throws(ConfigurationError) -> [String] {
    let names = (1...15).map { "L\($0)" }
    var leaks: [String] = []
    for item in node.itemsOrOne() { leaks.append(try item.choice(of: names, what: "leak")) }
    return leaks
  }
}

extension ConfigurationNode {
  /// One of the names of an enumeration.
  func choice<Value: RawRepresentable & CaseIterable>(
    _ what: String
  ) throws(ConfigurationError) -> Value where Value.RawValue == String {
    let name = try choice(of: Value.allCases.map(\.rawValue), what: what)
    guard let value = Value(rawValue: name) else { throw error("unknown \(what) '\(name)'") }
    return value
  }

  /// A whole number that fits a weight or a limit.
  func count(_ range: ClosedRange<Int> = 0...1_000_000_000) throws(ConfigurationError) -> Int {
    try integer(in: range)
  }

  /// A span of at least one unit.
  func positiveSpan() throws(ConfigurationError) -> Int64 {
    let value = try span()
    guard value > 0 else { throw error("a span above zero is needed here") }
    return value
  }

  /// A time by RFC 3339, or a date that stands for its midnight in UTC.
  func instant() throws(ConfigurationError) -> Int64 {
    let written = try text()
    let whole = written.utf8.count == 10 ? written + "T00:00:00Z" : written
    guard let time = Array(whole.utf8).withUnsafeBytes({ parseRFC3339($0) }) else {
      throw error(
        "expected a time, found \(inWords)",
        advice: "write it as 2026-03-01 or 2026-03-01T09:00:00Z")
    }
    return time
  }

  /// Texts of a list, or the one text in its place.
  func texts() throws(ConfigurationError) -> [String] {
    var texts: [String] = []
    for item in itemsOrOne() { texts.append(try item.text()) }
    return texts
  }
}
