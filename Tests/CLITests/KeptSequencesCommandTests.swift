import Foundation
import Testing

/// `sequences --keep`, from day to day, the way a user goes.
@Suite struct `Sequences kept in a folder` {
  private struct Report: Decodable {
    var new: Int
    var computed: Int
    var rebuilt: String?
  }

  /// Ingests a part of a made-up shop's stream.
  private func ingest(_ lines: ArraySlice<Substring>, _ scratch: Scratch) throws {
    let file = try scratch.write("part-\(lines.startIndex).ndjson", lines.joined(separator: "\n"))
    let taken = try Tool.run("ingest", "--quiet", "--ledger", scratch.path("shop"), file)
    #expect(taken.code == 0, "\(taken.talk)")
  }

  private func report(_ scratch: Scratch, _ arguments: String...) throws -> Report {
    let kept = try Tool.run(
      ["sequences", "--ledger", scratch.path("shop"), "--keep", scratch.path("kept")]
        + ["--only-keep", "--json"] + arguments)
    #expect(kept.code == 0, "\(kept.talk)")
    return try JSONDecoder().decode(Report.self, from: kept.output)
  }

  /// The files that `arguments` describe, computed whole and from what is kept.
  private func expectSame(_ scratch: Scratch, _ arguments: String...) throws {
    for name in ["whole", "kept"] {
      let files = ["ndjson", "csv"].flatMap { ["--output", scratch.path("\(name).\($0)")] }
      let keep = name == "kept" ? ["--keep", scratch.path("kept")] : []
      let run = try Tool.run(
        ["sequences", "--quiet", "--ledger", scratch.path("shop")] + files + keep + arguments)
      #expect(run.code == 0, "\(run.talk)")
    }
    for ending in ["ndjson", "csv"] {
      let whole = try Data(contentsOf: URL(filePath: scratch.path("whole.\(ending)")))
      let kept = try Data(contentsOf: URL(filePath: scratch.path("kept.\(ending)")))
      #expect(!whole.isEmpty && kept == whole, "\(ending) \(arguments)")
    }
  }

  @Test func `give the bytes of the whole computation after each day and a compaction`() throws {
    let scratch = try Scratch()
    let lines = try Tool.run("simulate", "--events", "6000").text.split(separator: "\n")
    for (number, end) in [3_000, 4_000, 5_000, lines.count].enumerated() {
      let start = number == 0 ? 0 : 2_000 + 1_000 * number
      try ingest(lines[start..<end], scratch)
      if number == 2 {
        #expect(try Tool.run("compact", "--quiet", "--ledger", scratch.path("shop")).code == 0)
      }
      try expectSame(scratch)
    }
    try expectSame(scratch, "--outcome", "abandoned", "--since", "2026-03-02")
    let again = try report(scratch)
    #expect(again.new == 0 && again.computed == 0 && again.rebuilt == nil)
    let options = try scratch.write("options.yaml", "hub_limit: 3\n")
    let anew = try report(scratch, "--options", options)
    #expect(anew.rebuilt?.contains("options") == true && anew.new > 5_000)
  }

  @Test func `refuse what they cannot keep`() throws {
    let scratch = try Scratch()
    let lines = try Tool.run("simulate", "--events", "100").text.split(separator: "\n")
    try ingest(lines[...], scratch)
    let options = try scratch.write("options.yaml", "as_of: 2026-03-02T00:00:00Z\n")
    for arguments in [
      ["--as-of", "2026-03-02"], ["--options", options], ["--output", scratch.path("x.parquet")],
      ["--only-keep", "--output", scratch.path("x.csv")],
    ] {
      let refused = try Tool.run(
        ["sequences", "--ledger", scratch.path("shop"), "--keep", scratch.path("kept")] + arguments)
      #expect(refused.code == 2, "\(arguments)")
    }
    #expect(try Tool.run("sequences", "--ledger", "x", "--only-keep").code == 2)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("kept")))
  }
}
