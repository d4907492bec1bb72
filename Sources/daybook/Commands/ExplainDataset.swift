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
