import Bytes
package import ConfigurationFiles
import Events
import Files

extension Mapping {
  /// Reads a mapping and checks all of it that can be checked without the data.
  ///
  /// - Errors: unknown keys and fields, bad patterns, topics, zones and values, each with its
  ///   place.
  package init(
    _ bytes: [UInt8], file: String
  ) throws(ConfigurationError) {
    let root = try ConfigurationNode.parse(bytes, file: file)
    var builder = MappingBuilder()
    try builder.read(root)
    self.init(
      name: builder.name ?? file, file: file, fingerprint: hexadecimal(SHA256.hash(bytes)),
      form: builder.form, plan: builder.plan)
  }
}

/// Turns the YAML of a mapping into a plan.
struct MappingBuilder {
  var plan = Plan()
  var form = InputForm()
  var name: String?
  /// Groups of JSON values that can be named where the builder stands, outermost first.
  var scope = [0]
  var zones = ZoneCache()

  static let rootKeys = ["name", "about", "input", "source", "skip", "fields", "events"]
  static let numberFields = ["quantity", "unit_price", "amount"]
  static let envelopeFields = ["id", "topic", "time", "source"]
  static let idFields = IDColumn.allCases.map(\.name)
  static let fieldNames = envelopeFields + idFields + numberFields + ["items", "data"]

  mutating func read(_ root: ConfigurationNode) throws(ConfigurationError) {
    let entries = try root.entries(keys: Self.rootKeys, of: "a mapping")
    name = try root["name"]?.text()
    if let about = root["about"] {
      for entry in try about.entries() { _ = try entry.value.text() }
    }
    if let input = root["input"] { try readInput(input) }
    if let skip = root["skip"] { plan.skips = try conditions(skip) }
    var shared: [ConfigurationEntry] = []
    if let source = entries.first(where: { $0.key == "source" }) { shared.append(source) }
    if let fields = root["fields"] {
      for entry in try fields.entries(keys: Self.fieldNames, of: "fields") {
        shared.removeAll { $0.key == entry.key }
        shared.append(entry)
      }
    }
    guard let events = root["events"] else {
      plan.events = [try event(shared, conditions: TableRange(), at: root["fields"] ?? root)]
      return
    }
    var plans: [EventPlan] = []
    for node in try events.items() {
      let own = try node.entries(keys: ["when"] + Self.fieldNames, of: "an event")
      let when = try node["when"].map { (n) throws(ConfigurationError) in try conditions(n) }
      let names = own.map(\.key)
      let merged = shared.filter { !names.contains($0.key) } + own.filter { $0.key != "when" }
      plans.append(try event(merged, conditions: when ?? TableRange(), at: node))
    }
    guard !plans.isEmpty, plans.count <= Limits.eventsPerRecord else {
      throw events.error("expected 1 to \(Limits.eventsPerRecord) events, found \(plans.count)")
    }
    plan.events = plans
  }

  private mutating func event(
    _ entries: [ConfigurationEntry], conditions: TableRange, at node: ConfigurationNode
  ) throws(ConfigurationError) -> EventPlan {
    var byName: [String: ConfigurationNode] = [:]
    for entry in entries where !entry.value.isNull { byName[entry.key] = entry.value }
    for required in Self.envelopeFields where byName[required] == nil {
      throw node.error(
        "an event needs '\(required)'", advice: "add it under 'fields' or to the event")
    }
    var event = EventPlan(
      conditions: conditions, id: -1, source: -1, topic: -1, time: -1, fields: TableRange())
    if let id = byName["id"] { event.id = try text(id) }
    if let source = byName["source"] { event.source = try text(source, scalarIsConstant: true) }
    if let topic = byName["topic"] {
      event.topic = try text(topic, scalarIsConstant: true)
      try checkTopics(event.topic, topic)
    }
    if let time = byName["time"] { event.time = try self.time(time) }
    var fields: [FieldPlan] = []
    for name in Self.idFields {
      if let value = byName[name] { fields.append(try textField(name, value, kind: .text)) }
    }
    for name in Self.numberFields {
      if let value = byName[name] { fields.append(try numberField(name, value)) }
    }
    if let items = byName["items"] { fields.append(try linesField(items)) }
    if let data = byName["data"] { fields += try dataFields(data) }
    event.fields = TableRange(
      start: Int32(plan.fields.count), end: Int32(plan.fields.count + fields.count))
    plan.fields += fields
    return event
  }

  private mutating func textField(
    _ name: String, _ node: ConfigurationNode, kind: FieldPlan.Kind, code: String? = nil
  ) throws(ConfigurationError) -> FieldPlan {
    FieldPlan(
      kind: kind, key: key(name), code: plan.intern(code ?? name), plan: try text(node),
      conditions: try when(node))
  }

  private mutating func numberField(
    _ name: String, _ node: ConfigurationNode
  ) throws(ConfigurationError) -> FieldPlan {
    FieldPlan(
      kind: .number, key: key(name), code: plan.intern(name),
      plan: try number(node, isMoney: name != "quantity"), conditions: try when(node))
  }

  /// Columns that pass through under names of their own.
  private mutating func dataFields(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> [FieldPlan] {
    var fields: [FieldPlan] = []
    for entry in try node.entries() {
      guard !entry.key.isEmpty, !Self.fieldNames.dropFirst(4).contains(entry.key) else {
        throw entry.keyNode.error(
          "'\(entry.key)' cannot be a name of your own under 'data'",
          advice: "set the field itself, beside 'data'")
      }
      var kind = FieldPlan.Kind.text
      if let form = entry.value["as"] {
        let kinds: [(String, FieldPlan.Kind)] = [
          ("text", .text), ("number", .numberText), ("integer", .wholeText),
          ("boolean", .booleanText), ("json", .any),
        ]
        let name = try form.choice(of: kinds.map(\.0), what: "form")
        for (candidate, value) in kinds where candidate == name { kind = value }
        if kind == .any, self.form.format == .separated {
          throw form.error("only JSON input has values to pass on as json")
        }
      }
      fields.append(try textField(entry.key, entry.value, kind: kind, code: "data"))
    }
    return fields
  }

  private mutating func linesField(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> FieldPlan {
    let start = Int32(plan.lines.count)
    var lines: [LinePlan] = []
    for item in node.itemsOrOne() {
      let keys = ["each", "item_id", "quantity", "unit_price"]
      _ = try item.entries(keys: keys, of: "items")
      var line = LinePlan()
      let outer = scope
      if let each = item["each"] { line.group = Int32(try group(each)) }
      if let value = item["item_id"] { line.itemID = try text(value) }
      if let value = item["quantity"] { line.quantity = try number(value, isMoney: false) }
      if let value = item["unit_price"] { line.unitPrice = try number(value, isMoney: true) }
      scope = outer
      lines.append(line)
    }
    plan.lines += lines
    return FieldPlan(
      kind: .lines, key: key("items"), code: plan.intern("items"), plan: -1,
      lines: TableRange(start: start, end: Int32(plan.lines.count)))
  }

  /// `"name":` as it stands in a message.
  private mutating func key(_ name: String) -> PoolRange {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    appendEscaped(Array(name.utf8), to: &bytes)
    bytes += Array("\":".utf8)
    return plan.intern(bytes)
  }

  /// Topics that are written in the mapping must be ones the contract accepts.
  private func checkTopics(
    _ text: Int32, _ node: ConfigurationNode
  ) throws(ConfigurationError) {
    let topic = plan.texts[Int(text)]
    func check(_ range: PoolRange, _ place: ConfigurationNode) throws(ConfigurationError) {
      let bytes = plan.pool[Int(range.start)..<Int(range.start + range.count)]
      guard !bytes.isEmpty, bytes.count <= Limits.identifierByteCount,
        bytes.allSatisfy({ $0 > 32 && $0 != 127 })
      else {
        throw place.error(
          "'\(String(decoding: bytes, as: UTF8.self))' is not a topic",
          advice: "a topic is 1 to 256 bytes, words separated by dots, without spaces")
      }
    }
    if topic.source == .constant, topic.map < 0 { try check(topic.constant, node) }
    guard let map = node["map"] else { return }
    for entry in try map.entries() where !entry.value.isNull {
      let bytes = Array(try entry.value.text().utf8)
      guard !bytes.isEmpty, bytes.count <= Limits.identifierByteCount,
        bytes.allSatisfy({ $0 > 32 && $0 != 127 })
      else {
        throw entry.value.error(
          "\(entry.value.inWords) is not a topic",
          advice: "a topic is 1 to 256 bytes, words separated by dots, without spaces")
      }
    }
  }
}

/// Appends text as it stands between the quotes of a JSON string.
func appendEscaped(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
  for byte in text {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
    case 0..<32:
      bytes += Array("\\u00".utf8) + [hexDigit(byte >> 4), hexDigit(byte & 15)]
    default: bytes.append(byte)
    }
  }
}
