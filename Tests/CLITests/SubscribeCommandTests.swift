import Foundation
import ServersTesting
import Testing

/// `subscribe` as a service manager runs it.
@Suite struct `The subscribe command` {
  static func events(_ numbers: Range<Int>, _ prefix: String = "e") -> String {
    numbers.map { number in
      #"{"id":"\#(prefix)\#(number)","source":"s","type":"product.viewed","#
        + #""time":"2026-03-01T10:00:00Z"}"# + "\n"
    }.joined()
  }

  private func publish(_ numbers: Range<Int>, to bus: String) throws {
    let result = try Tool.run(
      "publish", "--quiet", "--bus", bus, "-", input: Data(Self.events(numbers).utf8))
    #expect(result.code == 0, "\(result.talk)")
  }

  private func ids(_ ledger: String) throws -> [Substring] {
    try Tool.run("dump", "--messages", "--ledger", ledger).lines
  }

  @Test func `streams of several kinds come into one ledger, each event once`() throws {
    let scratch = try Scratch()
    let (bus, ledger) = (scratch.path("bus"), scratch.path("ledger"))
    try publish(0..<40, to: bus)
    let growing = try scratch.write("growing.ndjson", Self.events(0..<30, "g"))
    let folder = scratch.folder.appending(path: "folder")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(Self.events(0..<20, "f").utf8).write(to: folder.appending(path: "a.ndjson"))
    try Data(Self.events(20..<25, "f").utf8).write(to: folder.appending(path: "b.ndjson"))
    try Data("half".utf8).write(to: folder.appending(path: "c.ndjson.part"))
    func subscribe() throws -> Tool.Result {
      try Tool.run(
        "subscribe", "--once", "--ledger", ledger, "--disk-floor", "16MiB", "bus:\(bus)",
        "tail:\(growing)", "tail:\(folder.path)")
    }
    #expect(try subscribe().code == 0)
    #expect(Set(try ids(ledger)).count == 95)
    #expect(try ids(ledger).count == 95)
    // The streams go on; what was there is not taken again.
    try publish(40..<45, to: bus)
    let handle = try FileHandle(forWritingTo: URL(filePath: growing))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(Self.events(30..<33, "g").utf8))
    try handle.close()
    #expect(try subscribe().code == 0)
    #expect(try ids(ledger).count == 103)
    let origins = try Tool.run("inspect", "--json", "--ledger", ledger).text
    for origin in ["bus:", "growing.ndjson", "a.ndjson", "b.ndjson"] {
      #expect(origins.contains(origin), "\(origin)")
    }
  }

  @Test func `an event is visible within the delay, and SIGTERM ends in order`() throws {
    let scratch = try Scratch()
    let (bus, ledger) = (scratch.path("bus"), scratch.path("ledger"))
    try publish(0..<5, to: bus)
    let tool = try RunningTool(
      "subscribe", "--ledger", ledger, "--max-delay", "200ms", "--disk-floor", "16MiB",
      "bus:\(bus)")
    try tool.waits(for: "5 events") { try Tool.eventCount(ledger) == 5 }
    try publish(5..<12, to: bus)
    try tool.waits(for: "12 events") { try Tool.eventCount(ledger) == 12 }
    #expect(try ids(ledger).count == 12)
    // The word for other processes is written once a second.
    try tool.waits(for: "a good status") {
      try Tool.run("status", "--check", "--ledger", ledger).code == 0
    }
    // A second subscriber is told that the ledger is taken.
    let second = try Tool.run("subscribe", "--once", "--ledger", ledger, "bus:\(bus)")
    #expect(second.code == 5, "\(second.talk)")
    // What was published just before the end is either in the ledger or comes next time.
    try publish(12..<600, to: bus)
    let end = tool.end()
    #expect(end.code == 0)
    #expect(end.took < .seconds(10))
    #expect(tool.talk.contains("message=\"subscriber ended\""))
    let status = try Tool.run("status", "--json", "--ledger", ledger)
    #expect(status.text.contains(#""fresh_events":0"#))
    let rest = try Tool.run("subscribe", "--once", "--ledger", ledger, "bus:\(bus)")
    #expect(rest.code == 0)
    #expect(Set(try ids(ledger)).count == 600)
    #expect(try ids(ledger).count == 600)
  }

  @Test func `SIGHUP takes a right configuration, and a wrong one changes nothing`() throws {
    let scratch = try Scratch()
    let (first, second) = (scratch.path("first"), scratch.path("second"))
    let ledger = scratch.path("ledger")
    try publish(0..<3, to: first)
    try publish(100..<104, to: second)
    func write(_ sources: String, floor: String = "16MiB") throws -> String {
      try scratch.write(
        "live.yaml",
        "ledger: \(ledger)\nlimits: {max_delay: 100ms}\ndisk_floor: \(floor)\nsources:\n\(sources)")
    }
    let one = "  - address: file:\(first)\n"
    let tool = try RunningTool("subscribe", "--config", try write(one))
    try tool.waits(for: "3 events") { try Tool.eventCount(ledger) == 3 }
    _ = try write(one + "  - adress: file:\(second)\n")
    tool.signal(SIGHUP)
    try tool.waits(for: "a complaint") {
      try Tool.eventCount(ledger) == 3 && tool.talk.contains("configuration is wrong")
    }
    try publish(3..<5, to: first)
    try tool.waits(for: "5 events") { try Tool.eventCount(ledger) == 5 }
    _ = try write(one + "  - address: file:\(second)\n")
    tool.signal(SIGHUP)
    try tool.waits(for: "the second bus") { try Tool.eventCount(ledger) == 9 }
    #expect(tool.talk.contains("configuration read again"))
    // Below the floor nothing is taken; with another one it goes on.
    _ = try write(one, floor: "99%")
    tool.signal(SIGHUP)
    try tool.waits(for: "a full disk") {
      try Tool.eventCount(ledger) == 9 && tool.talk.contains("disk nearly full")
    }
    try publish(5..<8, to: first)
    #expect(try Tool.run("status", "--check", "--ledger", ledger).code == 1)
    #expect(try Tool.eventCount(ledger) == 9)
    _ = try write(one)
    tool.signal(SIGHUP)
    try tool.waits(for: "the rest") { try Tool.eventCount(ledger) == 12 }
    #expect(tool.end(SIGINT).code == 0)
  }

  @Test func `many short runs merge what they leave, compact the rest`() throws {
    let scratch = try Scratch()
    let (bus, ledger) = (scratch.path("bus"), scratch.path("ledger"))
    func segmentCount() throws -> Int {
      let status = try Tool.run("status", "--json", "--ledger", ledger)
      let object = try JSONSerialization.jsonObject(with: status.output) as? [String: Any]
      return try #require((object?["ledger"] as? [String: Any])?["segments"] as? Int)
    }
    for round in 0..<8 {
      try publish(round * 10..<round * 10 + 10, to: bus)
      let run = try Tool.run(
        "subscribe", "--once", "--ledger", ledger, "--disk-floor", "16MiB", "file:\(bus)")
      #expect(run.code == 0)
    }
    #expect(try (2...4).contains(segmentCount()))
    #expect(try Tool.run("compact", "--quiet", "--ledger", ledger).code == 0)
    #expect(try segmentCount() == 1)
    #expect(try ids(ledger).count == 80)
    #expect(try Tool.run("verify", "--quiet", "--ledger", ledger).code == 0)
  }

  @Test(
    .enabled(if: !NATSProcess.installed.isEmpty, "no nats-server (scripts/setup.sh python)"),
    arguments: NATSProcess.installed)
  func `the largest messages and few unacknowledged ones go through a real server`(
    _ executable: String
  ) throws {
    let scratch = try Scratch()
    let server = try NATSProcess(executable)
    let made = try Tool.run(
      ["python3", Tool.root.appending(path: "scripts/nats_wire.py").path, "\(server.port)", "SHOP",
       "shop.>"], executable: URL(filePath: "/usr/bin/env"))
    #expect(made.code == 0, "\(made.talk)")
    // Nine messages, of these one of exactly 8 MiB, then many small ones.
    let start = #"{"id":"big","source":"s","type":"shop.order","time":"2026-03-01T10:00:00Z","x":""#
    let big = start + String(repeating: "x", count: (8 << 20) - start.utf8.count - 2) + "\"}\n"
    let lines = Self.events(0..<4) + big + Self.events(4..<3_000)
    let (first, second) = (scratch.path("first"), scratch.path("second"))
    let taken = try Tool.run(
      "ingest", "--json", "--ledger", first, "-", input: Data(lines.utf8))
    #expect(taken.text.contains(#""accepted":3001"#))
    let address = "nats://127.0.0.1:\(server.port)/SHOP"
    let sent = try Tool.run("replay", "--ledger", first, "--to", address, "--subject", "shop.order")
    #expect(sent.code == 0, "\(sent.talk)")
    let subscribed = try Tool.run(
      "subscribe", "--once", "--ledger", second, "--disk-floor", "16MiB", "--max-delay", "100ms",
      "\(address)?max_ack_pending=1000")
    #expect(subscribed.code == 0, "\(subscribed.talk)")
    let copy = try Tool.run("dump", "--messages", "--ledger", second)
    // Compared outside: a difference of 8 MiB is not worth looking for.
    let isSame = copy.output == Data(lines.utf8)
    #expect(isSame, "\(copy.lines.count) of 3001 messages")
    // And into the stream that they came from only when told twice.
    let refused = try Tool.run("replay", "--ledger", second, "--to", address)
    #expect(refused.code == 2)
    #expect(refused.talk.contains("nats:SHOP@"))
  }
}
