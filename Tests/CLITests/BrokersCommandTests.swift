import Foundation
import ServersTesting
import Testing

/// `subscribe` with real brokers: several streams at once, and merges while it runs for long.
@Suite(.serialized) struct `Brokers and one ledger` {
  private let scratch: Scratch
  private var ledger: String { scratch.path("ledger") }

  init() throws { scratch = try Scratch() }

  private func events(_ numbers: Range<Int>, _ prefix: String) -> String {
    `The subscribe command`.events(numbers, prefix)
  }

  private func ids() throws -> [Substring] {
    try Tool.run("dump", "--messages", "--ledger", ledger).lines
  }

  /// Events into a broker, by way of a ledger of their own.
  private func send(_ numbers: Range<Int>, _ prefix: String, to address: String) throws {
    let own = scratch.path("own-\(prefix)-\(numbers.lowerBound)")
    let taken = try Tool.run(
      "ingest", "--quiet", "--ledger", own, "-", input: Data(events(numbers, prefix).utf8))
    #expect(taken.code == 0, "\(taken.talk)")
    func replay() throws -> Tool.Result {
      try Tool.run("replay", "--quiet", "--ledger", own, "--to", address)
    }
    // A broker makes a topic when it is asked for it, and may need a moment to come up.
    var sent = try replay()
    for _ in 0..<20 where sent.code != 0 { sent = try replay() }
    #expect(sent.code == 0, "\(sent.talk)")
  }

  @Test(.enabled(if: KafkaProcess.executable != nil, "no Kafka broker (scripts/setup.sh python)"))
  func `topics of two Kafka brokers come into one ledger, also what comes later`() throws {
    let (first, second) = (try KafkaProcess(), try KafkaProcess())
    try first.start()
    try second.start()
    // Brokers of this kind all say the same cluster id, so each topic has a name of its own.
    let addresses = [
      "kafka://\(first.servers)/shop", "kafka://\(first.servers)/carts",
      "kafka://\(second.servers)/orders",
    ]
    for (index, address) in addresses.enumerated() {
      try send(0..<300, "k\(index)-", to: address)
    }
    let tool = try RunningTool(
      "subscribe", "--ledger", ledger, "--max-delay", "100ms", "--disk-floor", "16MiB",
      addresses[0], addresses[1], addresses[2])
    try tool.waits(for: "900 events") { try Tool.eventCount(ledger) == 900 }
    try send(300..<400, "k2-", to: addresses[2])
    try send(300..<350, "k0-", to: addresses[0])
    try tool.waits(for: "1050 events") { try Tool.eventCount(ledger) == 1_050 }
    #expect(tool.end().code == 0)
    #expect(Set(try ids()).count == 1_050)
    #expect(try ids().count == 1_050)
    // A new process goes on where the ledger stands: nothing comes twice.
    let rest = try Tool.run(
      "subscribe", "--once", "--ledger", ledger, "--disk-floor", "16MiB", addresses[0],
      addresses[1], addresses[2])
    #expect(rest.code == 0, "\(rest.talk)")
    #expect(try ids().count == 1_050)
    let origins = try Tool.run("inspect", "--json", "--ledger", ledger).text
    #expect(origins.contains("kafka:carts/"))
  }

  @Test(.enabled(if: KafkaProcess.executable != nil, "no Kafka broker (scripts/setup.sh python)"))
  func `two Kafka clusters of one id and one topic are refused until one has a name`() throws {
    let (first, second) = (try KafkaProcess(), try KafkaProcess())
    try first.start()
    try second.start()
    let addresses = [first, second].map { "kafka://\($0.servers)/shop" }
    try send(0..<60, "one-", to: addresses[0])
    try send(0..<90, "two-", to: addresses[1])
    func subscribe(_ second: String) throws -> Tool.Result {
      try Tool.run(
        "subscribe", "--once", "--ledger", ledger, "--disk-floor", "16MiB", addresses[0], second)
    }
    let refused = try subscribe(addresses[1])
    #expect(refused.code == 1, "\(refused.talk)")
    #expect(refused.talk.contains("the same origin kafka:shop/0"), "\(refused.talk)")
    #expect(refused.talk.contains("'cluster'"))
    // A name for either: what was refused is all there now.
    let taken = try subscribe(addresses[1] + "?cluster=second")
    #expect(taken.code == 0, "\(taken.talk)")
    let again = try subscribe(addresses[1] + "?cluster=second")
    #expect(again.code == 0, "\(again.talk)")
    #expect(Set(try ids()).isSuperset(of: events(0..<90, "two-").split(separator: "\n")))
    #expect(Set(try ids()).isSuperset(of: events(0..<60, "one-").split(separator: "\n")))
    #expect(try ids().count == 150)
  }

  @Test(arguments: ["bus:", "tail:"] + (NATSProcess.installed.isEmpty ? [] : ["nats:"]))
  func `a run that ends by itself does not wait for ever for what is not there`(
    _ kind: String
  ) throws {
    let server = kind == "nats:" ? try NATSProcess(try #require(NATSProcess.installed.last)) : nil
    let address = server.map { "nats://127.0.0.1:\($0.port)/SHIP" } ?? kind + scratch.path("ship")
    let result = try Tool.run(
      "subscribe", "--once", "--ledger", ledger, "--disk-floor", "16MiB", address)
    #expect(result.code == 1, "\(result.talk)")
    #expect(result.talk.contains("does not wait longer"), "\(result.talk)")
  }

  @Test(.enabled(if: !NATSProcess.installed.isEmpty, "no nats-server (scripts/setup.sh python)"))
  func `a run that ends by itself gives a broker up that stays away`() throws {
    let server = try NATSProcess(try #require(NATSProcess.installed.last))
    let port = server.port
    server.kill()
    let result = try Tool.run(
      "subscribe", "--once", "--ledger", ledger, "--disk-floor", "16MiB",
      "nats://127.0.0.1:\(port)/SHOP")
    #expect(result.code == 1, "\(result.talk)")
    #expect(result.talk.contains("127.0.0.1:\(port)/SHOP cannot be reached"), "\(result.talk)")
    #expect(result.talk.contains("tried for 30 s"), "\(result.talk)")
  }

  /// Orderly ends leave small segments; the fourth merges them, below a reader of the four.
  @Test(
    .enabled(if: !NATSProcess.installed.isEmpty, "no nats-server (scripts/setup.sh python)"))
  func `segments are merged below a running subscriber and its readers`() throws {
    let server = try NATSProcess(try #require(NATSProcess.installed.last))
    let made = try Tool.run(
      [
        "python3", Tool.root.appending(path: "scripts/nats_wire.py").path, "\(server.port)", "SHOP",
        "s.>",
      ], executable: URL(filePath: "/usr/bin/env"))
    #expect(made.code == 0, "\(made.talk)")
    let address = "nats://127.0.0.1:\(server.port)/SHOP"
    let all = scratch.path("all")
    let taken = try Tool.run(
      "ingest", "--quiet", "--ledger", all, "-", input: Data(events(0..<4_000, "m").utf8))
    #expect(taken.code == 0, "\(taken.talk)")
    var reader: Pipe?
    var seen = Data()
    var dump = Process()
    for round in 0..<4 {
      let tool = try RunningTool(
        "subscribe", "--ledger", ledger, "--max-delay", "50ms", "--disk-floor", "16MiB", address)
      let sent = try Tool.run(
        "replay", "--quiet", "--ledger", all, "--to", address, "--subject", "s.one",
        "--first-offset", "\(round * 1_000)", "--count", "1000")
      #expect(sent.code == 0, "\(sent.talk)")
      try tool.waits(for: "its thousand") {
        try Tool.eventCount(ledger) == round * 1_000 + 1_000
      }
      if round == 3 {
        // A reader that has begun, and does not go on before the merge is done: its pipe is full.
        (dump, reader) = try startedDump()
        seen = try reader?.fileHandleForReading.read(upToCount: 1) ?? Data()
      }
      #expect(tool.end().code == 0)
    }
    let status = try Tool.run("status", "--json", "--ledger", ledger)
    #expect(status.text.contains(#""segments":1,"#), "\(status.text)")
    seen += try reader?.fileHandleForReading.readToEnd() ?? Data()
    dump.waitUntilExit()
    #expect(dump.terminationStatus == 0)
    #expect(seen.split(separator: UInt8(ascii: "\n")).count == 4_000)
    #expect(try ids().count == 4_000)
    #expect(try Tool.run("verify", "--quiet", "--ledger", ledger).code == 0)
    // Positions came along: the stream has nothing more for this ledger.
    let rest = try Tool.run("subscribe", "--once", "--ledger", ledger, address)
    #expect(rest.code == 0, "\(rest.talk)")
    #expect(try ids().count == 4_000)
  }

  private func startedDump() throws -> (Process, Pipe) {
    let (dump, pipe) = (Process(), Pipe())
    dump.executableURL = Tool.executable
    dump.arguments = ["dump", "--messages", "--ledger", ledger]
    dump.standardOutput = pipe
    try dump.run()
    return (dump, pipe)
  }
}
