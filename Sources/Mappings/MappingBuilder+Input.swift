import ConfigurationFiles
import Files

extension MappingBuilder {
  static let inputKeys = [
    "format", "separator", "quote", "header", "columns", "each", "nulls", "trim",
  ]

  mutating func readInput(_ node: ConfigurationNode) throws(ConfigurationError) {
    _ = try node.entries(keys: Self.inputKeys, of: "input")
    if let format = node["format"] {
      switch try format.choice(of: ["csv", "tsv", "json_lines", "json"], what: "format") {
      case "tsv":
        form.separator = 9
        form.quote = 0
      case "json_lines": form.format = .jsonLines
      case "json": form.format = .json
      default: break
      }
    }
    let isJSON = form.format != .separated
    for key in ["separator", "quote", "header", "columns", "trim"] where isJSON {
      if let value = node[key] { throw value.error("'\(key)' has no meaning for JSON input") }
    }
    if let each = node["each"] {
      guard isJSON else { throw each.error("'each' needs JSON input") }
      form.eachGroup = try group(each)
    }
    if let separator = node["separator"] { form.separator = try oneByte(separator) }
    if let quote = node["quote"] {
      form.quote = try quote.text() == "none" ? 0 : try oneByte(quote)
    }
    guard form.separator != form.quote, ![10, 13].contains(form.separator) else {
      throw (node["separator"] ?? node).error("the separator cannot be a quote or a line's end")
    }
    if let header = node["header"] { form.hasHeader = try header.boolean() }
    if let trim = node["trim"] { form.isTrimmed = try trim.boolean() }
    if let columns = node["columns"] {
      guard !form.hasHeader else {
        throw columns.error(
          "'columns' names the columns of a file without header", advice: "add 'header: false'")
      }
      form.columns = []
      for column in try columns.items() {
        let name = try column.text()
        if form.columns.contains(name) { throw column.error("column '\(name)' is named twice") }
        form.columns.append(name)
      }
    }
    if let nulls = node["nulls"] { plan.nulls = try markers(nulls) }
  }

  private func oneByte(_ node: ConfigurationNode) throws(ConfigurationError) -> UInt8 {
    let written = try node.text()
    if written == "tab" { return 9 }
    guard written.utf8.count == 1, let byte = written.utf8.first, byte >= 32 || byte == 9 else {
      throw node.error(
        "expected one ASCII character, found \(node.inWords)",
        advice: "write it in quotes, or 'tab'")
    }
    return byte
  }

  mutating func markers(_ node: ConfigurationNode) throws(ConfigurationError) -> TableRange {
    var list: [String] = []
    for item in node.itemsOrOne() { list.append(try item.text()) }
    return plan.intern(list: list)
  }

  /// Opens the JSON array at a path: what follows can name values of its elements.
  mutating func group(_ node: ConfigurationNode) throws(ConfigurationError) -> Int {
    guard form.format != .separated else { throw node.error("'each' needs JSON input") }
    let path = try node.text()
    let parent = scope[scope.count - 1]
    let reference = try self.reference(node)
    plan.groups.append(JSONGroup(path: path, parent: parent, reference: reference))
    scope.append(plan.groups.count - 1)
    return plan.groups.count - 1
  }

  /// The reference to a column or JSON path that a node names.
  mutating func reference(_ node: ConfigurationNode) throws(ConfigurationError) -> Int32 {
    let written = try node.text()
    if case .scalar(_, .integer) = node.content, form.format == .separated {
      let place = try node.integer(in: 1...Limits.columns)
      return add(name: "", index: place - 1, group: 0, node)
    }
    return try reference(named: written, node)
  }

  mutating func reference(
    named name: String, _ node: ConfigurationNode
  ) throws(ConfigurationError) -> Int32 {
    guard !name.isEmpty else { throw node.error("a column needs a name") }
    guard form.format != .separated else {
      if !form.hasHeader, let index = form.columns.firstIndex(of: name) {
        return add(name: name, index: index, group: 0, node)
      }
      guard form.hasHeader else {
        throw node.error(
          "unknown column '\(name)'", nearest: nearestName(to: name, among: form.columns),
          advice: "Columns: \(form.columns.joined(separator: ", ")).")
      }
      return add(name: name, index: -1, group: 0, node)
    }
    var found = 0
    for group in scope where group > 0 && name.hasPrefix(plan.groups[group].path + ".") {
      found = group
    }
    let path = found == 0 ? name : String(name.dropFirst(plan.groups[found].path.count + 1))
    guard !path.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
      throw node.error("'\(name)' is not a path", advice: "write names separated by dots")
    }
    return add(name: path, index: -1, group: found, node)
  }

  private mutating func add(
    name: String, index: Int, group: Int, _ node: ConfigurationNode
  ) -> Int32 {
    let known = plan.references.firstIndex {
      Array($0.name.utf8) == Array(name.utf8) && $0.index == index && $0.group == group
    }
    if let known { return Int32(known) }
    plan.references.append(
      ColumnReference(
        name: name, index: index, group: group, line: node.line, column: node.column))
    return Int32(plan.references.count - 1)
  }
}

/// Time zones by name, read once each.
struct ZoneCache {
  private var known: [String: ZoneRules] = [:]

  mutating func zone(_ node: ConfigurationNode) throws(ConfigurationError) -> ZoneRules {
    let name = try node.text()
    if let rules = ZoneRules(fixed: name) ?? known[name] { return rules }
    let isName = name.utf8.allSatisfy {
      ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || ($0 >= 48 && $0 <= 57) || "/_+-".utf8.contains($0)
    }
    guard isName, !name.hasPrefix("/") else { throw unknown(name, node) }
    let path = "/usr/share/zoneinfo/\(name)"
    do {
      let file = try POSIXFileSystem().open(path)
      defer { file.close() }
      guard file.byteCount <= Limits.zoneFileByteCount else { throw unknown(name, node) }
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: file.byteCount, alignment: 8)
      defer { room.deallocate() }
      try file.read(into: room, at: 0)
      guard let rules = ZoneRules(tzif: Array(room)) else { throw unknown(name, node) }
      known[name] = rules
      return rules
    } catch {
      throw unknown(name, node)
    }
  }

  private func unknown(_ name: String, _ node: ConfigurationNode) -> ConfigurationError {
    let common = [
      "UTC", "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Moscow", "America/New_York",
      "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Tokyo", "Asia/Kolkata",
      "Asia/Shanghai", "Australia/Sydney",
    ]
    return node.error(
      "unknown time zone '\(name)'", nearest: nearestName(to: name, among: common),
      advice: "Use an offset such as +02:00, or a name that is in /usr/share/zoneinfo "
        + "(package tzdata).")
  }
}
