import FilesTesting
import Sequences
import Testing
import Threads

@testable import Datasets

/// What two builds have in common, and what a plan says of the build before.
@Suite struct Comparisons {
  private static let recipe = """
    name: small
    task: next-item
    split: {test: 3d, validation: 3d}
    formats: [ndjson]
    """

  private static func lines(_ days: Int, items: Int = 4) -> [String] {
    var shop = Shop()
    for day in 0..<days {
      for step in 0..<3 {
        shop.view("v\(day % 3)", "i\((day + step) % items)", day: day, second: step * 10)
      }
    }
    return shop.lines
  }

  private static func request(
    _ recipe: String = recipe, lines: [String], endOffset: Int64 = 42
  ) throws -> BuildRequest {
    let events = runs(lines)
    return BuildRequest(
      recipe: try parsed(recipe), recipeText: Array(recipe.utf8),
      ledger: LedgerPin(
        ledgerID: "here", commitNumber: 1, endOffset: endOffset, segments: [],
        rejects: [("too long", 2), ("not JSON", 1)]),
      inputs: BuildInputs(runs: events, latestTimes: events.map { _ in nil }), software: "test")
  }

  private let disk = SimulatedFileSystem(directory: "/data")

  private var resources: SequenceResources {
    SequenceResources(
      pool: WorkerPool(threadCount: 1), files: disk, spillDirectory: "/data/spill",
      memoryByteLimit: 512 << 20)
  }

  private func build(_ request: BuildRequest) throws -> DatasetVersion {
    let made = try Publisher(output: "/data", name: "small", resources: resources).build(request)
    let home = DatasetHome(files: disk, output: "/data", name: "small")
    return DatasetVersion(
      manifest: made.manifest,
      leakage: try #require(
        JSONValue(parsing: try home.read("\(made.version)/leakage.json"))),
      recipe: try home.read("\(made.version)/recipe.yaml"),
      items: try VocabularyFile(disk, home.path(of: made.version) + "/vocab/items.csv"))
  }

  @Test func `a build and itself do not differ`() throws {
    let only = try build(try Self.request(lines: Self.lines(14)))
    #expect(try DatasetDifference(only, only).lines == ["no difference"])
  }

  @Test func `comments and blank lines of a recipe are no difference`() throws {
    let first = try build(try Self.request(lines: Self.lines(14)))
    let second = try build(
      try Self.request("# a word\n\n" + Self.recipe + "   # another\n", lines: Self.lines(14)))
    #expect(try DatasetDifference(first, second).lines == ["file ≠ recipe.yaml"])
  }

  @Test func `other recipes show their lines, and what became of splits`() throws {
    let first = try build(try Self.request(lines: Self.lines(14)))
    let other = Self.recipe.replacing("validation: 3d", with: "validation: 0d")
    let second = try build(try Self.request(other, lines: Self.lines(14)))
    let lines = try DatasetDifference(first, second).lines
    #expect(lines.contains("recipe - split: {test: 3d, validation: 3d}"))
    #expect(lines.contains("recipe + split: {test: 3d, validation: 0d}"))
    #expect(lines.contains("split validation is gone"))
    #expect(lines.contains("file - ndjson/validation.ndjson"))
    #expect(lines.contains { $0.hasPrefix("train interactions: 24 → 33 (+37.5 %)") }, "\(lines)")
    let back = try DatasetDifference(second, first).lines
    #expect(back.contains("split validation is new"))
    #expect(back.contains("file + ndjson/validation.ndjson"))
    #expect(back.contains { $0.hasPrefix("train interactions: 33 → 24 (-27.2 %)") }, "\(back)")
  }

  @Test func `items come, go and come back`() throws {
    let first = try build(try Self.request(lines: Self.lines(14)))
    let second = try build(try Self.request(lines: Self.lines(15, items: 6), endOffset: 43))
    let third = try build(try Self.request(lines: Self.lines(16, items: 3), endOffset: 44))
    let fourth = try build(try Self.request(lines: Self.lines(17, items: 6), endOffset: 45))
    #expect(
      try DatasetDifference(first, second).lines.contains("items: 2 added, 0 retired, 0 back"))
    #expect(
      try DatasetDifference(second, third).lines.contains("items: 0 added, 3 retired, 0 back"))
    #expect(
      try DatasetDifference(third, fourth).lines.contains("items: 0 added, 0 retired, 3 back"))
    let json = try DatasetDifference(third, fourth).json
    #expect(json["items"]?["back"]?.integer == 3)
  }

  @Test func `a plan says what changed against the last build, and writes nothing`() throws {
    let home = DatasetHome(files: disk, output: "/data", name: "small")
    let request = try Self.request(lines: Self.lines(14))
    let nothing = try DatasetPlan(request, previous: home, resources: resources)
    #expect(nothing.previousVersion == nil)
    #expect(nothing.changes.isEmpty)
    _ = try build(request)
    let same = try DatasetPlan(request, previous: home, resources: resources)
    #expect(same.previousVersion == (try home.latest()))
    #expect(same.changes.isEmpty, "\(same.changes)")
    // What is built already is read, not computed again.
    #expect(same.isBuilt && !nothing.isBuilt)
    #expect(same.estimatedSeconds(planSeconds: 5) == 0)
    #expect(same.json(seconds: 0)["splits"] == nothing.json(seconds: 0)["splits"])
    #expect(same.json(seconds: 0)["filters"] == nothing.json(seconds: 0)["filters"])
    #expect(same.json(seconds: 0)["knowledge"] == nothing.json(seconds: 0)["knowledge"])
    #expect(same.json(seconds: 0)["events"] == nothing.json(seconds: 0)["events"])
    #expect(same.leakage?.passed == true)
    let versions = try home.versions()
    let other = try Self.request(
      Self.recipe + "\nshape: {max_length: 2}\n", lines: Self.lines(15), endOffset: 43)
    let plan = try DatasetPlan(other, previous: home, resources: resources, looksForLeaks: true)
    #expect(plan.changes.contains("recipe + shape: {max_length: 2}"))
    #expect(plan.changes.contains { $0.hasPrefix("watermark: ") })
    #expect(plan.changes.contains { $0.hasPrefix("train interactions: 24 → ") })
    #expect(plan.leakage?.passed == true)
    #expect(try home.versions() == versions)
    #expect(!disk.exists("/data/spill-plan"))
  }

  @Test func `a plan counts what the build has, with leaks looked for or not`() throws {
    let request = try Self.request(lines: Self.lines(14))
    var outline: PlanOutline?
    let plan = try DatasetPlan(request, previous: nil, resources: resources) { outline = $0 }
    // Cuts and the events between them are known before anything is computed.
    #expect(outline?.events.count == 42)
    #expect(outline?.splits.map(\.split.name) == ["train", "validation", "test"])
    #expect(outline?.splits.compactMap(\.eventCount).reduce(0, +) == 42)
    let made = try build(request)
    let json = plan.json(seconds: 0)
    #expect(json["splits"] == made.manifest["splits"])
    #expect(json["filters"] == made.manifest["filters"])
    #expect(json["leakage"] == .null)
    #expect(plan.events.count == 42)
    #expect(plan.events.first == Shop.time(day: 0))
    #expect(plan.events.last == Shop.time(day: 13, second: 20))
    #expect(made.manifest["events"]?["rejected"]?.integer == 3)
  }
}
