import Foundation
import Testing

/// Builds that are killed, and builds that meet.
@Suite struct `Killed builds` {
  private struct Shop {
    let scratch: Scratch
    let ledger: String
    let recipe: String
    let datasets: String
    let temporary: String

    init(events: Int) throws {
      scratch = try Scratch()
      ledger = scratch.path("shop")
      datasets = scratch.path("datasets")
      temporary = scratch.path("tmp")
      try FileManager.default.createDirectory(
        atPath: temporary, withIntermediateDirectories: true)
      let events = try Tool.run("simulate", "--events", "\(events)").output
      #expect(try Tool.run("ingest", "-l", ledger, "-q", "-", input: events).code == 0)
      recipe = try scratch.write(
        "next.yaml",
        """
        name: next
        task: next-item
        split: {test: 3d, validation: 3d}
        formats: [ndjson, parquet, recbole, numpy]
        """)
    }

    /// A build that is started and not waited for.
    func start() throws -> RunningTool {
      try RunningTool(
        "build", recipe, "-l", ledger, "-o", datasets, "-q", environment: ["TMPDIR": temporary])
    }

    func build() throws -> Tool.Result {
      try Tool.run(
        "build", recipe, "-l", ledger, "-o", datasets, environment: ["TMPDIR": temporary])
    }

    func names(_ folder: String) -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// What anybody who follows the rules sees.
    var visible: [String] { names(datasets + "/next").filter { !$0.hasPrefix(".") } }
  }

  @Test func `leave nothing that is seen, and the next build finds its way`() throws {
    let shop = try Shop(events: 8_000)
    // How long a whole build takes, elsewhere, says when to kill.
    let other = try Shop(events: 8_000)
    let began = ContinuousClock.now
    #expect(try other.build().code == 0)
    let whole = ContinuousClock.now - began
    var numbers = SystemRandomNumberGenerator()
    var killed = 0
    for round in 0..<16 {
      let wait = whole * Double.random(in: 0..<1, using: &numbers)
      let build = try shop.start()
      let started = ContinuousClock.now
      while build.isRunning, ContinuousClock.now - started < wait { usleep(500) }
      build.signal(SIGKILL)
      if build.waitForEnd() == 0 {
        // It was done already: begin again elsewhere.
        try FileManager.default.removeItem(atPath: shop.datasets)
        continue
      }
      killed += 1
      // Either nothing, or all of it where the end came after the rename.
      let versions = shop.visible.filter { $0 != "latest" }
      if !versions.isEmpty {
        #expect(versions.count == 1, "round \(round): \(versions)")
        let folder = shop.datasets + "/next/" + versions[0]
        #expect(shop.names(folder).contains("_SUCCESS"), "round \(round)")
        try FileManager.default.removeItem(atPath: shop.datasets)
      }
      #expect(shop.names(shop.temporary).isEmpty, "round \(round)")
    }
    #expect(killed > 4)
    let next = try shop.build()
    #expect(next.code == 0, "\(next.talk)")
    #expect(shop.visible.count == 2)
    // Nothing of the killed ones remains, and it is the dataset that nobody disturbed.
    #expect(shop.names(shop.datasets + "/next").filter { $0.hasPrefix(".") } == [".lock"])
    #expect(shop.names(shop.temporary).isEmpty)
    let version = try #require(shop.visible.first { $0 != "latest" })
    for name in ["manifest.json", "ndjson/train.ndjson", "recbole/dataset.json"] {
      let text = [shop, other].map {
        FileManager.default.contents(atPath: "\($0.datasets)/next/\(version)/\(name)")
      }
      #expect(text[0] != nil)
      // Two ledgers have two identities, and the manifest tells them.
      if name != "manifest.json" { #expect(text[0] == text[1], "\(name)") }
    }
  }

  @Test func `a second build of a dataset is told that somebody else is at it`() throws {
    let shop = try Shop(events: 8_000)
    let first = try shop.start()
    let building = shop.datasets + "/next/.building"
    try first.waits(for: "the first build") {
      FileManager.default.fileExists(atPath: building)
    }
    first.signal(SIGSTOP)
    let second = try shop.build()
    #expect(second.code == 5, "\(second.talk)")
    #expect(second.talk.contains("/next/.lock"))
    #expect(second.talk.contains("Wait for the other process to end"))
    // It did not touch what the first is making.
    #expect(FileManager.default.fileExists(atPath: building))
    let night = try shop.scratch.write(
      "night.yaml",
      "ledger: \(shop.ledger)\noutput: \(shop.datasets)\nrecipes: [\(shop.recipe)]\n")
    #expect(try Tool.run("nightly", night, "--date", "2026-03-20").code == 5)
    first.signal(SIGCONT)
    #expect(first.waitForEnd() == 0)
    #expect(shop.visible.count == 2)
    #expect(try shop.build().talk.contains("nothing to do"))
  }
}
