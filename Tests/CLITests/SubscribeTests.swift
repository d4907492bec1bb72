import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The subscriber as a process: signals, exit codes, its numbers over HTTP.
@Suite struct `A subscriber that runs` {
  /// A process under way whose talk goes to a file.
  private struct Running {
    let process = Process()
    let talk: URL

    init(_ arguments: [String], talk: URL) throws {
      self.talk = talk
      process.executableURL = Tool.executable
      process.arguments = arguments
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = try FileHandle(forWritingTo: talk)
      try process.run()
    }

    /// Waits until something is so, for a minute at most; the process must live.
    func wait(until isSo: () throws -> Bool) throws {
      let end = ContinuousClock.now + .seconds(60)
      while try !isSo() {
        guard process.isRunning, ContinuousClock.now < end else {
          Issue.record("it never happened:\n\(try text)")
          throw CancellationError()
        }
        usleep(20_000)
      }
    }

    /// The code it ends with after a signal.
    func end(by signal: Int32) -> Int32 {
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      return process.terminationStatus
    }

    var text: String { get throws { String(decoding: try Data(contentsOf: talk), as: UTF8.self) } }
  }

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
    let running = try Running(
      ["subscribe", "--config", configuration.path], talk: try scratch.file("talk"))
    defer { running.process.terminate() }
    func ready() throws -> Bool { try fetch("/readyz", port: port).text.hasSuffix("200") }
    try running.wait(until: ready)
    try running.wait {
      try fetch("/metrics", port: port).text.contains("daybook_ledger_events 2\n")
    }
    #expect(try fetch("/healthz", port: port).text == "ok\n200")
    // A wrong configuration changes nothing.
    try configure("nonsense: 1")
    kill(running.process.processIdentifier, SIGHUP)
    try running.wait { try running.text.contains("configuration is wrong") }
    #expect(try ready())
    // With a right one everything begins again, on the same port.
    try configure("logging:\n  format: json")
    kill(running.process.processIdentifier, SIGHUP)
    try running.wait { try running.text.contains(#""message":"subscriber started""#) }
    try running.wait(until: ready)
    // A second subscriber with that port changes nothing of its own ledger.
    let second = try Tool.run(
      "subscribe", "--ledger", scratch.folder.appending(path: "second").path, "--metrics-port",
      "\(port)", "tail:\(stream.path)")
    #expect(second.code == 1)
    #expect(second.talk.contains("HTTP cannot be served on 127.0.0.1:\(port)"))
    #expect(running.end(by: SIGTERM) == 0)
    #expect(try running.text.contains("subscriber ended"))
    #expect(try Tool.run("dump", "--ledger", ledger).lines.count == 2)
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
    let running = try Running(
      [
        "subscribe", "--ledger", scratch.folder.appending(path: "ledger").path,
        "tail:\(stream.path)",
      ], talk: try scratch.file("talk"))
    defer { running.process.terminate() }
    try running.wait { try running.text.contains("subscriber started") }
    #expect(running.end(by: signal) == 0)
  }
}
