import Testing

@testable import Datasets

/// A split that is empty is said aloud, with the reason and what to do.
@Suite struct `Warnings of empty splits` {
  private func shop(days: Int = 21) -> Shop {
    var shop = Shop()
    for day in 0..<days {
      for person in 0..<4 {
        shop.view("v\(person)", "i\(day % 5)", day: day, second: person * 10)
      }
    }
    return shop
  }

  private func built(_ recipe: String, _ shop: Shop) throws -> Built {
    try Built(try parsed(recipe), runs(shop.lines))
  }

  private let recipe = "task: next-item\nsplit: {test: 3d, validation: 3d}"

  @Test func `there are none where every split has examples`() throws {
    #expect(try built(recipe, shop()).build.warnings.isEmpty)
  }

  @Test(arguments: [false, true])
  func `one clock that runs far ahead is told, and the horizon to use`(isKnown: Bool) throws {
    var shop = shop()
    shop.view(isKnown ? "v1" : "stranger", "i1", day: 20_000)
    let warnings = try built(recipe, shop).build.warnings
    try #require(warnings.map(\.split) == ["test", "validation"])
    #expect(warnings[0].why.contains("1 event in its time"))
    #expect(warnings[0].why.contains(isKnown ? "1 example:" : "no examples:"))
    let end = timeWord(Shop.time(day: 20, second: 30))
    #expect(warnings[0].advice.contains("--horizon \(end)"))
    #expect(warnings[1].why.contains("no event lies between"))
    // The remedy is one.
    var repaired = try parsed(recipe)
    repaired.split.horizon = Shop.time(day: 20, second: 30)
    let again = try Built(repaired, runs(shop.lines))
    #expect(again.build.warnings.isEmpty)
    #expect(try again.examples("test").count == 4)
  }

  @Test func `a split whose targets are all cold says so`() throws {
    var shop = shop(days: 17)
    for person in 0..<4 {
      for day in 18..<21 { shop.view("v\(person)", "new\(day)", day: day, second: person) }
    }
    let warnings = try built(recipe, shop).build.warnings
    try #require(warnings.map(\.split) == ["test"])
    #expect(warnings[0].why.contains("of 12 events in its time"))
    #expect(warnings[0].why.contains("12 targets with items that train does not have"))
    #expect(warnings[0].advice.contains("cold: keep"))
  }

  @Test func `a split whose paths are all too rare says so`() throws {
    let recipe = recipe + "\nprivacy: {people_per_prefix: 5}"
    let error = #expect(throws: BuildError.self) { try built(recipe, shop()) }
    #expect("\(try #require(error))".contains("too few paths begin alike"), "\(error)")
  }

  @Test func `a ledger shorter than its splits cannot be built, and says why`() throws {
    let error = #expect(throws: BuildError.self) {
      try built("task: next-item\nsplit: {test: 30d, validation: 30d}", shop())
    }
    #expect("\(try #require(error))".contains("train has no example: no event lies before"))
  }

  @Test func `late events are counted by pass and once altogether`() throws {
    var shop = shop()
    // Happened in train, recorded during validation; happened in validation, recorded in test.
    shop.add("product.viewed", "v1", day: 2, second: 5, "\"item_id\":\"i1\"", recordedDay: 16)
    shop.add("product.viewed", "v1", day: 3, second: 5, "\"item_id\":\"i1\"", recordedDay: 19)
    shop.add("product.viewed", "v1", day: 16, second: 5, "\"item_id\":\"i1\"", recordedDay: 19)
    let build = try built(recipe, shop).build
    #expect(build.passFunnels.map { $0[.lateEvents] } == [2, 2, 0])
    #expect(build.survey.lateCount == 3)
    #expect(build.events.count == 21 * 4 + 3)
  }
}
