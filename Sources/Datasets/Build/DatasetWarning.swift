import Bytes

/// Something about a dataset that its maker should see before training on it.
package struct DatasetWarning: Sendable, Equatable {
  /// The split that it is about.
  package var split: String
  package var why: String
  package var advice: String

  /// One line for people.
  package var text: String { "\(split) \(why); \(advice)" }

  var json: JSONValue {
    .members([
      ("split", JSONValue(split)), ("why", JSONValue(why)), ("advice", JSONValue(advice)),
    ])
  }
}

/// Says which splits are empty, and why.
struct EmptySplits {
  let plan: SplitPlan
  let survey: TimeSurvey
  /// Examples of each split.
  let exampleCounts: [Int]
  let passFunnels: [FilterFunnel]
  let funnel: FilterFunnel

  func warnings() -> [DatasetWarning] {
    if let stray = strays() { return [stray] + others().filter { $0.split != stray.split } }
    return others()
  }

  private func others() -> [DatasetWarning] {
    plan.splits.indices.filter { exampleCounts[$0] == 0 }.map { place in
      let split = plan.splits[place].split
      guard plan.isByTime else {
        return DatasetWarning(
          split: split.name, why: "has no example: \(largestFilters(place).why)",
          advice: largestFilters(place).advice)
      }
      if survey.inRange[place] == 0 { return silent(split) }
      let filters = largestFilters(place)
      return DatasetWarning(
        split: split.name,
        why: "has no example, of \(survey.inRange[place]) events in its time: \(filters.why)",
        advice: filters.advice)
    }
  }

  /// A few events that lie far after all others move the horizon, and with it every cut.
  private func strays() -> DatasetWarning? {
    guard plan.isByTime,
      let place = plan.splits.indices.last(where: { plan.splits[$0].split.purpose != .train }),
      let end = survey.endWithoutStrays, let last = survey.lastTime
    else { return nil }
    let split = plan.splits[place].split
    guard end < split.from, survey.inRange[place] <= survey.strayLimit else { return nil }
    let count = survey.inRange[place]
    return DatasetWarning(
      split: split.name,
      why: "has \(count) event\(count == 1 ? "" : "s") in its time and "
        + "\(exampleCounts[place] == 0 ? "no" : "\(exampleCounts[place])") "
        + "example\(exampleCounts[place] == 1 ? "" : "s"): the latest event is of "
        + "\(timeWord(last)), all but a thousandth are of \(timeWord(end)) or before "
        + "(a clock that runs ahead, or a quiet end?)",
      advice: "say --horizon \(timeWord(end)), or 'split: {horizon: \(timeWord(end))}'")
  }

  private func silent(_ split: DatasetSplit) -> DatasetWarning {
    if split.purpose == .train {
      let first = survey.firstTime.map { "the first one is of \(timeWord($0))" } ?? "there is none"
      return DatasetWarning(
        split: split.name,
        why: "has no example: no event lies before \(timeWord(split.until)), \(first)",
        advice: "make 'split: {test: …, validation: …}' shorter")
    }
    return DatasetWarning(
      split: split.name,
      why: "has no example: no event lies between \(timeWord(split.from)) and "
        + timeWord(split.until),
      advice: "make 'split: {\(split.purpose.rawValue): …}' longer, or the horizon earlier")
  }

  private func largestFilters(_ place: Int) -> (why: String, advice: String) {
    let pass = passFunnels[plan.splits[place].targetPass]
    let counts = EmptySplits.reasons.map { ($0.step, funnel[$0.step] + pass[$0.step], $0.advice) }
    let largest = counts.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }.prefix(3)
    guard let first = largest.first else {
      return (
        "nothing that is known before it goes on in it",
        "make 'split: {test: …, validation: …}' longer"
      )
    }
    return (
      "left out were " + largest.map { "\($0.1) \($0.0.meaning)" }.joined(separator: ", "), first.2
    )
  }

  private static let reasons: [(step: FilterFunnel.Step, advice: String)] = [
    (.coldTargets, "let train be longer, or say 'vocabulary: {cold: keep}'"),
    (.short, "make 'split: {test: …}' longer, or say 'shape: {min_length: 1}'"),
    (.immature, "say 'count: {immature: keep}', or make the label's horizon shorter"),
    (.withoutConsent, "see 'privacy: {consent: …}'"),
    (.uncountedEvents, "see 'count: {actions: …}'"),
    (.withoutItem, "use a task that needs no items, or a mapping that finds them"),
    (.botEvents, "make 'count: {bot_events_per_hour: …}' higher"),
    (.straddlers, "say 'split: {straddlers: trim}'"),
    (.rarePrefixes, "make 'privacy: {people_per_prefix: …}' lower"),
    (.rareItems, "make 'privacy: {people_per_item: …}' lower"),
    (.testOrders, "see 'count: {test_orders: …}'"),
    (.unsupported, "make 'shape: {item_support: …, user_support: …}' lower"),
    (.lateInputs, "ingest sooner, or make the cuts later"),
  ]
}

/// A time as the contract writes it.
func timeWord(_ time: Int64) -> String {
  var text: [UInt8] = []
  appendTime(time, to: &text)
  return String(decoding: text, as: UTF8.self)
}
