import Synchronization

/// What each step of a build let through or left out, by its name.
///
/// - Shape: in the order of `Step`; a step that never counted is 0.
package struct FilterFunnel: Sendable, Equatable {
  package enum Step: String, Sendable, CaseIterable {
    case events
    case lateEvents = "late_events"
    case unattributed, actors
    case botActors = "bot_actors"
    case botEvents = "bot_events"
    case testCustomers = "test_customers"
    case testOrders = "test_orders"
    case withoutConsent = "without_consent"
    case uncountedEvents = "uncounted_events"
    case withoutItem = "without_item"
    case withoutSession = "without_session"
    case refunded, immature, repeats
    case interactions, units
    case straddlers
    case tornOrders = "torn_orders"
    case lateInputs = "late_inputs"
    case rareItems = "rare_items"
    case unsupported
    case coldInputs = "cold_inputs"
    case coldTargets = "cold_targets"
    case coldUsers = "cold_users"
    case rarePrefixes = "rare_prefixes"
    case short, trimmed
    case examples

    /// What is counted, for people.
    package var meaning: String {
      switch self {
      case .events: "events that existed"
      case .lateEvents: "events that had happened but were recorded later"
      case .unattributed: "events without actor"
      case .actors: "actors"
      case .botActors: "actors left out as suspected bots"
      case .botEvents: "their events"
      case .testCustomers: "actors left out as tests"
      case .testOrders: "interactions of test orders"
      case .withoutConsent: "actors without consent"
      case .uncountedEvents: "events of roles that do not count"
      case .withoutItem: "interactions without item"
      case .withoutSession: "interactions outside of sessions"
      case .refunded: "purchases refunded in full"
      case .immature: "interactions or labels too young to be final"
      case .repeats: "consecutive repeats"
      case .interactions: "interactions that count"
      case .units: "units that count"
      case .straddlers: "units that lay across a cut and were cut or dropped"
      case .tornOrders: "interactions of orders that would be inputs and targets"
      case .lateInputs: "inputs recorded after what they would predict"
      case .rareItems: "interactions whose item became 'rare'"
      case .unsupported: "train interactions below the support"
      case .coldInputs: "inputs with items that train does not have"
      case .coldTargets: "targets with items that train does not have"
      case .coldUsers: "users of later splits that train does not have"
      case .rarePrefixes: "interactions cut off because too few paths begin alike"
      case .short: "units too short to use"
      case .trimmed: "oldest interactions beyond the longest length"
      case .examples: "examples"
      }
    }
  }

  private var counts = [Int](repeating: 0, count: Step.allCases.count)

  package init() {}

  /// What a manifest tells of it.
  init(_ counts: JSONValue?) {
    for step in Step.allCases { self[step] = Int(counts?[step.rawValue]?.integer ?? 0) }
  }

  package subscript(step: Step) -> Int {
    get { counts[FilterFunnel.place(step)] }
    set { counts[FilterFunnel.place(step)] = newValue }
  }

  package mutating func add(_ other: FilterFunnel) {
    for place in counts.indices { counts[place] += other.counts[place] }
  }

  /// A step's place among all, which is asked for every event.
  private static func place(_ step: Step) -> Int {
    switch step {
    case .events: 0
    case .lateEvents: 1
    case .unattributed: 2
    case .actors: 3
    case .botActors: 4
    case .botEvents: 5
    case .testCustomers: 6
    case .testOrders: 7
    case .withoutConsent: 8
    case .uncountedEvents: 9
    case .withoutItem: 10
    case .withoutSession: 11
    case .refunded: 12
    case .immature: 13
    case .repeats: 14
    case .interactions: 15
    case .units: 16
    case .straddlers: 17
    case .tornOrders: 18
    case .lateInputs: 19
    case .rareItems: 20
    case .unsupported: 21
    case .coldInputs: 22
    case .coldTargets: 23
    case .coldUsers: 24
    case .rarePrefixes: 25
    case .short: 26
    case .trimmed: 27
    case .examples: 28
    }
  }
}

/// A funnel that several threads count in.
final class SharedFunnel: Sendable {
  private let funnel = Mutex(FilterFunnel())

  func add(_ other: FilterFunnel) { funnel.withLock { $0.add(other) } }

  var total: FilterFunnel { funnel.withLock { $0 } }
}
