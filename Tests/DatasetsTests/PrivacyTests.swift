import Bytes
import Testing

@testable import Datasets

/// What few people share does not leave the house.
@Suite struct `Privacy by numbers of people` {
  private func built(_ privacy: String, _ paths: [(String, String)]) throws -> Built {
    var shop = Shop()
    for (user, items) in paths {
      for (step, item) in items.enumerated() {
        shop.view(user, "\(item)", day: 0, second: step * 10)
      }
    }
    shop.view("late", "p", day: 20)
    return try Built(
      try parsed(
        """
        task: next-item
        shape: {min_length: 1}
        split: {test: 1d, validation: 0d}
        privacy: {\(privacy)}
        """), runs(shop.lines))
  }

  private func train(_ built: Built) throws -> [String: [String]] {
    Dictionary(
      uniqueKeysWithValues: try built.examples("train").map { ($0.user, $0.inputs.map(\.item)) })
  }

  @Test func `an item of fewer people is rare, however often they saw it`() throws {
    // p: a, b, late. q: a, b. r: b alone, three times.
    let built = try built("people_per_item: 3", [("a", "pq"), ("b", "pqrrr")])
    #expect(
      try train(built) == [
        "v:a": ["p", "rare"], "v:b": ["p", "rare", "rare", "rare", "rare"],
      ])
    #expect(built.build.funnel[.rareItems] == 5)
    let words = (0..<built.contents.items.count).map { built.contents.items.words.text($0) }
    #expect(Set(words) == ["p", "rare"])
    #expect(try built.build.leakage().passed)
  }

  @Test func `an item of just enough people keeps its name`() throws {
    let built = try built("people_per_item: 2", [("a", "pq"), ("b", "pqr")])
    #expect(try train(built) == ["v:a": ["p", "q"], "v:b": ["p", "q", "rare"]])
  }

  @Test func `a path ends where fewer people's begin alike`() throws {
    let built = try built(
      "people_per_prefix: 2", [("a", "pqr"), ("b", "pqs"), ("c", "ps"), ("d", "q")])
    #expect(try train(built) == ["v:a": ["p", "q"], "v:b": ["p", "q"], "v:c": ["p"]])
    // a and b lose one, c one, d all it had.
    #expect(built.build.funnel[.rarePrefixes] == 4)
    #expect(try built.build.leakage().passed)
  }

  @Test func `the same path told twice by one person is one person's`() throws {
    let built = try built("people_per_prefix: 3", [("a", "pq"), ("b", "pq")])
    // With the late one three begin with p, two go on with q.
    #expect(try train(built) == ["v:a": ["p"], "v:b": ["p"]])
  }
}
