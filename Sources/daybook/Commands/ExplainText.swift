import Events
import Sequences

/// An explanation, for people and for programs.
struct ExplainText {
  let title: String
  let explanation: Explanation
  /// Everything, instead of what fits a few screens.
  let isFull: Bool
  /// The recorded message at a ledger offset.
  let message: (Int64) throws -> [UInt8]?

  private static let stepLimit = 40
  private static let messageLimit = 8
  private static let otherLimit = 6

  func write() throws {
    say(title)
    writeOwners()
    for actor in explanation.actors { writeSequences(actor) }
    try writeMessages()
  }

  private func say(_ line: String) { Output.standardOutput.write(line + "\n") }

  // MARK: Whose

  /// Events with the same owner for the same reason.
  private struct Owned {
    var actor: [UInt8]?
    var rule: ActorRule
    var orderWithoutOwner: OwnerRule?
    var count: Int
    var first: Int64
    var last: Int64
  }

  private func writeOwners() {
    guard !explanation.events.isEmpty else { return }
    say("\nWHOSE IT IS")
    for owned in owners() {
      var head =
        "  \(owned.actor.map(plainText) ?? "nobody")  \(counted(owned.count, "event")), "
        + momentText(owned.first)
      if owned.last != owned.first { head += " to \(momentText(owned.last))" }
      say(head)
      var reason = ExplainReasons.text(owned.rule)
      if owned.count > 1, reason.hasPrefix("it names") { reason = "each" + reason.dropFirst(2) }
      for line in wrapped("because " + reason, indent: 4) { say(line) }
      if let rule = owned.orderWithoutOwner {
        let text = "(the order could not decide: " + ExplainReasons.text(rule, of: "order") + ")"
        for line in wrapped(text, indent: 4) { say(line) }
      }
    }
  }

  private func owners() -> [Owned] {
    var owners: [Owned] = []
    for event in explanation.events {
      let time = event.place.time
      if let place = owners.lastIndex(where: {
        $0.actor == event.actor && $0.rule == event.rule
          && $0.orderWithoutOwner == event.orderWithoutOwner
      }) {
        owners[place].count += 1
        owners[place].last = time
      } else {
        owners.append(
          Owned(
            actor: event.actor, rule: event.rule, orderWithoutOwner: event.orderWithoutOwner,
            count: 1, first: time, last: time))
      }
    }
    return owners
  }

  // MARK: Sequences

  private func writeSequences(_ actor: ExplainedActor) {
    say("\nSEQUENCES OF \(plainText(actor.actor))")
    if actor.sequences.isEmpty { say("  none: no event of it opens one") }
    var skipped = 0
    for (index, sequence) in actor.sequences.enumerated() {
      if sequence.isSubject || isFull {
        writeSkipped(&skipped)
        writeSequence(sequence, number: index + 1, of: actor.sequences.count)
      } else if isNeighbour(index, actor) {
        writeSkipped(&skipped)
        writeBrief(sequence, number: index + 1)
      } else {
        skipped += 1
      }
    }
    writeSkipped(&skipped)
    if !actor.looseEvents.isEmpty {
      say("\n  on no sequence (logins, other topics, payments and refunds without order):")
      writeSteps(actor.looseEvents)
    }
  }

  /// Whether one of the nearest sequences is the subject.
  private func isNeighbour(_ index: Int, _ actor: ExplainedActor) -> Bool {
    let near = max(0, index - 1)...min(actor.sequences.count - 1, index + 1)
    return actor.sequences[near].contains { $0.isSubject }
      || (actor.sequences.count <= Self.otherLimit)
  }

  private func writeSkipped(_ count: inout Int) {
    if count > 0 { say("\n  … \(counted(count, "other sequence")) (--full shows them)") }
    count = 0
  }

  private func writeBrief(_ sequence: ExplainedSequence, number: Int) {
    say("\n  \(number)  \(plainText(sequence.sequenceID))  \(ExplainReasons.outcome(sequence))")
    say(
      "     \(momentText(sequence.startedAt)) to \(momentText(sequence.endedAt)), "
        + counted(sequence.steps.count, "step"))
  }

  private func writeSequence(_ sequence: ExplainedSequence, number: Int, of count: Int) {
    say("\n  \(number)  \(plainText(sequence.sequenceID))  \(ExplainReasons.outcome(sequence))")
    var facts =
      [
        "starts \(momentText(sequence.startedAt)): \(ExplainReasons.text(sequence.start))",
        "ends \(momentText(sequence.endedAt)): \(ExplainReasons.text(sequence.end))",
      ]
      + (sequence.abandonedAt.map { ["abandoned at \(momentText($0))"] } ?? [])
      + (sequence.recoveredBy.map { ["recovered by \(plainText($0))"] } ?? [])
      + (sequence.orderIDs.isEmpty
        ? [] : ["orders: " + sequence.orderIDs.map(plainText).joined(separator: ", ")])
    if let time = sequence.purchasedAt, sequence.end != .purchase(at: time) {
      facts.append("bought later, at \(momentText(time))")
    }
    for fact in facts {
      for (row, line) in wrapped(fact, indent: 7).enumerated() {
        say(row == 0 ? String(line.dropFirst(2)) : line)
      }
    }
    writeSteps(sequence.steps)
    if !sequence.aftermath.isEmpty {
      say("     afterwards")
      writeSteps(sequence.aftermath)
    }
  }

  private func writeSteps(_ steps: [ExplainedStep]) {
    let shown = isFull ? steps.count : min(steps.count, Self.stepLimit)
    for line in ExplainText.stepLines(Array(steps.prefix(shown))) { say("     " + line) }
    if shown < steps.count {
      say("     … \(counted(steps.count - shown, "more step")) (--full shows them)")
    }
  }

  /// Steps under each other: when, how long after the one before, what, and where it is recorded.
  static func stepLines(_ steps: [ExplainedStep], withOffsets: Bool = true) -> [String] {
    let cells = steps.map { step -> [String] in
      let named = step.orderID ?? step.itemID
      return [
        String(momentText(step.place.time).prefix(19)),
        step.silence.map { "+" + span($0) } ?? "",
        plainText(step.topic) + (step.isLate ? " (late)" : ""),
        named.map(plainText) ?? "",
        withOffsets ? "@\(step.ledgerOffset)" : "",
      ]
    }
    let widths = (0..<5).map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      var line = ""
      for (column, cell) in row.enumerated() where widths[column] > 0 {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += (line.isEmpty ? "" : "  ") + (column == 1 || column == 4 ? padding + cell : cell)
        if column != 1 && column != 4 { line += padding }
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  // MARK: Messages

  /// The events that the subject names; of a sequence, its steps.
  private var recordedOffsets: [Int64] {
    var offsets = explanation.events.map(\.ledgerOffset)
    for actor in explanation.actors {
      for sequence in actor.sequences where isFull || (sequence.isSubject && offsets.isEmpty) {
        offsets += (sequence.steps + sequence.aftermath).map(\.ledgerOffset)
      }
    }
    var seen: Set<Int64> = []
    return offsets.filter { seen.insert($0).inserted }
  }

  /// The events of which the message is told, in that order.
  func toldOffsets(isJSON: Bool) -> [Int64] {
    if isJSON { return explanation.events.map(\.ledgerOffset) }
    return isFull ? recordedOffsets : Array(recordedOffsets.prefix(Self.messageLimit))
  }

  private func writeMessages() throws {
    let offsets = recordedOffsets
    let shown = toldOffsets(isJSON: false).count
    guard shown > 0 else { return }
    say("\nRECORDED MESSAGES (@ledger offset)")
    for offset in offsets.prefix(shown) {
      say("  @\(offset) \(try message(offset).map(plainText) ?? "")")
    }
    if shown < offsets.count {
      say("  … \(counted(offsets.count - shown, "more")) (--full shows them)")
    }
  }

  private func counted(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(noun)" + (count == 1 || noun == "more" ? "" : "s")
  }
}
