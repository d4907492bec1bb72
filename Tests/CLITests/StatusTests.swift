import Foundation
import Testing

/// What `status` and `top` show of a ledger, and of a subscriber's word.
@Suite struct `Status of a ledger` {
  private func ledger(_ scratch: Scratch) throws -> String {
    let events = try Tool.run("simulate", "--events", "500", "--seed", "3").output
    try Tool.run("ingest", "--ledger", scratch.path("l"), "-", input: events)
    return scratch.path("l")
  }

  /// What a subscriber would write, with figures of every kind.
  private static let word = """
    {"format":1,"process_id":0,"started_at":1780000000000000,"updated_at":1780000100000000,\
    "commits":7,"last_commit_at":1780000099000000,"last_commit_microseconds":1500,\
    "uncommitted":0,"uncommitted_bytes":0,"free_bytes":1000000000,"disk_nearly_full":false,\
    "last_error":null,"delay_bounds_ms":[],"delay_counts":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,2],\
    "delay_sum_microseconds":70000000,"sources":[{"name":"a \\"b\\"","state":"live",\
    "received":100,"received_bytes":40000,"accepted":90,"redelivered":5,"conflicts":1,\
    "dropped":4,"backlog":3,"newest_at_broker":1780000100000000,\
    "newest_committed":1780000098000000,"queued_bytes":0,"reconnects":2,\
    "failed_acknowledgements":0,"last_error":"no route\\nto host","last_error_at":null,\
    "rejected":{"time":2},"positions":[{"origin":"nats:A@1","position":9007199254740993,\
    "detail":""}]}]}
    """

  @Test func `without a subscriber it shows the ledger and is not healthy`() throws {
    let scratch = try Scratch()
    let ledger = try ledger(scratch)
    let status = try Tool.run("status", "--ledger", ledger)
    #expect(status.code == 0, "\(status.talk)")
    #expect(status.text.contains("no subscriber has run here"))
    #expect(status.text.contains("segments 1"))
    #expect(try Tool.run("status", "--check", "--ledger", ledger).code == 1)
    #expect(try Tool.run("status", "--ledger", scratch.path("none")).code == 1)
  }

  @Test func `a subscriber's word is shown, as JSON and as Prometheus text too`() throws {
    let scratch = try Scratch()
    let ledger = try ledger(scratch)
    try Data(Self.word.utf8).write(to: URL(filePath: ledger + "/status.json"))
    let status = try Tool.run("status", "--ledger", ledger)
    #expect(status.text.contains("subscriber is not running"))
    #expect(status.text.contains("commits 7"))
    let json = try Tool.run("status", "--json", "--ledger", ledger)
    let object = try JSONSerialization.jsonObject(with: json.output) as? [String: Any]
    #expect((object?["lag"] as? [String: Any])?["a \"b\""] as? Int == 2_000_000)
    #expect((object?["is_running"] as? Bool) == false)
    let top = try Tool.run("top", "--count", "2", "--interval", "0.1", "--ledger", ledger)
    #expect(top.text.split(separator: "\n").count == 2)
    #expect(top.text.contains("lag_seconds=2.0"))
    let metrics = try Tool.run("status", "--metrics", "--ledger", ledger)
    #expect(metrics.text.contains(#"daybook_events_recorded_total{source="a \"b\""} 90"#))
    guard let python = Tool.python(for: "Prometheus text") else { return }
    let file = try scratch.file("metrics", metrics.output).path
    try Tool.check(
      python, "Tests/Differential/metrics_check.py", file, "daybook_events_recorded",
      "daybook_messages_rejected", "daybook_commit_delay_seconds", "daybook_ledger_events")
  }
}
