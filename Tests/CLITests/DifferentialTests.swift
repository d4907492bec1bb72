import Foundation
import Testing

/// What other tools say about our rows.
@Suite struct OtherTools {
  private func shop(_ scratch: Scratch) throws -> String {
    let events = try Tool.run("simulate", "--events", "6000", "--seed", "3").output
    try Tool.run("ingest", "--ledger", scratch.path("ledger"), "-", input: events)
    return scratch.path("ledger")
  }

  @Test func `rows and messages are valid by their schemas`() throws {
    guard let python = Tool.python(for: "the schemas") else { return }
    let scratch = try Scratch()
    let ledger = try shop(scratch)
    let rows = scratch.path("rows.ndjson")
    #expect(try Tool.run("sequences", "--ledger", ledger, "--output", rows).code == 0)
    let messages = try Tool.run("dump", "--messages", "--ledger", ledger)
    let events = try scratch.file("events.ndjson", messages.output).path
    for (schema, file) in [("sequence", rows), ("event", events)] {
      let path = Tool.root.appending(path: "schemas/\(schema).schema.json").path
      try Tool.check(python, "Tests/Differential/schema_check.py", path, file)
    }
  }

  @Test func `Parquet rows have the values of the NDJSON rows`() throws {
    guard let python = Tool.python(for: "Parquet rows") else { return }
    let scratch = try Scratch()
    let ledger = try shop(scratch)
    for command in ["sequences", "sessions"] {
      let ndjson = scratch.path("\(command).ndjson")
      let parquet = scratch.path("\(command).parquet")
      let made = try Tool.run(
        command, "--ledger", ledger, "--output", ndjson, "--output", parquet)
      #expect(made.code == 0, "\(made.talk)")
      try Tool.check(
        python, "Tests/Differential/sequences_parquet_check.py", ndjson, parquet)
    }
  }

  /// The published data set comes with its own session numbers: 3,605 of them.
  @Test func `retentioneering's shop has its 3,605 sessions`() throws {
    guard let file = Tool.sharedData("retentioneering-ecom.csv.gz") else { return }
    let scratch = try Scratch()
    let taken = try Tool.run(
      "ingest", "--ledger", scratch.path("l"), "--mapping", "retentioneering-ecom", file)
    #expect(taken.code == 0, "\(taken.talk)")
    let sessions = try Tool.run("sessions", "--ledger", scratch.path("l"), "--format", "ndjson")
    #expect(sessions.lines.count == 3_605)
  }
}
