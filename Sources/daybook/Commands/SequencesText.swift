import Sequences

/// What a computation counted, for programs and for people.
enum SequencesText {
  static func json(_ counts: SequenceCounts) -> String {
    let outcomes = Outcome.allCases.map { outcome in
      (
        "\(outcome.name)",
        JSONText.object(Level.allCases.map { ("\($0.name)", "\(counts.rows(outcome, $0))") })
      )
    }
    return JSONText.object([
      ("accepted", "\(counts.accepted)"), ("unattributed", "\(counts.unattributed)"),
      ("orphans", "\(counts.orphans)"), ("rows", "\(counts.rows)"),
      ("outcomes", JSONText.object(outcomes)),
    ])
  }

  static func json(_ report: KeptReport) -> String {
    JSONText.object([
      ("new", "\(report.newRowCount)"), ("computed", "\(report.computedRowCount)"),
      ("merged", "\(report.hasMerged)"), ("bytes", "\(report.byteCount)"),
      ("rebuilt", report.rebuilt.map { jsonText($0) } ?? "null"),
    ])
  }

  static func summary(_ report: KeptReport) -> String {
    "\(grouped(report.newRowCount)) new events, \(grouped(report.computedRowCount)) computed with"
      + (report.hasMerged ? ", merged" : "") + " · \(grouped(report.byteCount)) bytes kept"
  }

  static func summary(_ counts: SequenceCounts) -> String {
    var text = "\(grouped(counts.rows)) sequences from \(grouped(counts.accepted)) events"
    for outcome in Outcome.allCases {
      let rows = Level.allCases.reduce(0) { $0 + counts.rows(outcome, $1) }
      if rows > 0 { text += " · \(grouped(rows)) \(outcome.name)" }
    }
    if counts.unattributed > 0 { text += " · \(grouped(counts.unattributed)) events without actor" }
    if counts.orphans > 0 { text += " · \(grouped(counts.orphans)) orphans" }
    return text
  }

  /// How many sequences got at least as far as each level, and how many bought.
  static func funnel(_ counts: SequenceCounts) -> Funnel {
    func reached(_ first: Level) -> Int {
      Level.allCases.filter { $0.rawValue >= first.rawValue }
        .reduce(0) { sum, level in
          sum + Outcome.allCases.reduce(0) { $0 + counts.rows($1, level) }
        }
    }
    let bought = Level.allCases.reduce(0) { $0 + counts.rows(.purchased, $1) }
    return Funnel(stages: [
      .init(name: "looked", count: reached(.browse)),
      .init(name: "filled a cart", count: reached(.cart)),
      .init(name: "began checkout", count: reached(.checkout)),
      .init(name: "came to payment", count: reached(.payment)),
      .init(name: "bought", count: bought),
    ])
  }
}
