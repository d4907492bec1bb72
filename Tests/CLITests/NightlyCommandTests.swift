import Foundation
import Testing

/// Nights of a made-up shop, the way a scheduler runs them.
@Suite struct `The nightly command` {
  /// A shop's events in a file a day, by their time.
  private final class Shop {
    let scratch: Scratch
    private let days: [String: [String]]
    let datasets: String
    private let recipes: [String]
    /// Further lines of the night's file.
    var more = ""
    /// The sequences' files.
    var formats = "ndjson, csv, parquet"

    init(recipe change: (String) -> String = { $0 }) throws {
      scratch = try Scratch()
      datasets = scratch.path("datasets")
      try FileManager.default.createDirectory(
        atPath: scratch.path("inbox"), withIntermediateDirectories: true)
      var days: [String: [String]] = [:]
      for line in try Tool.run("simulate", "--events", "3000", "--days", "20").lines {
        let time = line.components(separatedBy: "\"time\":\"").last ?? ""
        days[String(time.prefix(10)), default: []].append(String(line))
      }
      self.days = days
      let text = try Tool.run("init-recipe", "next-item").text
        .replacing("test: 7d", with: "test: 2d").replacing("validation: 7d", with: "validation: 2d")
        .replacing("formats: [ndjson, parquet]", with: "formats: [ndjson]")
      recipes = [try scratch.write("recipe.yaml", change(text))]
    }

    /// What the sources delivered up to a day lies in the inbox.
    func arrive(until last: String) throws {
      for (day, lines) in days where day <= last {
        let path = scratch.path("inbox/\(day).ndjson")
        if FileManager.default.fileExists(atPath: path) { continue }
        try (lines.joined(separator: "\n") + "\n").write(
          toFile: path, atomically: true, encoding: .utf8)
      }
    }

    func eventCount(until last: String) -> Int {
      days.filter { $0.key <= last }.reduce(0) { $0 + $1.value.count }
    }

    func night(_ day: String, _ arguments: String...) throws -> Tool.Result {
      let file = try scratch.write(
        "night.yaml",
        """
        ledger: \(scratch.path("shop"))
        output: \(datasets)
        sources: [{folder: \(scratch.path("inbox")), ending: .ndjson}]
        recipes: [\(recipes.joined(separator: ", "))]
        sequences: {output: \(scratch.path("sequences")), formats: [\(formats)]}
        \(more)
        """)
      return try Tool.run(["nightly", file, "--date", day, "--json"] + arguments)
    }

    func versions() throws -> [String] {
      let home = datasets + "/next-item"
      guard FileManager.default.fileExists(atPath: home) else { return [] }
      return try FileManager.default.contentsOfDirectory(atPath: home).sorted().filter {
        FileManager.default.fileExists(atPath: "\(home)/\($0)/_SUCCESS")
      }
    }

    func latest(_ folder: String) throws -> String {
      try String(contentsOfFile: folder + "/latest", encoding: .utf8)
        .trimmingCharacters(in: .newlines)
    }

    /// Every file and when it was last changed.
    func state() throws -> [String: Date] {
      var state: [String: Date] = [:]
      for folder in [datasets, scratch.path("sequences")] {
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
          let facts = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
          if facts[.type] as? FileAttributeType == .typeRegular {
            state[folder + "/" + name] = facts[.modificationDate] as? Date
          }
        }
      }
      return state
    }
  }

  private struct Summary {
    var code: Int
    var entries: [[String: Any]]

    init(_ result: Tool.Result) throws {
      let object = try JSONSerialization.jsonObject(with: result.output) as? [String: Any] ?? [:]
      code = object["code"] as? Int ?? -1
      entries = object["done"] as? [[String: Any]] ?? []
    }

    func outcomes(_ step: String) -> [String] {
      entries.filter { $0["step"] as? String == step }.map { $0["outcome"] as? String ?? "" }
    }
  }

  @Test func `catches up with a missed week day by day, and then has nothing to do`() throws {
    let shop = try Shop()
    try shop.arrive(until: "2026-03-10")
    let first = try Summary(try shop.night("2026-03-10"))
    #expect(first.code == 0)
    #expect(first.outcomes("dataset") == ["built"])
    #expect(first.outcomes("sequences") == ["built"])
    #expect(try shop.versions().map { String($0.prefix(10)) } == ["2026-03-10"])

    // A week later the scheduler comes back.
    try shop.arrive(until: "2026-03-17")
    let result = try shop.night("2026-03-17")
    #expect(result.code == 0, "\(result.talk)")
    let second = try Summary(result)
    #expect(second.outcomes("dataset") == Array(repeating: "built", count: 7))
    let days = second.entries.compactMap { $0["day"] as? String }
    #expect(days == (11...17).map { "2026-03-\($0)" })
    let versions = try shop.versions()
    #expect(versions.map { String($0.prefix(10)) } == (10...17).map { "2026-03-\($0)" })
    #expect(try shop.latest(shop.datasets + "/next-item") == versions.last)
    // Each is as of its own day's end, and its numbers go on from the day before.
    for (place, version) in versions.enumerated() {
      let data = try Data(
        contentsOf: URL(filePath: "\(shop.datasets)/next-item/\(version)/manifest.json"))
      let manifest = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
      #expect(manifest["watermark"] as? String == "2026-03-\(10 + place)T23:59:59.999999Z")
      let base = (manifest["vocabulary"] as? [String: Any])?["base"] as? [String: Any]
      #expect(base?["version"] as? String == (place > 0 ? versions[place - 1] : nil))
    }

    let before = try shop.state()
    let third = try shop.night("2026-03-17")
    #expect(third.code == 0)
    let nothing = try Summary(third)
    #expect(nothing.outcomes("dataset") == ["ok"])
    #expect(nothing.outcomes("sequences") == ["there already"])
    #expect(try shop.state() == before)
    #expect(third.talk.contains("nothing is missing"))
  }

  @Test func `keeps its sequences and computes only what is new`() throws {
    let shop = try Shop()
    shop.formats = "ndjson, csv"
    for day in ["2026-03-10", "2026-03-11", "2026-03-12"] {
      try shop.arrive(until: day)
      let result = try shop.night(day)
      #expect(result.code == 0, "\(result.talk)")
      let entry = try #require(
        try Summary(result).entries.first { $0["step"] as? String == "sequences" })
      let (new, computed) = (entry["new"] as? Int ?? 0, entry["computed"] as? Int ?? 0)
      #expect(new > 0 && computed >= new)
      #expect(computed < shop.eventCount(until: day) || day == "2026-03-10")
      let folder = shop.scratch.path("sequences")
      for format in ["ndjson", "csv"] {
        let written = try Data(
          contentsOf: URL(filePath: "\(folder)/\(shop.latest(folder))/sequences.\(format)"))
        let whole = try Tool.run(
          "sequences", "--quiet", "--ledger", shop.scratch.path("shop"), "--format", format)
        #expect(written == whole.output)
      }
    }
  }

  @Test func `gives for a missed day the bytes that it would have given in time`() throws {
    let late = try Shop()
    let timely = try Shop()
    try late.arrive(until: "2026-03-12")
    late.more = "from: 2026-03-10"
    #expect(try late.night("2026-03-12").code == 0)
    for day in ["2026-03-10", "2026-03-11", "2026-03-12"] {
      // Events that came between two days' ends lie in files of their own.
      try timely.arrive(until: day)
      #expect(try timely.night(day).code == 0)
    }
    let versions = try late.versions()
    #expect(try timely.versions() == versions)
    for version in versions {
      for name in ["ndjson/test.ndjson", "ndjson/train.ndjson", "vocab/items.csv"] {
        let files = [late, timely].map { "\($0.datasets)/next-item/\(version)/\(name)" }
        #expect(FileManager.default.contentsEqual(atPath: files[0], andPath: files[1]), "\(name)")
      }
    }
  }

  @Test func `writes the sequences that the sequences command writes`() throws {
    let shop = try Shop()
    try shop.arrive(until: "2026-03-08")
    #expect(try shop.night("2026-03-08").code == 0)
    let folder = shop.scratch.path("sequences")
    let version = try shop.latest(folder)
    for name in ["csv", "ndjson", "parquet"] {
      let output = shop.scratch.path("rows.\(name)")
      let ledger = shop.scratch.path("shop")
      #expect(try Tool.run("sequences", "-l", ledger, "-o", output, "-q").code == 0)
      let written = "\(folder)/\(version)/sequences.\(name)"
      #expect(FileManager.default.contentsEqual(atPath: written, andPath: output), "\(name)")
    }
    try shop.arrive(until: "2026-03-09")
    #expect(try Summary(try shop.night("2026-03-09")).outcomes("sequences") == ["built"])
    #expect(try shop.latest(folder) != version)
  }

  @Test func `tells a scheduler by its code what went wrong, and does the rest all the same`()
    throws
  {
    let leaking = try Shop { $0.replacing("by: global-time", with: "by: leave-one-out") }
    try leaking.arrive(until: "2026-03-12")
    let leak = try leaking.night("2026-03-12")
    #expect(leak.code == 3, "\(leak.talk)")
    #expect(try Summary(leak).code == 3)
    #expect(try Summary(leak).outcomes("dataset") == ["failed"])
    #expect(try Summary(leak).outcomes("sequences") == ["built"])
    #expect(try leaking.versions().isEmpty)

    let wrong = try Shop { $0.replacing("unit: actor", with: "unit: acter") }
    try wrong.arrive(until: "2026-03-12")
    let usage = try wrong.night("2026-03-12")
    #expect(usage.code == 2)
    #expect(usage.talk.contains("did you mean 'actor'"))
    #expect(try Summary(usage).outcomes("sources") == ["ok"])

    let missing = try Tool.run("nightly", leaking.scratch.path("nowhere.yaml"))
    #expect(missing.code == 1)
    #expect(missing.talk.contains("nowhere.yaml"))
  }

  @Test func `removes what retention does not keep`() throws {
    let shop = try Shop()
    shop.more = "from: 2026-03-09\nretention: {days: 2, keep: 2}"
    try shop.arrive(until: "2026-03-14")
    let night = try shop.night("2026-03-14")
    #expect(night.code == 0, "\(night.talk)")
    #expect(try Summary(night).outcomes("retention") == ["removed"])
    #expect(
      try shop.versions().map { String($0.prefix(10)) }
        == ["2026-03-13", "2026-03-14"])
  }
}
