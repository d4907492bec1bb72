import Foundation
import Testing

/// Where `sequences` writes.
@Suite struct SequencesCommand {
  private func shop(_ scratch: Scratch) throws -> String {
    let events = try Tool.run("simulate", "--events", "400", "--seed", "3")
    let file = try scratch.write("events.ndjson", events.text)
    #expect(try Tool.run("ingest", "--ledger", scratch.path("shop"), file).code == 0)
    return scratch.path("shop")
  }

  private func kind(_ path: String) throws -> FileAttributeType? {
    try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
  }

  /// A file made beside it and renamed over it would take the place of the system's own device.
  @Test func `a named pipe gets the rows and stays a pipe`() throws {
    let scratch = try Scratch()
    let ledger = try shop(scratch)
    let pipe = scratch.path("rows.ndjson")
    #expect(mkfifo(pipe, 0o600) == 0)
    let copy = try scratch.write("copy", "")
    let reader = Process()
    reader.executableURL = URL(filePath: "/bin/cat")
    reader.arguments = [pipe]
    reader.standardOutput = FileHandle(forWritingAtPath: copy)
    try reader.run()
    defer { reader.terminate() }
    let result = try Tool.run("sequences", "--ledger", ledger, "--output", pipe)
    #expect(result.code == 0, "\(result.talk)")
    try #require(try kind(pipe) != .typeRegular)
    reader.waitUntilExit()
    let rows = try Tool.run("sequences", "--ledger", ledger)
    #expect(try Data(contentsOf: URL(filePath: copy)) == rows.output && !rows.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: pipe + ".part"))
  }

  @Test func `a folder is no output, and that is said before anything is computed`() throws {
    let scratch = try Scratch()
    let ledger = try shop(scratch)
    let folder = scratch.path("out.ndjson")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let result = try Tool.run("sequences", "--ledger", ledger, "--output", folder)
    #expect(result.code == 1 && result.talk.contains("cannot write to \(folder)"), "\(result.talk)")
  }
}
