package import Events
import Parquet

/// A rendering of session rows and where it goes.
package struct SessionOutput: Sendable {
  package enum Format: Sendable, CaseIterable {
    case ndjson, csv, parquet
  }

  package var format: Format
  package var sink: ByteSink

  package init(_ format: Format, to sink: @escaping ByteSink) {
    self.format = format
    self.sink = sink
  }
}

/// Computes every actor's plain sessions and renders them, in the memory that sequences need.
///
/// A row: `session_id` (made as a sequence's id, of the session's first event), `actor`, `session`
/// (the actor's session number from 0), `started_at`, `ended_at`, `events` (human ones),
/// `first_event_id`, `last_event_id`, `channel` and `campaign_id` (of the first event that has
/// one).
/// - Shape: rows sorted by actor and number. Of the filter, actor and times count.
/// - Errors: what runs, sinks and the file system throw.
/// - Source: docs/semantics.md §3 and §4.
package func computeSessions(
  of runs: [any EventRun], options: SequenceOptions, filter: SequenceFilter = SequenceFilter(),
  outputs: [SessionOutput], resources: SequenceResources
) throws -> SequenceCounts {
  let stages = SequenceStages(runs: runs, options: options, resources: resources)
  return try stages.run(.sessions) { links, store in
    let formats = outputs.map(\.format)
    return try stages.writeRows(of: store, to: outputs.map(RowOutput.init)) {
      SessionWorker(formats: formats, filter: filter, options: options, links: links)
    }
  }
}

extension RowOutput {
  convenience init(_ output: SessionOutput) {
    switch output.format {
    case .ndjson: self.init(header: "", sink: output.sink)
    case .csv: self.init(header: SessionRows.header, sink: output.sink)
    case .parquet: self.init(.sessions, sink: output.sink)
    }
  }
}

extension NestedLayout {
  /// One row a session.
  static let sessions = NestedLayout(
    [
      .string("session_id", .required, fieldID: 1),
      .string("actor", .required, fieldID: 2),
      .column("session", .int32, .required, fieldID: 3),
      .timestamp("started_at", .required, fieldID: 4),
      .timestamp("ended_at", .required, fieldID: 5),
      .column("events", .int32, .required, fieldID: 6),
      .string("first_event_id", .required, fieldID: 7),
      .string("last_event_id", .required, fieldID: 8),
      .string("channel", fieldID: 9),
      .string("campaign_id", fieldID: 10),
    ], name: "session")
}
