import ConfigurationFiles

extension MappingBuilder {
  static let textKeys = [
    "column", "constant", "template", "map", "unknown", "unknown_prefix", "prefix",
    "strip_suffix", "default", "nulls", "hash", "when", "as",
  ]

  /// The plan of a text; gives its place in `texts`.
  mutating func text(
    _ node: ConfigurationNode, scalarIsConstant: Bool = false
  ) throws(ConfigurationError) -> Int32 {
    var text: TextPlan
    if node.isScalar {
      let written = try node.text()
      if written.utf8.contains(UInt8(ascii: "{")) {
        text = try template(node)
      } else if scalarIsConstant {
        text = TextPlan(source: .constant, constant: plan.intern(written))
      } else {
        text = TextPlan(source: .column, reference: try reference(node))
      }
    } else {
      text = try textFromMapping(node)
    }
    text.isPlainColumn = text.hasNothingToDo
    plan.texts.append(text)
    return Int32(plan.texts.count - 1)
  }

  private mutating func textFromMapping(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> TextPlan {
    _ = try node.entries(keys: Self.textKeys, of: "a text value")
    var text: TextPlan
    switch (node["column"], node["constant"], node["template"]) {
    case (let column?, nil, nil):
      text = TextPlan(source: .column, reference: try reference(column))
    case (nil, let constant?, nil):
      text = TextPlan(source: .constant, constant: plan.intern(try constant.text()))
    case (nil, nil, let template?): text = try self.template(template)
    default:
      throw node.error("a value has exactly one of 'column', 'constant' and 'template'")
    }
    if let map = node["map"] { text.map = try valueMap(map) }
    for key in ["unknown", "unknown_prefix"] where text.map < 0 {
      if let value = node[key] { throw value.error("'\(key)' goes with 'map'") }
    }
    if let unknown = node["unknown"] {
      switch try unknown.choice(of: ["reject", "skip", "keep"], what: "rule") {
      case "skip": text.unknown = .skip
      case "keep": text.unknown = .keep
      default: text.unknown = .reject
      }
    }
    if let prefix = node["unknown_prefix"] {
      guard text.unknown == .keep else {
        throw prefix.error("'unknown_prefix' goes with 'unknown: keep'")
      }
      text.unknownPrefix = plan.intern(try prefix.text())
    }
    if let prefix = node["prefix"] { text.prefix = plan.intern(try prefix.text()) }
    if let suffix = node["strip_suffix"] { text.strippedSuffix = plan.intern(try suffix.text()) }
    if let value = node["default"] { text.defaultValue = plan.intern(try value.text()) }
    if let nulls = node["nulls"] { text.nulls = try markers(nulls) }
    if let hash = node["hash"] {
      switch try hash.choice(of: ["never", "long", "always"], what: "rule") {
      case "long": text.hash = .long
      case "always": text.hash = .always
      default: text.hash = .never
      }
    }
    return text
  }

  /// `{user}-{line}`: names of columns in braces, `line` and `element` for places; `{{` is a brace.
  private mutating func template(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> TextPlan {
    let bytes = Array(try node.text().utf8)
    var pieces: [Piece] = []
    var literal: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let isDoubled = index + 1 < bytes.count && bytes[index + 1] == byte
      if byte == UInt8(ascii: "{"), !isDoubled {
        guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else {
          throw node.error("the template has a brace that is not closed")
        }
        if !literal.isEmpty {
          pieces.append(Piece(kind: .literal, literal: plan.intern(literal)))
          literal = []
        }
        let name = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
        switch name {
        case "line": pieces.append(Piece(kind: .line))
        case "element":
          guard form.eachGroup > 0 else { throw node.error("{element} needs 'each' in 'input'") }
          pieces.append(Piece(kind: .element))
        default:
          pieces.append(
            Piece(kind: .reference, reference: try reference(named: name, node)))
        }
        index = end + 1
      } else {
        literal.append(byte)
        let isBrace = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
        index += isBrace && isDoubled ? 2 : 1
      }
    }
    if !literal.isEmpty { pieces.append(Piece(kind: .literal, literal: plan.intern(literal))) }
    let start = Int32(plan.pieces.count)
    plan.pieces += pieces
    return TextPlan(
      source: .template, pieces: TableRange(start: start, end: Int32(plan.pieces.count)))
  }

  private mutating func valueMap(_ node: ConfigurationNode) throws(ConfigurationError) -> Int32 {
    var entries: [ValueMap.Entry] = []
    for entry in try node.entries() {
      let target = entry.value.isNull ? PoolRange() : plan.intern(try entry.value.text())
      entries.append(ValueMap.Entry(from: plan.intern(entry.key), to: target))
    }
    guard !entries.isEmpty else { throw node.error("the map is empty") }
    let pool = plan.pool
    func bytes(_ range: PoolRange) -> ArraySlice<UInt8> {
      pool[Int(range.start)..<Int(range.start + range.count)]
    }
    entries.sort {
      $0.from.count != $1.from.count
        ? $0.from.count < $1.from.count
        : bytes($0.from).lexicographicallyPrecedes(bytes($1.from))
    }
    let start = Int32(plan.mapEntries.count)
    plan.mapEntries += entries
    plan.maps.append(
      ValueMap(entries: TableRange(start: start, end: Int32(plan.mapEntries.count))))
    return Int32(plan.maps.count - 1)
  }

  /// The plan of a time; gives its place in `times`.
  mutating func time(_ node: ConfigurationNode) throws(ConfigurationError) -> Int32 {
    _ = try node.entries(keys: ["column", "format", "zone", "plus"], of: "a time")
    guard let column = node["column"], let format = node["format"] else {
      throw node.error(
        "a time needs 'column' and 'format'",
        advice: "formats: \(TimeFormat.names.joined(separator: ", ")) or a pattern")
    }
    var time = TimePlan(reference: try reference(column))
    let zone = try node["zone"].map { (n) throws(ConfigurationError) in try zones.zone(n) }
    let start = Int32(plan.timeFormats.count)
    for item in format.itemsOrOne() {
      plan.timeFormats.append(try timeFormat(item, zone: zone ?? .utc))
    }
    time.formats = TableRange(start: start, end: Int32(plan.timeFormats.count))
    guard !time.formats.isEmpty else { throw format.error("expected at least one format") }
    if let plus = node["plus"] {
      _ = try plus.entries(keys: ["column", "unit"], of: "plus")
      guard let column = plus["column"], let unit = plus["unit"] else {
        throw plus.error("'plus' needs 'column' and 'unit'")
      }
      time.plusReference = try reference(column)
      switch try unit.choice(of: ["s", "ms", "us"], what: "unit") {
      case "s": time.plusUnit = 1_000_000
      case "ms": time.plusUnit = 1_000
      default: time.plusUnit = 1
      }
    }
    plan.times.append(time)
    return Int32(plan.times.count - 1)
  }

  private func timeFormat(
    _ node: ConfigurationNode, zone: ZoneRules
  ) throws(ConfigurationError) -> TimeFormat {
    let written = try node.text()
    switch written {
    case "epoch_s": return TimeFormat(kind: .epoch(unit: 1_000_000), zone: zone)
    case "epoch_ms": return TimeFormat(kind: .epoch(unit: 1_000), zone: zone)
    case "epoch_us": return TimeFormat(kind: .epoch(unit: 1), zone: zone)
    case "rfc3339": return TimeFormat(kind: .rfc3339, zone: zone)
    default:
      if let near = nearestName(to: written, among: TimeFormat.names) {
        throw node.error("unknown time format '\(written)'", nearest: near)
      }
      return TimeFormat(kind: .pattern(try TimeFormat.steps(pattern: node)), zone: zone)
    }
  }

  /// The plan of a whole number or of money; gives its place in `numbers`.
  mutating func number(
    _ node: ConfigurationNode, isMoney: Bool
  ) throws(ConfigurationError) -> Int32 {
    var number = NumberPlan()
    if isMoney {
      number.scale = 2
    } else {
      number.minimum = Int64(Int32.min)
      number.maximum = Int64(Int32.max)
    }
    if node.isScalar {
      number.reference = try reference(node)
    } else {
      let common = ["column", "constant", "default", "nulls", "sign", "when"]
      let money = ["scale", "decimal_separator", "rounding", "times"]
      _ = try node.entries(
        keys: isMoney ? common + money : common, of: isMoney ? "an amount" : "a quantity")
      if let scale = node["scale"] {
        number.scale = Int32(try scale.integer(in: 0...Limits.scale))
      }
      if let separator = node["decimal_separator"] {
        let names = [".", ","]
        number.separator = try separator.choice(of: names, what: "separator").utf8.first ?? 46
      }
      try readRules(node, &number)
      switch (node["column"], node["constant"]) {
      case (let column?, nil): number.reference = try reference(column)
      case (nil, let constant?): number.constant = try decimal(constant, number)
      default: throw node.error("a number has exactly one of 'column' and 'constant'")
      }
      if let value = node["default"] {
        number.hasDefault = true
        number.defaultValue = try decimal(value, number)
      }
      if let times = node["times"] { number.timesReference = try reference(times) }
      if let nulls = node["nulls"] { number.nulls = try markers(nulls) }
    }
    plan.numbers.append(number)
    return Int32(plan.numbers.count - 1)
  }

  private func readRules(
    _ node: ConfigurationNode, _ number: inout NumberPlan
  ) throws(ConfigurationError) {
    if let rounding = node["rounding"] {
      switch try rounding.choice(of: ["reject", "down", "nearest"], what: "rule") {
      case "down": number.rounding = .down
      case "nearest": number.rounding = .nearest
      default: number.rounding = .reject
      }
    }
    if let sign = node["sign"] {
      switch try sign.choice(of: ["keep", "absolute", "negate"], what: "rule") {
      case "absolute": number.sign = .absolute
      case "negate": number.sign = .negate
      default: number.sign = .keep
      }
    }
  }

  private func decimal(
    _ node: ConfigurationNode, _ number: NumberPlan
  ) throws(ConfigurationError) -> Int64 {
    let written = Array(try node.text().utf8)
    let value = written.withUnsafeBufferPointer {
      parseDecimal(
        $0, scale: Int(number.scale), separator: number.separator, rounding: .reject)
    }
    guard let value, value >= number.minimum, value <= number.maximum else {
      throw node.error("\(node.inWords) is not a number with \(number.scale) decimal places")
    }
    return value
  }

  /// Conditions that guard a single value.
  mutating func when(_ node: ConfigurationNode) throws(ConfigurationError) -> TableRange {
    guard let when = node["when"] else { return TableRange() }
    return try conditions(when)
  }

  mutating func conditions(_ node: ConfigurationNode) throws(ConfigurationError) -> TableRange {
    var list: [Condition] = []
    let tests = ["equals", "in", "prefix", "suffix", "empty"]
    for item in node.itemsOrOne() {
      _ = try item.entries(keys: ["column", "not"] + tests, of: "a condition")
      let written = tests.compactMap { name in item[name].map { (name, $0) } }
      guard let column = item["column"], let (name, value) = written.first, written.count == 1
      else {
        throw item.error(
          "a condition has 'column' and exactly one of \(tests.joined(separator: ", "))")
      }
      var condition = Condition(
        reference: try reference(column), test: .equals,
        isNegated: try item["not"]?.boolean() ?? false, values: TableRange())
      switch name {
      case "prefix": condition.test = .prefix
      case "suffix": condition.test = .suffix
      case "empty":
        condition.test = .empty
        if try !value.boolean() { condition.isNegated.toggle() }
      default: break
      }
      if name != "empty" { condition.values = try markers(value) }
      list.append(condition)
    }
    let start = Int32(plan.conditions.count)
    plan.conditions += list
    return TableRange(start: start, end: Int32(plan.conditions.count))
  }
}
