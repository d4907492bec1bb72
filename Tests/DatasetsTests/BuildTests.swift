import Bytes
import Foundation
import Testing

@testable import Datasets

@Suite struct Builds {
  /// Some shoppers over three weeks, regular enough to reason about.
  static func shop() -> Shop {
    var shop = Shop()
    for day in 0..<21 {
      for person in 0..<8 where (day + person) % 3 == 0 {
        let name = "v\(person)"
        for step in 0..<4 {
          let item = (day + person * step) % 12
          shop.view(name, "i\(item)", day: day, second: person * 100 + step * 10)
        }
        if (day + person) % 6 == 0 {
          shop.buy(
            name, ["i\(day % 12)", "i\((day + 1) % 12)"], order: "o\(day)-\(person)", day: day,
            second: person * 100 + 60)
        }
      }
    }
    return shop
  }

  static let recipe = """
    task: next-item
    shape: {time: [delta, weekday, hour], zone: Europe/Berlin, item_support: 2}
    split: {test: 3d, validation: 3d}
    negatives: {count: 3}
    """

  @Test func `are the same bytes whatever the order of arrival, threads and layout`() throws {
    let lines = Self.shop().lines
    let recipe = try parsed(Self.recipe)
    let first = try Built(recipe, runs(lines)).rendered(["ndjson", "csv"])
    var shuffled = lines
    var numbers = SeededNumbers(7, [], 0)
    for place in shuffled.indices.dropFirst().reversed() {
      shuffled.swapAt(place, numbers.next(below: place + 1))
    }
    let second = try Built(
      recipe, runs(shuffled, parts: 5), threads: 3, memory: 1
    ).rendered(["ndjson", "csv"])
    #expect(first.count == 6)
    #expect(first == second)
  }

  @Test func `pass the leakage gate`() throws {
    let built = try Built(try parsed(Self.recipe), runs(Self.shop().lines))
    let report = try built.build.leakage()
    #expect(report.passed, "\(report.breaches)")
    #expect(try built.examples("test").count > 0)
    #expect(report.quality.lengths.count == 6)
  }

  @Test func `negatives had been seen by then and are not the actor's own`() throws {
    // Everybody looks at six of forty items, and some appear on the last day only.
    var shop = Shop()
    for day in 0..<21 {
      for person in 0..<8 {
        for step in 0..<3 {
          let item = (person * 5 + (day + step) % 6) % 40
          shop.view("v\(person)", "i\(item)", day: day, second: person * 100 + step * 10)
        }
      }
    }
    for step in 0..<5 { shop.view("late", "new\(step)", day: 20, second: 80_000 + step) }
    let recipe = try parsed(Self.recipe + "\nvocabulary: {cold: keep}")
    let built = try Built(recipe, runs(shop.lines))
    var own: [String: Set<String>] = [:]
    for split in ["train", "validation", "test"] {
      for example in try built.examples(split) {
        own[example.user, default: []].formUnion((example.inputs + example.targets).map(\.item))
      }
    }
    let examples = try built.examples("test")
    #expect(examples.count >= 8)
    for example in examples where example.user != "v:late" {
      #expect(example.negatives.count == 3)
      #expect(Set(example.negatives).count == 3)
      for number in example.negatives {
        let item = String(decoding: built.contents.items[number], as: UTF8.self)
        #expect(!item.hasPrefix("new"))
        #expect(own[example.user]?.contains(item) == false)
      }
    }
  }

  @Test func `a basket stays whole when only the newest are kept`() throws {
    var recipe = try parsed(
      "task: next-item\nshape: {max_length: 2}\nsplit: {test: 3d, validation: 3d}")
    recipe.count.actions = [ActionWeight(name: "purchase", weight: 1)]
    let built = try Built(recipe, runs(Self.shop().lines))
    for example in try built.examples("train") { #expect(example.inputs.count % 2 == 0) }
  }

  @Test func `what was refunded in full does not count, and in part counts in part`() throws {
    var shop = Shop()
    for (name, refund) in [("a", 200), ("b", 50)] {
      shop.view(name, "x", day: 0)
      shop.buy(name, ["x", "y"], order: "o-\(name)", day: 0, second: 10)
      shop.add(
        "order.refunded", name, day: 1, second: 0,
        "\"order_id\":\"o-\(name)\",\"amount\":\(refund)")
    }
    shop.view("z", "x", day: 20)
    let built = try Built(
      try parsed("task: interactions\nshape: {min_length: 1}\nsplit: {test: 1d, validation: 0d}"),
      runs(shop.lines))
    let train = try built.examples("train")
    #expect(train.map(\.user) == ["v:a", "v:b"])
    #expect(train[0].inputs.map(\.action) == ["view"])
    #expect(train[1].weights == [1, 7.5, 7.5])
  }

  @Test func `a refund after the cut does not change what train weighs`() throws {
    var shop = Shop()
    shop.buy("a", ["x", "y"], order: "o", day: 0, second: 10)
    shop.add("order.refunded", "a", day: 18, second: 0, "\"order_id\":\"o\",\"amount\":200")
    shop.view("z", "x", day: 20)
    let built = try Built(
      try parsed("task: interactions\nshape: {min_length: 1}\nsplit: {test: 5d, validation: 0d}"),
      runs(shop.lines))
    #expect(try built.examples("train").first?.weights == [10, 10])
  }

  @Test func `an identity learned after the cut does not change train`() throws {
    var shop = Shop()
    shop.view("a", "x", day: 0)
    shop.view("a", "y", day: 0, second: 5)
    shop.add(
      "customer.identified", "a", day: 18, second: 0, "\"customer_id\":\"c1\"")
    shop.view("a", "x", day: 18, second: 9)
    shop.view("z", "x", day: 20)
    let built = try Built(
      try parsed("task: next-item\nsplit: {test: 5d, validation: 0d}"), runs(shop.lines))
    #expect(try built.examples("train").map(\.user) == ["v:a"])
    // At the horizon the same visitor is a customer; nothing was known of c1 at the cut.
    #expect(try built.examples("test").isEmpty)
  }

  @Test func `suspected bots and tests are left out and counted`() throws {
    var shop = Self.shop()
    for second in 0..<700 { shop.view("bot", "i1", day: 2, second: second) }
    shop.buy("t", ["i1"], order: "TEST-1", day: 2, second: 0)
    let built = try Built(
      try parsed(
        "task: next-item\ncount: {test_orders: [TEST-*]}\nsplit: {test: 3d, validation: 3d}"),
      runs(shop.lines))
    let last = try #require(built.build.passFunnels.last)
    #expect(last[.botActors] == 1)
    #expect(last[.botEvents] == 700)
    #expect(last[.testOrders] == 1)
    #expect(try !built.examples("train").contains { $0.user == "v:bot" })
  }

  @Test func `vocabularies go on from the last build and never give a number twice`() throws {
    let recipe = try parsed("task: next-item\nsplit: {test: 3d, validation: 3d}")
    var base = Vocabulary(name: "items")
    base.append(Array("gone".utf8), firstSeen: 0)
    base.append(Array("i3".utf8), firstSeen: 0)
    let items = try Built(recipe, runs(Self.shop().lines), items: base).contents.items
    #expect(items.words.text(0) == "gone")
    #expect(items.retiredAt[0] != Vocabulary.notRetired)
    #expect(items.words.text(1) == "i3")
    #expect(items.retiredAt[1] == Vocabulary.notRetired)
    #expect(items.count == 13)
  }

  @Test func `pseudonyms hide names and keep who is who`() throws {
    let text = Self.recipe + "\nprivacy: {profile: partner, key: {environment: K}}"
    let key = Array("0123456789abcdef".utf8)
    let plain = try Built(try parsed(Self.recipe), runs(Self.shop().lines)).examples("train")
    let hidden = try Built(try parsed(text), runs(Self.shop().lines), key: key).examples("train")
    #expect(plain.count == hidden.count)
    #expect(hidden.allSatisfy { $0.user.count == 32 && !$0.user.contains(":") })
    #expect(hidden.map(\.user) == hidden.map(\.user).sorted())
    #expect(hidden.flatMap(\.inputs).allSatisfy { $0.time % Span.minute == 0 })
  }

  @Test func `only who agreed last is in the dataset`() throws {
    var shop = Shop()
    for name in ["yes", "no", "never"] {
      for step in 0..<3 { shop.view(name, "i\(step)", day: 1, second: step) }
    }
    shop.add("consent.granted", "yes", day: 0, second: 0)
    shop.add("consent.granted", "no", day: 0, second: 0)
    shop.add("consent.withdrawn", "no", day: 15, second: 0)
    shop.view("yes", "i1", day: 20)
    let built = try Built(
      try parsed(
        """
        task: next-item
        split: {test: 3d, validation: 0d}
        privacy: {consent: {granted: consent.granted, withdrawn: consent.withdrawn}}
        """), runs(shop.lines))
    #expect(try built.examples("train").map(\.user) == ["v:yes"])
    #expect(built.build.funnel[.withoutConsent] == 2)
  }

  @Test(arguments: Recipe.Task.allCases)
  func `of every task pass the gate and are written`(task: Recipe.Task) throws {
    var shop = Self.shop()
    for day in 0..<21 {
      shop.view("w\(day % 3)", "i1", day: day, second: 49_990)
      shop.add("checkout.started", "w\(day % 3)", day: day, second: 50_000)
    }
    let built = try Built(
      try parsed("task: \(task.rawValue)\nsplit: {test: 4d, validation: 4d}"),
      runs(shop.lines))
    #expect(try built.build.leakage().passed)
    #expect(try built.rendered(["ndjson", "csv", "parquet", "huggingface"]).count > 9)
    let names = (built.contents.exampleColumns + built.contents.interactionColumns).map(\.name)
    #expect(Set(names).count == names.count)
    #expect(RecipeTemplate.text(task, formats: Renderings.names).contains(task.rawValue))
    #expect(
      try parsed(RecipeTemplate.text(task, formats: Renderings.names)).task == task)
  }

  @Test func `a leave-one-out split leaks and says so`() throws {
    let recipe = try parsed("task: next-item\nsplit: {by: leave-one-out}")
    let built = try Built(recipe, runs(Self.shop().lines))
    let report = try built.build.leakage()
    #expect(report.breaches.contains { $0.code == "L1" })
    #expect(report.breaches.contains { $0.code == "L6" })
  }

  @Test func `a key is told by the numbers of RFC 4231`() {
    let one = KeyedHash(key: [UInt8](repeating: 0x0b, count: 20)).hash("Hi There".utf8)
    #expect(one.prefix(4).elementsEqual([0xb0, 0x34, 0x4c, 0x61]))
    let long = KeyedHash(key: [UInt8](repeating: 0xaa, count: 131))
      .hash("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
    #expect(long.prefix(4).elementsEqual([0x60, 0xe4, 0x31, 0x59]))
  }
}
