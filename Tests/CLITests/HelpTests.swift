import Foundation
import Testing

/// Help and wrong usage.
@Suite struct Help {
  static let commands = [
    "demo", "ingest", "inspect", "sequences", "sessions", "explain", "dump", "rejects",
    "init-recipe", "plan", "build", "rebuild", "diff", "nightly", "verify", "simulate",
  ]

  @Test(arguments: [""] + commands)
  func `help shows examples first and fits the page`(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let result = try Tool.run(words + ["--help"])
    #expect(result.code == 0)
    #expect(result.talk.isEmpty)
    let text = result.text
    let examples = try #require(text.range(of: "EXAMPLES"), "no examples in \(command)")
    let usage = try #require(text.range(of: "USAGE"))
    #expect(examples.lowerBound < usage.lowerBound)
    // A wrapped example would leave a line that does not begin with a program's name.
    let block = text[examples.upperBound..<usage.lowerBound]
    let lines = block.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      .prefix { !$0.isEmpty }
    #expect(!lines.isEmpty)
    for line in lines {
      #expect(line.hasPrefix("  daybook ") || line.contains("| daybook "), "wrapped: \(line)")
      #expect(line.count <= 80)
    }
  }

  @Test func `every command is in the top help`() throws {
    let text = try Tool.run("--help").text
    for command in Self.commands {
      let name = command.split(separator: " ")[0]
      #expect(text.contains("\n  \(name) "), "\(name) is not listed")
    }
    #expect(text.contains("--generate-completion-script"))
    #expect(try Tool.run("--generate-completion-script", "bash").code == 0)
    #expect(try Tool.run("--version").text == "0.1.0\n")
  }

  @Test(arguments: [
    "nonsense", "ingest --ledger x", "inspect", "sequences --ledger x --format xml",
    "sequences --ledger x --steps", "sequences --ledger x --as-of yesterday",
    "sequences --ledger x --output rows.txt", "sessions --ledger x --memory 1MiB",
    "explain --ledger x", "explain --ledger x --order a --visitor b",
    "explain --ledger x --order a --source b", "dump --ledger x --first-offset -1",
    "simulate --events -1", "verify --ledger x --unheard-of", "demo --threads 0",
  ])
  func `wrong usage exits with 2 and says why`(line: String) throws {
    let result = try Tool.run(line.split(separator: " ").map(String.init))
    #expect(result.code == 2, "\(line): \(result.talk)")
    #expect(result.output.isEmpty)
    #expect(result.talk.contains("Usage:"))
  }

  @Test func `wrong options in a file exit with 2 and name the nearest key`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let events = try Tool.run("simulate", "--events", "10")
    try Tool.run("ingest", "--ledger", ledger, "-", input: events.output)
    let options = try scratch.write("options.yaml", "session_gab: 30m\n")
    let result = try Tool.run("sequences", "--ledger", ledger, "--options", options)
    #expect(result.code == 2)
    #expect(result.talk.contains("session_gap"))
  }
}
