import Bytes

/// One check of the leakage gate and what it found.
package struct LeakCheck: Sendable, Equatable {
  /// `L1` to `L15`.
  package var code: String
  /// What must hold, one sentence.
  package var rule: String
  /// How often it does not; a breach unless 0 or allowed.
  package var count = 0
  /// A few places: rows of the dataset, items by word.
  package var examples: [String] = []
  /// What was looked at, or counted besides.
  package var note = ""
  package var isAllowed = false

  package var isBreach: Bool { count > 0 && !isAllowed }

  mutating func found(_ place: @autoclosure () -> String, times: Int = 1) {
    count += times
    if examples.count < Limits.leakExampleCount { examples.append(place()) }
  }
}

/// Measures of how good sequences are; none of them fails a build.
package struct QualityGauges: Sendable, Equatable {
  /// Of neighbouring interactions outside of one basket: those with the same time, per million.
  package var tiedPerMillion = 0
  /// Of interactions: those with an item that the example had before, per million.
  package var repeatedPerMillion = 0
  /// Lengths of examples: the least, quartiles, 99 of 100, the most.
  package var lengths: [Int] = []
  /// Rules of two and of three items in a row that occur at least twice, as they are and after
  /// each example was shuffled: the closer, the less order there is.
  package var pairRules = 0
  package var shuffledPairRules = 0
  package var tripleRules = 0
  package var shuffledTripleRules = 0
  /// Examples of train that the rules were counted in.
  package var sampledExamples = 0

  package init() {}
}

/// The verdict of the leakage gate.
package struct LeakageReport: Sendable, Equatable {
  package var checks: [LeakCheck]
  package var quality = QualityGauges()

  package var breaches: [LeakCheck] { checks.filter(\.isBreach) }
  package var passed: Bool { breaches.isEmpty }

  /// The checks that a `leakage.json` tells; its gauges are not taken over.
  init(_ json: JSONValue) {
    checks = LeakCheck.all(allowed: [])
    for found in json["checks"]?.elements ?? [] {
      guard let place = checks.firstIndex(where: { $0.code == found["check"]?.text }) else {
        continue
      }
      checks[place].count = Int(found["count"]?.integer ?? 0)
      checks[place].examples = (found["examples"]?.elements ?? []).compactMap(\.text)
      checks[place].note = found["note"]?.text ?? ""
      checks[place].isAllowed = found["verdict"]?.text == "allowed"
    }
  }

  init(checks: [LeakCheck], quality: QualityGauges) {
    self.checks = checks
    self.quality = quality
  }

  /// `leakage.json`.
  package var json: JSONValue {
    .members([
      ("verdict", JSONValue(passed ? "passed" : "breached")),
      (
        "checks",
        .array(
          checks.map { check in
            .members([
              ("check", JSONValue(check.code)), ("rule", JSONValue(check.rule)),
              (
                "verdict",
                JSONValue(check.count == 0 ? "passed" : check.isAllowed ? "allowed" : "breached")
              ),
              ("count", JSONValue(check.count)),
              ("examples", .array(check.examples.map { JSONValue($0) })),
              ("note", JSONValue(check.note)),
            ])
          })
      ),
      ("quality", quality.json),
    ])
  }
}

extension QualityGauges {
  var json: JSONValue {
    .members([
      ("tied_per_million", JSONValue(tiedPerMillion)),
      ("repeated_per_million", JSONValue(repeatedPerMillion)),
      (
        "lengths",
        .members(
          zip(["least", "p25", "median", "p75", "p99", "most"], lengths).map {
            ($0, JSONValue($1))
          })
      ),
      ("sampled_examples", JSONValue(sampledExamples)),
      ("pair_rules", JSONValue(pairRules)), ("shuffled_pair_rules", JSONValue(shuffledPairRules)),
      ("triple_rules", JSONValue(tripleRules)),
      ("shuffled_triple_rules", JSONValue(shuffledTripleRules)),
    ])
  }
}

extension LeakCheck {
  /// All checks, before anything was looked at.
  static func all(allowed: [String]) -> [LeakCheck] {
    let rules = [
      "Everything in train lies before the first target of later splits.",
      "No unit is in two splits.",
      "No basket is in inputs and targets, or in two splits.",
      "Support, numbers of items and popularity come from train alone.",
      "No feature stands on anything later than the example's moment.",
      "Identities of inputs are those known at the cut.",
      "Inputs were recorded by the cut, or before what they predict.",
      "Labels were observed to their end.",
      "Weights of inputs know of no refund after the cut.",
      "No event is a target and in another split.",
      "Few targets have the time of an input.",
      "Negatives had been seen by then and are not the actor's own.",
      "No input is made of a target's event.",
      "No person is under two ids in different splits.",
      "Cold items and users are counted, not hidden.",
    ]
    return rules.enumerated().map { place, rule in
      let code = "L\(place + 1)"
      return LeakCheck(code: code, rule: rule, isAllowed: allowed.contains(code))
    }
  }
}
