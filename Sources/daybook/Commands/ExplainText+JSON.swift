import Events
import Sequences

extension ExplainText {
  /// One JSON object in one line.
  func writeJSON() throws {
    let events = try explanation.events.map { event in
      JSONText.object(
        place(event.place) + [
          ("topic", JSONText.text(event.topic)), ("ledger_offset", "\(event.ledgerOffset)"),
          ("actor", optional(event.actor)), ("because", jsonText(ExplainReasons.text(event.rule))),
          ("message", try message(event.ledgerOffset).map { String(decoding: $0, as: UTF8.self) }
            ?? "null"),
        ])
    }
    let actors = explanation.actors.map { actor in
      JSONText.object([
        ("actor", JSONText.text(actor.actor)),
        ("sequences", JSONText.array(actor.sequences.map(sequence))),
        ("on_no_sequence", JSONText.array(actor.looseEvents.map(step))),
      ])
    }
    Output.standardOutput.write(
      JSONText.object([
        ("subject", jsonText(title)), ("horizon", JSONText.time(explanation.horizon)),
        ("events", JSONText.array(events)), ("actors", JSONText.array(actors)),
      ]) + "\n")
  }

  private func sequence(_ sequence: ExplainedSequence) -> String {
    JSONText.object([
      ("sequence_id", JSONText.text(sequence.sequenceID)),
      ("is_subject", "\(sequence.isSubject)"),
      ("outcome", jsonText("\(sequence.outcome.name)")),
      ("level", jsonText("\(sequence.level.name)")),
      ("reason", sequence.reason.map { jsonText("\($0.name)") } ?? "null"),
      ("started_at", JSONText.time(sequence.startedAt)),
      ("ended_at", JSONText.time(sequence.endedAt)),
      ("abandoned_at", JSONText.time(sequence.abandonedAt)),
      ("purchased_at", JSONText.time(sequence.purchasedAt)),
      ("recovered_by", optional(sequence.recoveredBy)),
      ("starts_because", jsonText(ExplainReasons.text(sequence.start))),
      ("ends_because", jsonText(ExplainReasons.text(sequence.end))),
      ("order_ids", JSONText.array(sequence.orderIDs.map(JSONText.text))),
      ("steps", JSONText.array(sequence.steps.map(step))),
      ("aftermath", JSONText.array(sequence.aftermath.map(step))),
    ])
  }

  private func step(_ step: ExplainedStep) -> String {
    JSONText.object(
      place(step.place) + [
        ("topic", JSONText.text(step.topic)), ("ledger_offset", "\(step.ledgerOffset)"),
        ("order_id", optional(step.orderID)), ("item_id", optional(step.itemID)),
        ("session", step.session.map { "\($0)" } ?? "null"),
        ("silence_us", step.silence.map { "\($0)" } ?? "null"), ("is_late", "\(step.isLate)"),
      ])
  }

  private func place(_ place: EventPlace) -> [(String, String)] {
    [
      ("event_id", JSONText.text(place.eventID)), ("source", JSONText.text(place.source)),
      ("time", JSONText.time(place.time)), ("role", jsonText(place.role.name)),
    ]
  }

  private func optional(_ bytes: [UInt8]?) -> String { bytes.map(JSONText.text) ?? "null" }
}
