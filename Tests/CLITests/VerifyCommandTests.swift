import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Damage, and two writers at once.
@Suite struct LedgerCare {
  private func ledger(_ scratch: Scratch) throws -> String {
    let events = try Tool.run("simulate", "--events", "2000").output
    let path = scratch.path("ledger")
    let taken = try Tool.run(
      "ingest", "--ledger", path, "--segment-rows", "500", "-", input: events)
    #expect(taken.code == 0, "\(taken.talk)")
    #expect(try Tool.run("verify", "--ledger", path).code == 0)
    return path
  }

  private func segments(_ ledger: String) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: ledger)?.compactMap { $0 as? String } ?? []
    let found = names.filter { $0.hasSuffix(".parquet") }.sorted().map { "\(ledger)/\($0)" }
    try #require(found.count >= 3)
    return found
  }

  private func findings(_ ledger: String, _ more: String...) throws -> [String] {
    let result = try Tool.run(["verify", "--json", "--ledger", ledger] + more)
    #expect(result.code == 1, "\(result.text)")
    let json = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
    #expect(json?["sound"] as? Bool == false)
    return (json?["findings"] as? [[String: String]] ?? []).compactMap { $0["path"] }
  }

  @Test func `a flipped byte is found and named`() throws {
    let scratch = try Scratch()
    let ledger = try ledger(scratch)
    let segment = try segments(ledger)[1]
    var bytes = try Data(contentsOf: URL(filePath: segment))
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: URL(filePath: segment))
    let name = URL(filePath: segment).lastPathComponent
    #expect(try findings(ledger).contains { $0.hasSuffix(name) })
    #expect(try findings(ledger, "--quick").contains { $0.hasSuffix(name) })
  }

  @Test func `a missing file is found and named`() throws {
    let scratch = try Scratch()
    let ledger = try ledger(scratch)
    let segment = try segments(ledger)[0]
    try FileManager.default.removeItem(atPath: segment)
    let name = URL(filePath: segment).lastPathComponent
    #expect(try findings(ledger).contains { $0.hasSuffix(name) })
  }

  @Test func `a foreign file is found and named`() throws {
    let scratch = try Scratch()
    let ledger = try ledger(scratch)
    let folder = URL(filePath: try segments(ledger)[0]).deletingLastPathComponent()
    try Data("x".utf8).write(to: folder.appending(path: "notes.txt"))
    #expect(try findings(ledger).contains { $0.hasSuffix("notes.txt") })
  }

  @Test func `what a stopped writer left is no finding, and the next one removes it`() throws {
    let scratch = try Scratch()
    let ledger = try ledger(scratch)
    let folder = URL(filePath: try segments(ledger)[0]).deletingLastPathComponent()
    let left = folder.appending(path: "0000000000000999999-0123456789abcdef.parquet")
    try Data("x".utf8).write(to: left)
    let verified = try Tool.run("verify", "--ledger", ledger)
    #expect(verified.code == 0)
    #expect(verified.talk.contains("belong to no commit"))
    try Tool.run("ingest", "--ledger", ledger, try scratch.write("none.ndjson", ""))
    #expect(!FileManager.default.fileExists(atPath: left.path))
  }

  /// More than a pipe holds: once it is written, the first process is reading and has the lock.
  @Test func `a second writer exits with 5, readers do not mind`() throws {
    signal(SIGPIPE, SIG_IGN)
    let scratch = try Scratch()
    let ledger = try ledger(scratch)
    let events = try Tool.run("simulate", "--events", "3000", "--seed", "9").output
    try #require(events.count > 1 << 19)
    let first = Process()
    first.executableURL = Tool.executable
    first.arguments = ["ingest", "--ledger", ledger, "--quiet", "-"]
    let pipe = Pipe()
    first.standardInput = pipe
    try first.run()
    try pipe.fileHandleForWriting.write(contentsOf: events)

    let file = try scratch.write("e.ndjson", "")
    let second = try Tool.run("ingest", "--ledger", ledger, file)
    #expect(second.code == 5, "\(second.talk)")
    #expect(second.talk.contains("Wait"))
    #expect(try Tool.run("inspect", "--ledger", ledger).code == 0)

    try pipe.fileHandleForWriting.close()
    first.waitUntilExit()
    #expect(first.terminationStatus == 0)
    #expect(try Tool.run("verify", "--ledger", ledger).code == 0)
  }

  @Test func `kill -9 at twelve random moments loses and doubles nothing`() throws {
    let script = Tool.root.appending(path: "scripts/kill_soak.py").path
    let probe = try Tool.run(["python3", "--version"], executable: URL(filePath: "/usr/bin/env"))
    if probe.code != 0 { return print("skipped: no python3 for the kill -9 soak") }
    let soak = try Tool.run(
      ["python3", script, Tool.executable.path, "12", "1"],
      executable: URL(filePath: "/usr/bin/env"))
    #expect(soak.code == 0, "\(soak.text)\(soak.talk)")
    #expect(soak.text.contains("12 kills landed"))
  }
}
