import Testing

@testable import Datasets

/// What of a path becomes an example: windows, support, repeats, what is too young to be final.
@Suite struct Shapes {
  private func items(_ built: Built, _ split: String = "train") throws -> [[String]] {
    try built.examples(split).map { ($0.inputs + $0.targets).map(\.item) }
  }

  private func path(_ count: Int) -> Shop {
    var shop = Shop()
    for step in 0..<count { shop.view("a", "i\(step)", day: 0, second: step * 10) }
    shop.view("z", "i0", day: 20)
    return shop
  }

  @Test(arguments: [
    (7, 2, [[0, 1, 2], [2, 3, 4], [4, 5, 6]]), (6, 2, [[0, 1, 2], [2, 3, 4], [4, 5]]),
    (5, 1, [[0, 1, 2], [1, 2, 3], [2, 3, 4]]), (5, 4, [[0, 1, 2]]), (3, 1, [[0, 1, 2]]),
  ])
  func `windows slide by their stride up to the end`(
    _ count: Int, _ stride: Int, _ expected: [[Int]]
  ) throws {
    let built = try Built(
      try parsed(
        """
        task: next-item
        shape: {expand: windows, max_length: 3, stride: \(stride), min_length: 2}
        split: {test: 1d, validation: 0d}
        """), runs(path(count).lines))
    #expect(try items(built) == expected.map { $0.map { "i\($0)" } })
  }

  @Test func `support goes to a fixed point, and only train decides`() throws {
    var shop = Shop()
    let paths = [("u1", "AB"), ("u2", "AB"), ("u3", "BC"), ("u4", "CD")]
    for (user, items) in paths {
      for (step, item) in items.enumerated() {
        shop.view(user, "\(item)", day: 0, second: step * 10)
      }
    }
    // After the cut everybody looks at C and D: too late to support anything.
    for (place, user) in ["u1", "u2", "u3", "u4", "u5"].enumerated() {
      shop.view(user, "C", day: 20, second: place * 10)
      shop.view(user, "D", day: 20, second: place * 10 + 5)
      shop.view(user, "A", day: 20, second: place * 10 + 7)
    }
    let built = try Built(
      try parsed(
        """
        task: next-item
        shape: {item_support: 2, user_support: 2, min_length: 1}
        split: {test: 1d, validation: 0d}
        """), runs(shop.lines))
    // D has one, so u4 has one, so C has one, so u3 has one; B still has two.
    #expect(try built.examples("train").map(\.user) == ["v:u1", "v:u2"])
    #expect(try items(built) == [["A", "B"], ["A", "B"]])
    #expect(built.contents.items.count == 2)
    #expect(try items(built, "test") == [["A", "B", "A"], ["A", "B", "A"], ["B", "A"]])
    #expect(built.build.funnel[.unsupported] == 4)
    #expect(built.build.funnel[.coldTargets] == 10)
    #expect(try built.build.leakage().passed)
  }

  @Test func `consecutive repeats collapse, other actions and later returns stay`() throws {
    var shop = Shop()
    for (step, item) in ["x", "x", "y", "x", "x", "x"].enumerated() {
      shop.view("a", item, day: 0, second: step * 10)
    }
    shop.add(
      "cart.item.added", "a", day: 0, second: 100,
      "\"cart_id\":\"k\",\"item_id\":\"x\",\"quantity\":1,\"unit_price\":5")
    shop.view("z", "x", day: 20)
    let text = "task: next-item\nsplit: {test: 1d, validation: 0d}\ncount: {repeats: "
    let kept = try Built(try parsed(text + "keep}"), runs(shop.lines))
    let collapsed = try Built(try parsed(text + "collapse}"), runs(shop.lines))
    #expect(try items(kept) == [["x", "x", "y", "x", "x", "x", "x"]])
    #expect(try items(collapsed) == [["x", "y", "x", "x"]])
    #expect(
      try collapsed.examples("train")[0].inputs.map(\.action) == [
        "view", "view", "view", "cart_add",
      ])
    #expect(collapsed.build.passFunnels[0][.repeats] == 3)
    #expect(kept.build.passFunnels[0][.repeats] == 0)
  }

  private func mature(_ built: Built) throws -> [Int64?] {
    var values: [Int64?] = []
    let place = try #require(
      built.contents.interactionColumns.firstIndex { $0.name == "mature" })
    try built.contents.forEachBatch(of: built.contents.splits[0]) { batch in
      for row in 0..<batch.interactionCount {
        values.append(batch.interactionColumns[place].integer(row))
      }
    }
    return values
  }

  @Test func `a purchase that may still be refunded is kept with a column, or dropped`() throws {
    var shop = Shop()
    shop.buy("a", ["x"], order: "old", day: 0, second: 0)
    shop.buy("a", ["y"], order: "new", day: 30, second: 0)
    shop.view("a", "x", day: 31)
    shop.view("z", "x", day: 50)
    let text = """
      task: interactions
      split: {test: 1d, validation: 0d}
      count: {refund_window: 30d, immature:
      """
    let kept = try Built(try parsed(text + " keep}"), runs(shop.lines))
    #expect(try items(kept) == [["x", "y", "x"]])
    #expect(try mature(kept) == [1, 0, 1])
    let dropped = try Built(try parsed(text + " drop}"), runs(shop.lines))
    #expect(try items(dropped) == [["x", "x"]])
    #expect(dropped.build.passFunnels[0][.immature] == 1)
  }

  @Test func `a label whose horizon is not over is null, or its row is dropped`() throws {
    var shop = Shop()
    for (name, day) in [("a", 0), ("b", 18)] {
      shop.view(name, "x", day: day)
      shop.add("checkout.started", name, day: day, second: 10)
    }
    shop.view("z", "x", day: 20)
    let text = """
      task: checkout-outcome
      label: {horizon: 7d}
      split: {test: 5d, validation: 0d}
      count: {immature:
      """
    let kept = try Built(try parsed(text + " keep}"), runs(shop.lines))
    #expect(try kept.examples("train").map { $0.cells["mature"] } == ["1"])
    let young = try kept.examples("test")
    try #require(young.map(\.user) == ["v:b"])
    #expect(young[0].cells["mature"] == "0")
    #expect(young[0].cells["outcome"] == nil)
    let dropped = try Built(try parsed(text + " drop}"), runs(shop.lines))
    #expect(try dropped.examples("train").map(\.user) == ["v:a"])
    #expect(try dropped.examples("test").isEmpty)
    #expect(dropped.build.passFunnels.last?[.immature] == 1)
    try #require(dropped.build.warnings.map(\.split) == ["test"])
    #expect(dropped.build.warnings[0].advice.contains("immature: keep"))
  }

  @Test func `an order that began before the cut is no target after it`() throws {
    var shop = Shop()
    for name in ["a", "b"] {
      shop.view(name, "x", day: 0)
      shop.view(name, "y", day: 0, second: 5)
    }
    // Placed before the cut, paid after it; and one placed and paid after it.
    for (order, placed, paid) in [("early", 10, 18), ("late", 18, 19)] {
      shop.add(
        "order.created", "a", day: placed, second: 0,
        "\"order_id\":\"\(order)\",\"currency\":\"EUR\","
          + "\"items\":[{\"item_id\":\"x\",\"quantity\":1,\"unit_price\":100}]")
      shop.add(
        "order.payment.succeeded", "a", day: paid, second: 100,
        "\"order_id\":\"\(order)\",\"amount\":100,\"currency\":\"EUR\"")
    }
    shop.view("b", "x", day: 20)
    let built = try Built(
      try parsed(
        """
        task: next-item
        count: {actions: [view, order, purchase]}
        split: {test: 5d, validation: 0d}
        """), runs(shop.lines))
    let report = try built.build.leakage()
    #expect(report.passed, "\(report.breaches)")
    let test = try #require(try built.examples("test").first { $0.user == "v:a" })
    #expect(test.inputs.map(\.action) == ["view", "view", "order"])
    #expect(
      test.targets.map(\.time) == [Shop.time(day: 18), Shop.time(day: 19, second: 100)])
    #expect(built.build.funnel[.tornOrders] == 1)
  }

  @Test func `no input of train shares an order with its target`() throws {
    var shop = Shop()
    shop.view("a", "x", day: 0)
    shop.add(
      "order.created", "a", day: 1, second: 0,
      "\"order_id\":\"o\",\"currency\":\"EUR\","
        + "\"items\":[{\"item_id\":\"y\",\"quantity\":1,\"unit_price\":100}]")
    shop.view("a", "z", day: 2)
    shop.add(
      "order.payment.succeeded", "a", day: 3, second: 0,
      "\"order_id\":\"o\",\"amount\":100,\"currency\":\"EUR\"")
    shop.view("z", "x", day: 20)
    let built = try Built(
      try parsed(
        """
        task: next-item
        count: {actions: [view, order, purchase]}
        shape: {expand: prefixes}
        split: {test: 1d, validation: 0d}
        """), runs(shop.lines))
    let report = try built.build.leakage()
    #expect(report.passed, "\(report.breaches)")
    let last = try #require(try built.examples("train").last)
    #expect(last.inputs.map(\.item) == ["x", "z"])
    #expect(last.targets.map(\.item) == ["y"])
  }

  /// Orders told three times each, with views between: placed, attempted, paid.
  private static func toldShop() -> Shop {
    var shop = Shop()
    for actor in 0..<6 {
      for order in 0..<3 {
        let name = "a\(actor)"
        let (day, id) = (order * 4 + actor % 2, "o-\(actor)-\(order)")
        let lines = [actor % 3, (actor + 1) % 3].map {
          "{\"item_id\":\"i\($0)\",\"quantity\":1,\"unit_price\":100}"
        }
        shop.view(name, "i\(order)", day: day, second: 0)
        shop.add(
          "order.created", name, day: day, second: 60,
          "\"order_id\":\"\(id)\",\"currency\":\"EUR\",\"items\":[\(lines.joined(separator: ","))]")
        shop.view(name, "i\((order + actor) % 3)", day: day, second: 120)
        shop.add(
          "order.payment.attempted", name, day: day, second: 180,
          "\"order_id\":\"\(id)\",\"item_id\":\"i0\",\"currency\":\"EUR\"")
        if actor % 2 == 0 { shop.view(name, "i\(actor % 3)", day: day + 1, second: 0) }
        shop.add(
          "order.payment.succeeded", name, day: day + 1, second: 60,
          "\"order_id\":\"\(id)\",\"amount\":200,\"currency\":\"EUR\"")
      }
      if actor % 2 == 1 { shop.view("a\(actor)", "i0", day: 14, second: actor) }
    }
    return shop
  }

  @Test(arguments: ["leave-one-out", "actor-holdout"], ["actor", "session", "sequence"])
  func `an order told several times is torn by no split`(method: String, unit: String) throws {
    let built = try Built(
      try parsed(
        """
        task: next-item
        count: {actions: [view, order, payment_attempt, purchase]}
        shape: {unit: \(unit), targets: last, min_length: 1}
        split: {by: \(method), test_percent: 40, validation_percent: 20}
        vocabulary: {cold: oov}
        """), runs(Self.toldShop().lines))
    // Not by the gate's word alone: every order of every split, looked at here.
    var earlier: Set<UInt64> = []
    var targetCount = 0
    for (split, store) in zip(built.contents.splits, built.contents.stores) {
      var own: Set<UInt64> = []
      try store.forEachUser { _, examples in
        for example in examples {
          let drafts = example.unit.drafts.filter { $0.basket != 0 }
          let targets = Set(drafts.filter(\.isTarget).map(\.basket))
          let inputs = Set(drafts.filter { !$0.isTarget }.map(\.basket))
          targetCount += targets.count
          #expect(targets.isDisjoint(with: inputs), "\(split.name)")
          own.formUnion(split.purpose == .train ? inputs : targets)
          if split.purpose != .train { #expect(targets.isDisjoint(with: earlier), "\(split.name)") }
        }
      }
      earlier.formUnion(own)
    }
    #expect(built.contents.stores[0].counts.examples > 0)
    if unit == "actor" {
      #expect(built.contents.stores.allSatisfy { $0.counts.examples > 0 })
    }
    let report = try built.build.leakage()
    #expect(report.checks[2].count == 0, "\(report.checks[2])")
    // Something was there to be torn, and whole orders are predicted all the same.
    #expect(built.build.funnel[.tornOrders] > 0)
    if method == "actor-holdout" { #expect(targetCount > 0) }
  }
}
