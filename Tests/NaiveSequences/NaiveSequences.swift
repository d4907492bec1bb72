/// What the contract makes of a set of accepted events.
package struct NaiveResult {
  /// The rows as NDJSON, byte for byte as the contract's "As text" says.
  package var rows: ByteText
  /// Events that exist under `as_of`.
  package var accepted: Int
  /// Events without actor.
  package var unattributed: Int
  /// Aftermath on no sequence, and payment failures that open none.
  package var orphans: Int
}

/// The sequences of a set of accepted events, whatever their order.
package func naiveSequences(_ events: [NaiveEvent], _ options: NaiveOptions) -> NaiveResult {
  let world = NaiveWorld(events, options)
  var rows: [NaiveRow] = []
  var orphans = 0
  for (actor, steps) in world.walks {
    let walk = NaiveWalk(actor: actor, steps, horizon: world.horizon, options)
    let numbers = sessionNumbers(steps, options)
    rows += NaiveSequences.rows(of: walk, sessions: numbers, horizon: world.horizon, options)
    orphans += walk.orphans
  }
  rows.sort { left, right in
    if left.actor != right.actor { return isBefore(left.actor, right.actor) }
    if left.startedAt != right.startedAt { return left.startedAt < right.startedAt }
    return isBefore(left.sequenceID, right.sequenceID)
  }
  return NaiveResult(
    rows: rows.flatMap(text), accepted: world.accepted, unattributed: world.unattributed,
    orphans: orphans)
}

/// The events that exist, by actor.
struct NaiveWorld {
  var accepted: Int
  var unattributed = 0
  /// The `as_of` option, else the latest time of any accepted event.
  var horizon: Microseconds
  /// Each actor's events in order, actors sorted by bytes.
  var walks: [(actor: ByteText, steps: [NaiveStep])] = []

  init(_ events: [NaiveEvent], _ options: NaiveOptions) {
    let existing = events.filter { exists($0, asOf: options.asOf) }
    accepted = existing.count
    horizon = options.asOf ?? existing.map(\.time).max() ?? 0
    let steps = inOrder(existing, options)
    let actors = NaiveActors(steps, options)
    var byActor: [ByteText: [NaiveStep]] = [:]
    for step in steps {
      if let actor = actors.actor(of: step) {
        byActor[actor, default: []].append(step)
      } else {
        unattributed += 1
      }
    }
    walks = byActor.map { ($0.key, $0.value) }.sorted { isBefore($0.actor, $1.actor) }
  }
}

/// As of T: only events with time ≤ T and `recorded_at` ≤ T exist.
private func exists(_ event: NaiveEvent, asOf: Microseconds?) -> Bool {
  guard let asOf else { return true }
  return event.time <= asOf && event.recordedAt <= asOf
}
