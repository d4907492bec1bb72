import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The subscriber as a process: signals, exit codes, its numbers over HTTP.
@Suite struct `A subscriber that runs` {
  /// A port that nobody has at the moment.
  private func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    try #require(code == 0)
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private func fetch(_ path: String, port: Int) throws -> Tool.Result {
    try Tool.run(
      ["curl", "-s", "-w", "%{http_code}", "http://127.0.0.1:\(port)\(path)"],
      executable: URL(filePath: "/usr/bin/env"))
  }

  private func event(_ number: Int) -> String {
    #"{"specversion":"1.0","id":"e\#(number)","source":"shop","#
      + #""type":"catalog.product_viewed","time":"2026-01-02T03:04:05Z","#
      + #""data":{"visitor_id":"v1","product_id":"p1"}}"# + "\n"
  }

  @Test func `numbers, SIGHUP and an orderly end on SIGTERM`() throws {
    let scratch = try Scratch()
    let stream = try scratch.file("shop.ndjson", Data((event(1) + event(2)).utf8))
    let ledger = scratch.folder.appending(path: "ledger").path
    let port = try freePort()
    let configuration = try scratch.file("daybook.yaml")
    func configure(_ more: String) throws {
      try Data(
        """
        ledger: \(ledger)
        sources:
          - address: tail:\(stream.path)
        limits:
          max_delay: 50ms
        metrics:
          port: \(port)
        \(more)
        """.utf8
      ).write(to: configuration)
    }
    try configure("")
    let running = try RunningTool("subscribe", "--config", configuration.path)
    func ready() throws -> Bool { try fetch("/readyz", port: port).text.hasSuffix("200") }
    try running.waits(for: "readiness", until: ready)
    try running.waits(for: "two events") {
      try fetch("/metrics", port: port).text.contains("daybook_ledger_events 2\n")
    }
    #expect(try fetch("/healthz", port: port).text == "ok\n200")
    // A wrong configuration changes nothing.
    try configure("nonsense: 1")
    running.signal(SIGHUP)
    try running.waits(for: "a complaint") {
      try ready() && running.talk.contains("configuration is wrong")
    }
    #expect(try ready())
    // With a right one everything begins again, on the same port.
    try configure("logging:\n  format: json")
    running.signal(SIGHUP)
    try running.waits(for: "another start") {
      try ready() && running.talk.contains(#""message":"subscriber started""#)
    }
    // A second subscriber with that port changes nothing of its own ledger.
    let second = try Tool.run(
      "subscribe", "--ledger", scratch.folder.appending(path: "second").path, "--metrics-port",
      "\(port)", "tail:\(stream.path)")
    #expect(second.code == 1)
    #expect(second.talk.contains("HTTP cannot be served on 127.0.0.1:\(port)"))
    #expect(running.end().code == 0)
    #expect(running.talk.contains("subscriber ended"))
    #expect(try Tool.run("dump", "--ledger", ledger).lines.count == 2)
  }

  @Test func `a ledger that cannot be read is told, and the rest goes on`() throws {
    let scratch = try Scratch()
    let stream = try scratch.file("shop.ndjson", Data(event(1).utf8))
    let ledger = scratch.folder.appending(path: "ledger").path
    let port = try freePort()
    let running = try RunningTool(
      "subscribe", "--ledger", ledger, "--metrics-port", "\(port)", "--max-delay", "50ms",
      "tail:\(stream.path)")
    func metrics(_ sample: String) throws -> Bool {
      try fetch("/metrics", port: port).text.contains(sample + "\n")
    }
    try running.waits(for: "an event") { try metrics("daybook_ledger_events 1") }
    // Readers ask for rejects; a subscriber without any does not.
    func rename(_ from: String, _ to: String) throws {
      let result = try Tool.run(
        [
          "python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])",
          ledger + "/catalog.sqlite", "ALTER TABLE \(from) RENAME TO \(to)",
        ], executable: URL(filePath: "/usr/bin/env"))
      #expect(result.code == 0, "\(result.talk)")
    }
    try rename("rejects", "hidden")
    try running.waits(for: "unreadiness") {
      try fetch("/readyz", port: port).text.contains("the ledger cannot be read\n503")
    }
    #expect(try metrics("daybook_ledger_readable 0"))
    #expect(try !metrics("daybook_ledger_events 1"))
    #expect(running.talk.split(separator: "catalog cannot be read").count == 2)
    try rename("hidden", "rejects")
    try running.waits(for: "readiness") {
      try fetch("/readyz", port: port).text == "ready\n200" && metrics("daybook_ledger_events 1")
    }
    #expect(running.end().code == 0)
  }

  @Test func `one that only takes what is there ends by itself`() throws {
    let scratch = try Scratch()
    let stream = try scratch.file("shop.ndjson", Data(event(1).utf8))
    let ledger = scratch.folder.appending(path: "ledger").path
    let result = try Tool.run(
      "subscribe", "--once", "--ledger", ledger, "--metrics-port", "\(try freePort())",
      "tail:\(stream.path)")
    #expect(result.code == 0, "\(result.talk)")
    #expect(try Tool.run("dump", "--ledger", ledger).lines.count == 1)
  }

  @Test(arguments: [SIGTERM, SIGINT]) func `without numbers it ends as well`(
    _ signal: Int32
  ) throws {
    let scratch = try Scratch()
    let stream = try scratch.file("shop.ndjson", Data(event(1).utf8))
    let ledger = scratch.folder.appending(path: "ledger").path
    let running = try RunningTool("subscribe", "--ledger", ledger, "tail:\(stream.path)")
    try running.waits(for: "its start") {
      try Tool.eventCount(ledger) >= 0 && running.talk.contains("subscriber started")
    }
    #expect(running.end(signal).code == 0)
  }
}
