import Datasets
import Events
import Ledger

/// A row of a dataset explained, for people.
enum ExplainDataset {
  static func lines(
    _ explanation: DatasetExplanation, isFull: Bool, message: (Int64) throws -> [UInt8]?
  ) rethrows -> [String] {
    var lines = [
      "row \(explanation.row): \(explanation.split.name), actor "
        + plainText(explanation.actor)
    ]
    if explanation.user != explanation.actor {
      lines.append("  written as \(plainText(explanation.user))")
    }
    lines.append("  inputs as they were known by \(timeText(explanation.inputsKnownBy))")
    lines.append("  targets as they were known by \(timeText(explanation.targetsKnownBy))")
    for column in explanation.columns { lines.append("  \(column.name) \(column.value)") }
    lines.append("")
    let shown = around(explanation.steps, isFull: isFull)
    for step in explanation.steps[shown] {
      let mark = step.isInRow ? (step.part == "target" ? "▶" : "•") : " "
      var line = "\(mark) \(timeText(step.time))  \(step.role.name.padding(to: 16))"
      if !step.item.isEmpty { line += "  \(plainText(step.item))" }
      lines.append(line + "  \(step.part)")
      if step.isInRow, let message = try message(step.ledgerOffset) {
        lines.append("    offset \(step.ledgerOffset)  \(plainText(message))")
      }
    }
    let hidden = explanation.steps.count - shown.count
    if hidden > 0 { lines.append("\(grouped(hidden)) more events of the actor: --full shows all") }
    return lines
  }

  /// Everything as one line of JSON: all events of the actor, messages of those in the row.
  static func json(
    _ explanation: DatasetExplanation, message: (Int64) throws -> [UInt8]?
  ) rethrows -> String {
    let steps = try explanation.steps.map { step in
      let told = step.isInRow ? try message(step.ledgerOffset) : nil
      return JSONText.object([
        ("offset", "\(step.ledgerOffset)"), ("time", JSONText.time(step.time)),
        ("role", jsonText(step.role.name)),
        ("item", step.item.isEmpty ? "null" : JSONText.text(step.item)),
        ("in_row", step.isInRow ? "true" : "false"), ("part", jsonText(step.part)),
        ("message", told.map { JSONText.text($0) } ?? "null"),
      ])
    }
    return JSONText.object([
      ("row", "\(explanation.row)"), ("split", jsonText(explanation.split.name)),
      ("actor", JSONText.text(explanation.actor)), ("user", JSONText.text(explanation.user)),
      ("inputs_known_by", JSONText.time(explanation.inputsKnownBy)),
      ("targets_known_by", JSONText.time(explanation.targetsKnownBy)),
      ("columns", JSONText.object(explanation.columns.map { ($0.name, jsonText($0.value)) })),
      ("events", JSONText.array(steps)),
    ])
  }

  /// The row's events and ten on either side.
  private static func around(
    _ steps: [DatasetExplanation.Step], isFull: Bool
  ) -> Range<Int> {
    guard !isFull, let first = steps.firstIndex(where: \.isInRow),
      let last = steps.lastIndex(where: \.isInRow)
    else { return 0..<(isFull ? steps.count : min(steps.count, 40)) }
    return max(0, first - 10)..<min(steps.count, last + 11)
  }
}
