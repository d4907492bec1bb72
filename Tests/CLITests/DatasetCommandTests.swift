import Foundation
import Testing

/// From a made-up shop to datasets, the way a user goes.
@Suite struct `Dataset commands` {
  /// A ledger of a made-up shop.
  private func shop(_ scratch: Scratch, events: Int = 4_000) throws -> String {
    let file = scratch.path("events.ndjson")
    let made = try Tool.run("simulate", "--events", "\(events)")
    try made.output.write(to: URL(filePath: file))
    let ledger = scratch.path("shop")
    #expect(try Tool.run("ingest", "--ledger", ledger, file, "--quiet").code == 0)
    return ledger
  }

  private func recipe(_ scratch: Scratch, _ change: (String) -> String = { $0 }) throws -> String {
    let text = try Tool.run("init-recipe", "next-item").text
    return try scratch.write(
      "recipe.yaml",
      change(
        text.replacing("test: 7d", with: "test: 2d")
          .replacing("validation: 7d", with: "validation: 2d")))
  }

  private func version(_ scratch: Scratch) throws -> String {
    let text = try String(
      contentsOf: URL(filePath: scratch.path("datasets/next-item/latest")), encoding: .utf8)
    return scratch.path("datasets/next-item/" + text.trimmingCharacters(in: .newlines))
  }

  @Test func `build once, prove it, explain it`() throws {
    let scratch = try Scratch()
    let ledger = try shop(scratch)
    let recipe = try recipe(scratch)
    let datasets = scratch.path("datasets")
    let plan = try Tool.run("plan", recipe, "--ledger", ledger)
    #expect(plan.code == 0, "\(plan.talk)")
    #expect(plan.text.contains("train"))
    #expect(!FileManager.default.fileExists(atPath: datasets))

    let built = try Tool.run("build", recipe, "--ledger", ledger, "--output", datasets)
    #expect(built.code == 0, "\(built.talk)")
    let version = try version(scratch)
    for name in ["manifest.json", "leakage.json", "_SUCCESS", "vocab/items.csv", "recipe.yaml"] {
      #expect(FileManager.default.fileExists(atPath: version + "/" + name), "\(name)")
    }
    let again = try Tool.run("build", recipe, "--ledger", ledger, "--output", datasets)
    #expect(again.talk.contains("nothing to do"))

    let proof = try Tool.run("rebuild", version, "--ledger", ledger)
    #expect(proof.code == 0, "\(proof.talk)")
    let explained = try Tool.run(
      "explain", "--ledger", ledger, "--dataset", version, "--row", "0")
    #expect(explained.code == 0, "\(explained.talk)")
    #expect(explained.text.contains("input"))
    #expect(try Tool.run("diff", version, version).text == "no difference\n")
    // The dataset's folder, and what a shell completes in it, stand for its latest version.
    for end in ["", "/", "/latest"] {
      let named = datasets + "/next-item" + end
      let difference = try Tool.run("diff", named, version + "/manifest.json")
      #expect(difference.text == "no difference\n", "\(named): \(difference.talk)")
    }
  }

  @Test func `a leak fails the build with 3, unless it is named`() throws {
    let scratch = try Scratch()
    let ledger = try shop(scratch, events: 1_000)
    let leaking = try recipe(scratch) {
      $0.replacing("by: global-time", with: "by: leave-one-out")
    }
    let datasets = scratch.path("datasets")
    let built = try Tool.run("build", leaking, "--ledger", ledger, "--output", datasets)
    #expect(built.code == 3, "\(built.talk)")
    #expect(built.talk.contains("L1"))
    #expect(!FileManager.default.fileExists(atPath: datasets + "/next-item/latest"))
  }

  @Test func `an unknown key is a usage error with the nearest name`() throws {
    let scratch = try Scratch()
    let recipe = try scratch.write("r.yaml", "task: next-item\nsplt: {by: global-time}\n")
    let result = try Tool.run("build", recipe, "--ledger", "none", "--output", "none")
    #expect(result.code == 2)
    #expect(result.talk.contains("did you mean 'split'"))
  }

  @Test func `a night builds each missing day, and nothing twice`() throws {
    let scratch = try Scratch()
    let ledger = try shop(scratch)
    let recipe = try recipe(scratch)
    let info = try Tool.run("sequences", "--ledger", ledger, "--format", "csv")
    // Lines of CSV end with CR LF, which is one character.
    let row = try #require(info.text.split(whereSeparator: \.isNewline).last)
    let last = row.split(separator: ",", omittingEmptySubsequences: false)[5].prefix(10)
    let night = try scratch.write(
      "night.yaml",
      """
      ledger: \(ledger)
      output: \(scratch.path("datasets"))
      recipes: [\(recipe)]
      retention: {days: 1, keep: 1}
      """)
    let first = try Tool.run("nightly", night, "--date", String(last))
    #expect(first.code == 0, "\(first.talk)")
    #expect(first.talk.contains("built"))
    let second = try Tool.run("nightly", night, "--date", String(last), "--json")
    #expect(second.text.contains("nothing is missing"))
  }
}
