import ConfigurationFiles
import Events
import Files
import Mappings
import Sequences

// The parts of a recipe, each with its own keys.

extension CountRules {
  static let keys = [
    "actions", "refunds", "refund_window", "immature", "repeats", "test_orders", "test_customers",
    "bot_events_per_hour",
  ]

  mutating func read(_ node: ConfigurationNode) throws(ConfigurationError) {
    for entry in try node.entries(keys: CountRules.keys, of: "'count'") {
      switch entry.key {
      case "actions": actions = try CountRules.actions(entry.value)
      case "refunds": refunds = try entry.value.choice("value of 'refunds'")
      case "refund_window": refundWindow = try entry.value.span()
      case "immature": immature = try entry.value.choice("value of 'immature'")
      case "repeats": repeats = try entry.value.choice("value of 'repeats'")
      case "test_orders": testOrders = try entry.value.texts()
      case "test_customers": testCustomers = try entry.value.texts()
      default: botEventsPerHour = try entry.value.count()
      }
    }
  }

  /// Defaults that differ by task: sequences are told by all their steps.
  mutating func adjust(to task: Recipe.Task) {
    switch task {
    case .nextItem, .interactions: break
    case .sequences, .checkoutOutcome, .abandonment:
      actions = Role.allCases.filter { $0 < .fulfilment && $0 != .identify }
        .map { ActionWeight(name: $0.name, weight: 1) }
    case .touchpoints:
      actions = Role.allCases.filter { $0.isHuman && $0 != .identify }
        .map { ActionWeight(name: $0.name, weight: 1) }
    }
  }

  /// Roles whose events can be interactions, and paid lines.
  static let actionNames =
    ["purchase"]
    + Role.allCases.filter { $0 != .other && $0 != .machine && $0 != .identify }.map(\.name)

  private static func actions(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> [ActionWeight] {
    var actions: [ActionWeight] = []
    if case .mapping = node.content {
      for entry in try node.entries() {
        let name = try entry.keyNode.choice(of: actionNames, what: "action")
        actions.append(ActionWeight(name: name, weight: try entry.value.weight()))
      }
    } else {
      for item in node.itemsOrOne() {
        actions.append(
          ActionWeight(name: try item.choice(of: actionNames, what: "action"), weight: 1))
      }
    }
    guard !actions.isEmpty else { throw node.error("at least one action is needed") }
    for (place, action) in actions.enumerated()
    where actions[..<place].contains(where: { $0.name == action.name }) {
      throw node.error("the action '\(action.name)' stands twice")
    }
    return actions
  }
}

extension ConfigurationNode {
  fileprivate func weight() throws(ConfigurationError) -> Float {
    guard case .scalar(let text, let kind) = content, kind == .integer || kind == .decimal,
      let value = Float(text), value.isFinite, value >= 0
    else {
      throw error("expected a weight of 0 or more, found \(inWords)")
    }
    return value
  }
}

extension ShapeRules {
  static let keys = [
    "unit", "min_length", "max_length", "expand", "stride", "targets", "user_support",
    "item_support", "time", "zone",
  ]

  mutating func read(
    _ node: ConfigurationNode, _ files: any FileSystem
  ) throws(ConfigurationError) {
    for entry in try node.entries(keys: ShapeRules.keys, of: "'shape'") {
      switch entry.key {
      case "unit": unit = try entry.value.choice("unit")
      case "min_length": minLength = try entry.value.count(1...1_000_000)
      case "max_length": maxLength = try entry.value.count(0...1_000_000)
      case "expand": expand = try entry.value.choice("value of 'expand'")
      case "stride": stride = try entry.value.count(1...1_000_000)
      case "targets": targets = try entry.value.choice("value of 'targets'")
      case "user_support": userSupport = try entry.value.count(1...1_000_000)
      case "item_support": itemSupport = try entry.value.count(1...1_000_000)
      case "time":
        timeFeatures = []
        for item in entry.value.itemsOrOne() {
          timeFeatures.append(try item.choice("time feature"))
        }
      default:
        let zone = try entry.value.text()
        guard let clock = LocalClock(zone: zone, files: files) else {
          throw entry.value.error(
            "the zone '\(zone)' is unknown",
            advice: "use an offset such as +02:00, or a name of this system's time zones")
        }
        self.clock = clock
      }
    }
    if expand == .windows && maxLength == 0 {
      throw node.error("windows need a 'max_length'", advice: "say how long a window is")
    }
    if maxLength > 0 && maxLength < minLength {
      throw node.error(
        "'max_length' (\(maxLength)) is below 'min_length' (\(minLength))",
        advice: "cut no unit below the length that it must have")
    }
  }
}

extension SplitRules {
  static let keys = [
    "by", "test", "validation", "horizon", "straddlers", "folds", "step", "test_percent",
    "validation_percent", "seed",
  ]

  mutating func read(_ node: ConfigurationNode) throws(ConfigurationError) {
    for entry in try node.entries(keys: SplitRules.keys, of: "'split'") {
      switch entry.key {
      case "by": method = try entry.value.choice("split")
      case "test": test = try entry.value.positiveSpan()
      case "validation": validation = try entry.value.span()
      case "horizon": horizon = entry.value.isNull ? nil : try entry.value.instant()
      case "straddlers": straddlers = try entry.value.choice("value of 'straddlers'")
      case "folds": folds = try entry.value.count(1...1_000)
      case "step": step = try entry.value.positiveSpan()
      case "test_percent": testPercent = try entry.value.count(1...99)
      case "validation_percent": validationPercent = try entry.value.count(0...98)
      default: seed = Int64(try entry.value.integer())
      }
    }
    if testPercent + validationPercent > 99 {
      throw node.error("no actors are left to train on", advice: "lower the percentages")
    }
  }
}

extension LabelRules {
  static let keys = ["horizon", "lookback", "level"]

  /// Defaults that differ by task: most checkouts end within a day.
  mutating func adjust(to task: Recipe.Task) {
    switch task {
    case .touchpoints: horizon = 30 * Span.day
    case .checkoutOutcome: horizon = Span.day
    default: break
    }
  }

  mutating func read(_ node: ConfigurationNode) throws(ConfigurationError) {
    for entry in try node.entries(keys: LabelRules.keys, of: "'label'") {
      switch entry.key {
      case "horizon": horizon = try entry.value.positiveSpan()
      case "lookback": lookback = try entry.value.positiveSpan()
      default:
        let name = try entry.value.choice(
          of: Level.allCases.map { "\($0.name)" }, what: "level")
        level = Level.allCases.first { "\($0.name)" == name } ?? level
      }
    }
  }
}

extension NegativeRules {
  static let keys = ["count", "by", "seed"]

  init(_ node: ConfigurationNode) throws(ConfigurationError) {
    self.init()
    for entry in try node.entries(keys: NegativeRules.keys, of: "'negatives'") {
      switch entry.key {
      case "count": count = try entry.value.count(1...10_000)
      case "by": method = try entry.value.choice("way to sample")
      default: seed = Int64(try entry.value.integer())
      }
    }
  }
}

extension VocabularyRules {
  static let keys = ["cold", "stable"]

  mutating func read(_ node: ConfigurationNode) throws(ConfigurationError) {
    for entry in try node.entries(keys: VocabularyRules.keys, of: "'vocabulary'") {
      switch entry.key {
      case "cold": cold = try entry.value.choice("value of 'cold'")
      default: isStable = try entry.value.boolean()
      }
    }
  }
}

extension PrivacyRules {
  static let keys = [
    "profile", "key", "drop", "round_time", "shift_time", "round_amounts", "people_per_item",
    "people_per_prefix", "consent",
  ]

  init(_ node: ConfigurationNode) throws(ConfigurationError) {
    self.init()
    if let profile = node["profile"] { apply(try profile.choice("profile")) }
    for entry in try node.entries(keys: PrivacyRules.keys, of: "'privacy'") {
      switch entry.key {
      case "key": key = try PrivacyRules.key(entry.value)
      case "drop": dropped = try entry.value.texts()
      case "round_time": timeRounding = try entry.value.span()
      case "shift_time": timeShift = try entry.value.span()
      case "round_amounts": amountRounding = Int64(try entry.value.count())
      case "people_per_item": peoplePerItem = try entry.value.count()
      case "people_per_prefix": peoplePerPrefix = try entry.value.count()
      case "consent": consent = try PrivacyRules.consent(entry.value)
      default: break
      }
    }
    if profile != .internal && key == nil {
      throw node.error(
        "the profile '\(profile.rawValue)' needs a key for pseudonyms",
        advice: "write 'key: {file: PATH}' or 'key: {environment: NAME}'")
    }
    if timeShift > 0 && key == nil {
      throw node.error("'shift_time' needs a key", advice: "write 'key: {file: PATH}'")
    }
  }

  /// What a profile sets; keys written beside it win.
  private mutating func apply(_ profile: Profile) {
    self.profile = profile
    switch profile {
    case .internal: break
    case .partner:
      dropped = ["order_id", "event_id"]
      timeRounding = Span.minute
    case .public:
      dropped = [
        "order_id", "event_id", "channel", "campaign_id", "creative_id", "unit_price", "amount",
        "currency", "sequence_id", "session", "paid", "refunded", "net", "value",
      ]
      timeRounding = 5 * Span.minute
      timeShift = 3 * Span.day
      peoplePerItem = 20
      peoplePerPrefix = 5
    }
  }

  private static func key(_ node: ConfigurationNode) throws(ConfigurationError) -> Key? {
    let entries = try node.entries(keys: ["file", "environment"], of: "'key'")
    guard let entry = entries.first, entries.count == 1 else {
      throw node.error("a key has one place", advice: "name a file or an environment variable")
    }
    let place = try entry.value.text()
    return entry.key == "file" ? .file(place) : .environment(place)
  }

  private static func consent(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> ConsentTopics? {
    if node.isNull { return nil }
    _ = try node.entries(keys: ["granted", "withdrawn"], of: "'consent'")
    guard let granted = node["granted"], let withdrawn = node["withdrawn"] else {
      throw node.error("consent needs both topics", advice: "write 'granted:' and 'withdrawn:'")
    }
    return ConsentTopics(granted: try granted.text(), withdrawn: try withdrawn.text())
  }
}
