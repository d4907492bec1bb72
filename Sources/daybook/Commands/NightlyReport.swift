import Datasets

/// One thing a night did.
struct NightlyEntry {
  /// `sources`, `streams`, `ledger`, `sequences`, `dataset`, `retention`.
  var step: String
  /// What it was done to, for people: a recipe's name, with a day where there is one.
  var what: String
  /// `ok`, `built`, `there already`, `empty`, `removed`, `failed`.
  var outcome: String
  var detail: String
  var code = ExitStatus.ok
  /// Lines that are shown even when all else is quiet.
  var warnings: [String] = []
  /// Members of the summary beside these, as JSON.
  var facts: [(String, String)] = []

  init(
    _ step: String, _ what: String? = nil, outcome: String, detail: String,
    facts: [(String, String)] = []
  ) {
    self.step = step
    self.what = what ?? step
    self.outcome = outcome
    self.detail = detail
    self.facts = facts
  }

  init(_ step: String, _ what: String? = nil, failed error: any Error) {
    let failure =
      error as? CommandFailure ?? CommandFailure(dataset: error)
      ?? CommandFailure(explaining: error)
    self.init(step, what, outcome: "failed", detail: failure.message)
    if let advice = failure.advice { facts.append(("advice", jsonText(advice))) }
    code = failure.code
  }

  /// Does something; what it throws is told and does not end the night.
  ///
  /// - Shape: with `lockedIsFine` a ledger that a subscriber keeps current is nothing to do.
  static func attempt(
    _ step: String, lockedIsFine: Bool = false, _ body: () throws -> NightlyEntry
  ) -> NightlyEntry {
    do {
      return try body()
    } catch {
      let entry = NightlyEntry(step, failed: error)
      if lockedIsFine && entry.code == .locked {
        return NightlyEntry(step, outcome: "ok", detail: "a subscriber keeps the ledger current")
      }
      return entry
    }
  }

  fileprivate var json: String {
    JSONText.object(
      [
        ("step", jsonText(step)), ("what", jsonText(what)), ("outcome", jsonText(outcome)),
        ("detail", jsonText(detail)), ("code", "\(code.rawValue)"),
      ] + facts)
  }
}

/// What a night did, as text and as JSON.
struct NightlyReport {
  /// The last day that was wanted.
  var lastDay: Int64
  var seconds: Double
  var done: [NightlyEntry]

  /// The worst of all codes: 5 before 3 before 1.
  var code: Int32 { done.map(\.code.rawValue).max() ?? 0 }

  var json: String {
    JSONText.object([
      ("last_day", jsonText(dayText(lastDay))), ("code", "\(code)"),
      ("seconds", decimal(seconds)), ("done", JSONText.array(done.map(\.json))),
    ])
  }

  func lines(isQuiet: Bool) -> [String] {
    var lines: [String] = []
    for entry in done {
      if !isQuiet || entry.code != .ok || !entry.warnings.isEmpty {
        lines.append("\(entry.what): \(entry.outcome) · \(entry.detail)")
      }
      lines += entry.warnings
    }
    return lines
  }
}

/// A day as a date.
func dayText(_ day: Int64) -> String { String(timeText(endOfDay(day)).prefix(10)) }
