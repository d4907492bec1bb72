import ConfigurationFiles
import Files
import Testing

@testable import Datasets

@Suite struct Recipes {
  private func parse(_ text: String) throws -> Recipe {
    try Recipe(
      parsing: Array(text.utf8), file: "r.yaml", formats: Renderings.names, files: POSIXFileSystem()
    )
  }

  @Test func `a task is enough`() throws {
    let recipe = try parse("task: next-item")
    #expect(recipe.task == .nextItem)
    #expect(recipe.split.method == .globalTime)
    #expect(recipe.count.actions == CountRules.defaultActions)
    #expect(recipe.formats.map(\.name) == ["ndjson", "parquet"])
  }

  @Test(arguments: [
    ("formats: []", "holds no data"),
    ("shape: {min_length: 5, max_length: 4}", "is below 'min_length' (5)"),
    ("shape: {expand: windows, max_length: 0}", "windows need"),
  ])
  func `what makes no dataset is refused`(line: String, why: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try parse("task: next-item\n" + line) }
    #expect("\(try #require(error))".contains(why))
  }

  @Test func `an unknown key names its place and the nearest one`() {
    let error = #expect(throws: ConfigurationError.self) {
      try parse("task: next-item\nshape:\n  min_lenght: 3\n")
    }
    #expect(error?.nearest == "min_length")
    #expect(error?.line == 3)
  }

  @Test func `an unknown time zone names its place`() {
    let error = #expect(throws: ConfigurationError.self) {
      try parse("task: next-item\nshape:\n  min_length: 3\n  zone: Europe/Brelin\n")
    }
    #expect(error?.description.hasPrefix("r.yaml:4:9: the zone 'Europe/Brelin' is unknown") == true)
  }

  @Test func `a profile sets what is not written beside it`() throws {
    let recipe = try parse(
      """
      task: interactions
      privacy:
        round_time: 1h
        profile: public
        key: {environment: KEY}
      """)
    #expect(recipe.privacy.timeRounding == Span.hour)
    #expect(recipe.privacy.peoplePerItem == 20)
  }

  @Test func `a profile for others needs a key`() {
    #expect(throws: ConfigurationError.self) {
      try parse("task: interactions\nprivacy: {profile: partner}")
    }
  }

  @Test func `formats may carry options`() throws {
    let recipe = try parse("task: next-item\nformats: [csv, {ndjson: ~}]")
    #expect(recipe.formats.map(\.name) == ["csv", "ndjson"])
  }
}
