import Bytes
import Events
import Sequences

/// What making units needs besides a history; the same for all threads of a pass.
struct UnitContext: Sendable {
  let recipe: Recipe
  /// The latest time that this pass knows.
  let knowledge: Int64
  let items: WordTable
  let funnel: SharedFunnel
  /// Each role's action, or nil.
  let actionOfRole: [UInt8?]
  let purchaseAction: UInt8?

  init(
    _ recipe: Recipe, knowledge: Int64, items: WordTable, funnel: SharedFunnel
  ) {
    self.recipe = recipe
    self.knowledge = knowledge
    self.items = items
    self.funnel = funnel
    var actions = [UInt8?](repeating: nil, count: Role.allCases.count)
    var purchase: UInt8?
    for (code, action) in recipe.count.actions.enumerated() {
      if let role = Role(name: action.name) {
        actions[Int(role.rawValue)] = UInt8(code)
      } else {
        purchase = UInt8(code)
      }
    }
    actionOfRole = actions
    purchaseAction = purchase
  }
}

/// Turns histories into units, one worker a thread.
final class UnitWorker: HistoryWorker {
  let context: UnitContext
  private var drafts: InteractionDrafts
  private var writer = ByteWriter()
  private var framed = ByteWriter()

  init(_ context: UnitContext) {
    self.context = context
    drafts = InteractionDrafts(context)
  }

  func add(_ history: ActorHistory, to bytes: inout [UInt8]) throws {
    var funnel = FilterFunnel()
    defer { context.funnel.add(funnel) }
    funnel[.actors] = 1
    if isTest(history.actor) {
      funnel[.testCustomers] = 1
      return
    }
    if isBot(history) {
      funnel[.botActors] = 1
      funnel[.botEvents] = history.events.count
      return
    }
    var units = ActorUnits(actor: history.actor, consent: consent(history))
    switch context.recipe.task {
    case .nextItem, .interactions:
      units.units = drafts.units(of: history, &funnel)
    case .sequences: units.units = sequenceUnits(history, &funnel)
    case .checkoutOutcome: units.units = checkoutUnits(history, &funnel)
    case .abandonment: units.units = abandonmentUnits(history, &funnel)
    case .touchpoints: units.units = touchUnits(history, &funnel)
    }
    funnel[.units] = units.units.count
    for unit in units.units { funnel[.interactions] += unit.drafts.count }
    if units.units.isEmpty && units.consent == .unasked { return }
    writer.removeAll()
    writer.put(units)
    framed.removeAll()
    framed.put(record: writer)
    bytes.append(contentsOf: framed.raw)
  }

  private func isTest(_ actor: [UInt8]) -> Bool {
    guard actor.first == UInt8(ascii: "c") else { return false }
    return context.recipe.count.testCustomers.contains { matches(actor.dropFirst(2), $0) }
  }

  /// More human events within an hour than a person makes.
  private func isBot(_ history: ActorHistory) -> Bool {
    let limit = context.recipe.count.botEventsPerHour
    guard limit > 0, history.events.count > limit else { return false }
    let times = history.events.lazy.filter { $0.role.isHuman }.map(\.time)
    var window: [Int64] = []
    window.reserveCapacity(history.events.count)
    for time in times { window.append(time) }
    guard window.count > limit else { return false }
    return (limit..<window.count).contains { window[$0] - window[$0 - limit] < Span.hour }
  }

  /// What the actor said last, as far as this pass knows.
  private func consent(_ history: ActorHistory) -> ActorUnits.Consent {
    guard let topics = context.recipe.privacy.consent else { return .unasked }
    for event in history.events.reversed() {
      let topic = history[text: event.topic]
      if topic.elementsEqual(topics.withdrawn.utf8) { return .withdrawn }
      if topic.elementsEqual(topics.granted.utf8) { return .granted }
    }
    return .unasked
  }
}

/// Whether a name is the one written, or begins with what stands before its `*`.
func matches(_ name: some Collection<UInt8>, _ pattern: String) -> Bool {
  let written = Array(pattern.utf8)
  guard written.last == UInt8(ascii: "*") else { return name.elementsEqual(written) }
  return name.starts(with: written.dropLast())
}

/// A hash that tells events, orders and units apart within a build.
func keyHash(_ bytes: ArraySlice<UInt8>, seed: UInt64 = 0) -> UInt64 {
  bytes.withUnsafeBytes { keyHash($0, seed: seed) }
}

func keyHash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
  fastHash(bytes, seed: 0x6b65_7973 ^ seed) | 1
}
