import Foundation
import ServersTesting
import Testing

/// `replay`: recorded messages back into brokers, byte for byte.
@Suite struct `The replay command` {
  private let scratch: Scratch
  private var ledger: String { scratch.path("ledger") }
  private let messages: Data

  init() throws {
    scratch = try Scratch()
    let made = try Tool.run("simulate", "--events", "400", "--seed", "9")
    #expect(
      try Tool.run("publish", "--bus", scratch.path("bus"), "-", input: made.output).code == 0)
    let taken = try Tool.run(
      "subscribe", "--once", "--ledger", scratch.path("ledger"), "--disk-floor", "16MiB",
      "bus:\(scratch.path("bus"))")
    #expect(taken.code == 0, "\(taken.talk)")
    messages = try Tool.run("dump", "--messages", "--ledger", scratch.path("ledger")).output
    #expect(messages.count > 10_000)
  }

  private func replay(_ more: String...) throws -> Tool.Result {
    try Tool.run(["replay", "--ledger", ledger] + more)
  }

  @Test func `standard output gets them, all or by topic and offset`() throws {
    // Compared outside of the expectation: it would describe all the bytes of both.
    let isSame = try replay("--to", "-").output == messages
    #expect(isSame)
    let part = try replay("--to", "-", "--first-offset", "100", "--count", "50")
    #expect(part.lines.count == 50)
    let topic = try replay("--to", "-", "--topic", "product.viewed")
    #expect(topic.lines.count > 0)
    #expect(topic.lines.allSatisfy { $0.contains("\"type\":\"product.viewed\"") })
    // An empty span of time is no fault.
    let none = try replay("--to", "-", "--since", "2027-01-01", "--until", "2026-01-01")
    #expect(none.code == 0)
    #expect(none.output.isEmpty)
  }

  @Test func `another bus gets them, a state goes on, its own bus must be meant twice`() throws {
    let other = scratch.path("other")
    let state = scratch.path("state")
    let first = try replay("--to", "file:\(other)", "--state", state, "--count", "150")
    #expect(first.code == 0, "\(first.talk)")
    #expect(try replay("--to", "file:\(other)", "--state", state).code == 0)
    #expect(try replay("--to", "file:\(other)", "--state", state).code == 0)
    #expect(try Tool.run("bus", "add", "all", "--bus", other).code == 0)
    let there = try Tool.run("bus", "read", "--bus", other, "--subscriber", "all")
    let isSame = there.output == messages
    #expect(isSame, "\(there.lines.count) messages")
    let own = "file:\(scratch.path("bus"))"
    let refused = try replay("--to", own)
    #expect(refused.code == 2)
    #expect(refused.talk.contains("--into-its-own-origin --yes"))
    #expect(try replay("--to", own, "--into-its-own-origin").code == 2)
    #expect(try replay("--to", own, "--count", "7", "--into-its-own-origin", "--yes").code == 0)
    let listed = try Tool.run(
      "bus", "list", "--what", "subscribers", "--format", "ndjson", "--bus", scratch.path("bus"))
    #expect(listed.text.contains("\"backlog\":7"))
  }

  @Test func `one that was interrupted goes on where it was`() throws {
    let other = scratch.path("slow")
    let state = scratch.path("slow.state")
    // All were recorded at once by the bus; the events themselves are days apart.
    let dump = try Tool.run("dump", "--messages", "--ledger", ledger)
    let timed = scratch.path("timed")
    #expect(try Tool.run("ingest", "--ledger", timed, "-", input: dump.output).code == 0)
    let tool = try RunningTool(
      "replay", "--ledger", timed, "--to", "file:\(other)", "--speed", "2000x", "--state", state)
    try tool.waits(for: "a first part") {
      let listed = try Tool.run("bus", "list", "--what", "subjects", "--bus", other)
      return listed.code == 0 && listed.text.contains("product.viewed")
    }
    #expect(tool.end(SIGINT).code == 130)
    let before = try String(contentsOfFile: state, encoding: .utf8)
    #expect(before != "next_offset 400\n")
    let rest = try Tool.run(
      "replay", "--ledger", timed, "--to", "file:\(other)", "--state", state)
    #expect(rest.code == 0, "\(rest.talk)")
    #expect(try Tool.run("bus", "add", "all", "--bus", other).code == 0)
    let there = try Tool.run("bus", "read", "--bus", other, "--subscriber", "all")
    let isSame = there.output == dump.output
    #expect(isSame, "\(there.lines.count) messages")
  }

  @Test(.enabled(if: KafkaProcess.executable != nil, "no Kafka broker (scripts/setup.sh python)"))
  func `a Kafka topic gets them and gives them to another ledger`() throws {
    let broker = try KafkaProcess()
    try broker.start()
    let address = "kafka://\(broker.servers)/shop"
    // The broker makes a topic when it is asked for it, and may need a moment to come up.
    var sent = try replay("--to", address)
    for _ in 0..<20 where sent.code != 0 { sent = try replay("--to", address) }
    #expect(sent.code == 0, "\(sent.talk)")
    let copy = scratch.path("copy")
    let taken = try Tool.run(
      "subscribe", "--once", "--ledger", copy, "--disk-floor", "16MiB", address)
    #expect(taken.code == 0, "\(taken.talk)")
    let lines = try Tool.run("dump", "--messages", "--ledger", copy).lines.sorted()
    let isSame = lines == String(decoding: messages, as: UTF8.self).split(separator: "\n").sorted()
    #expect(isSame, "\(lines.count) messages")
    let back = try Tool.run("replay", "--ledger", copy, "--to", address)
    #expect(back.code == 2, "\(back.talk)")
  }
}
