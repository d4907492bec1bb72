import Bytes
import Foundation
import NaiveSequences
import Sequences
import Testing

@testable import Datasets

/// Parting into splits by time, against a second computation from the naive contract's rows.
@Suite struct `Splits by time` {
  /// A user's interactions as the naive contract's rows tell them, known at one time.
  private struct NaivePath {
    var steps: [String: [Example.Step]] = [:]

    init(_ file: [UInt8], _ options: NaiveOptions, asOf: Int64?) throws {
      var options = options
      options.asOf = asOf
      var ledger = NaiveLedger()
      ledger.ingest(file: file)
      let rows = naiveSequences(ledger.events, options).rows
      for line in rows.split(separator: 0x0a) {
        guard let row = JSONValue(parsing: line), let actor = row["actor"]?.text else { continue }
        for step in row["steps"]?.elements ?? [] where step["role"]?.text == "view" {
          guard let item = step["item_id"]?.text, !item.isEmpty else { continue }
          steps[actor, default: []].append(
            Example.Step(item: item, action: "view", time: time(step["time"])))
        }
        guard row["outcome"]?.text == "purchased" else { continue }
        for line in row["bought"]?.elements ?? [] {
          guard let item = line["item_id"]?.text, !item.isEmpty else { continue }
          steps[actor, default: []].append(
            Example.Step(item: item, action: "purchase", time: time(row["purchased_at"])))
        }
      }
    }

    private func time(_ value: JSONValue?) -> Int64 {
      var time: Int64?
      if let bytes = value?.bytes { time = bytes.withUnsafeBytes { parse($0) } }
      return time ?? 0
    }

    func sorted(_ actor: String, _ keep: (Example.Step) -> Bool) -> [Example.Step] {
      (steps[actor] ?? []).filter(keep).sorted {
        ($0.time, $0.action, $0.item) < ($1.time, $1.action, $1.item)
      }
    }
  }

  private static let recipe = """
    task: next-item
    count: {actions: [view, purchase], refunds: ignore, bot_events_per_hour: 0}
    shape: {min_length: 1, max_length: 0}
    split: {test: 6h, validation: 6h}
    vocabulary: {cold: keep}
    """

  @Test(arguments: 0..<60)
  func `agree with a naive computation on hostile events`(seed: UInt64) throws {
    let (json, naive) = hostileOptions(seed: seed)
    var options = try SequenceOptions(parsing: json, file: "options")
    options.asOf = nil
    let file = hostileLines(seed: seed, count: 60, options: naive)
    var recipe = try parsed(Self.recipe)
    recipe.sequence = options
    let events = runs(file, parts: Int(seed % 3) + 1)
    let built: Built
    do {
      built = try Built(recipe, events, threads: Int(seed % 2) + 1)
    } catch BuildError.nothing {
      return
    }
    let plan = built.build.plan
    let cuts = (plan.splits[1].split.from, plan.splits[2].split.from)
    let known = try [
      NaivePath(file, naive, asOf: cuts.0 - 1), NaivePath(file, naive, asOf: cuts.1 - 1),
      NaivePath(file, naive, asOf: nil),
    ]
    for (index, name) in ["train", "validation", "test"].enumerated() {
      let (from, until) = (plan.splits[index].split.from, plan.splits[index].split.until)
      let path = known[index]
      var expected: [String: [[Example.Step]]] = [:]
      for actor in path.steps.keys {
        let after = path.sorted(actor) { $0.time >= from && $0.time < until }
        if after.isEmpty { continue }
        if name == "train" {
          expected[actor] = [after, []]
          continue
        }
        // Hostile events are recorded late: the gate drops such inputs, and so does this.
        let before = known[index - 1].sorted(actor) { $0.time < from }
        if before.isEmpty { continue }
        expected[actor] = [before, after]
      }
      var found: [String: [[Example.Step]]] = [:]
      for example in try built.examples(name) {
        found[example.user] = [example.inputs, example.targets].map {
          $0.sorted { ($0.time, $0.action, $0.item) < ($1.time, $1.action, $1.item) }
        }
      }
      #expect(found == expected, "seed \(seed), \(name)")
    }
    let report = try built.build.leakage()
    #expect(report.passed, "seed \(seed): \(report.breaches)")
  }

  private static let recipes = [
    """
    task: next-item
    count: {actions: [view, cart_add, checkout, order, payment_attempt, purchase, refund]}
    shape: {min_length: 1}
    split: {test: 6h, validation: 6h}
    """,
    """
    task: next-item
    count: {actions: [view, cart_add, order, purchase], immature: drop, repeats: collapse}
    shape: {unit: session, expand: prefixes, min_length: 1}
    split: {test: 6h, validation: 6h, straddlers: by-end}
    allow: [L11]
    """,
    """
    task: interactions
    count: {actions: [view, cart_add, order, purchase]}
    shape: {unit: sequence, min_length: 1}
    split: {by: session-by-day, test: 1d, validation: 1d}
    """,
    """
    task: next-item
    count: {actions: [view, order, purchase]}
    shape: {min_length: 1, targets: first}
    split: {by: rolling-origin, folds: 3, step: 4h, test: 6h}
    """,
    "task: checkout-outcome\nlabel: {horizon: 2h}\nsplit: {test: 6h, validation: 6h}",
    "task: abandonment\nsplit: {test: 6h, validation: 6h}",
    "task: touchpoints\nsplit: {test: 6h, validation: 6h}",
    "task: sequences\nsplit: {test: 6h, validation: 6h, straddlers: drop}",
  ]

  @Test(arguments: 0..<30)
  func `leak nothing of hostile events, whatever the recipe`(seed: UInt64) throws {
    let (json, naive) = hostileOptions(seed: seed)
    let file = hostileLines(seed: seed, count: 80, options: naive)
    for text in Self.recipes {
      var recipe = try parsed(text)
      recipe.sequence = try SequenceOptions(parsing: json, file: "options")
      recipe.sequence.asOf = nil
      do {
        let built = try Built(recipe, runs(file))
        let report = try built.build.leakage()
        #expect(report.passed, "seed \(seed), \(text): \(report.breaches)")
      } catch BuildError.nothing {
        continue
      }
    }
  }
}

private func parse(_ bytes: UnsafeRawBufferPointer) -> Int64? { Bytes.parseRFC3339(bytes) }
