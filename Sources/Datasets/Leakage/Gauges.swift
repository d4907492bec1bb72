/// Measures examples as they come by; rules in a sample of train.
struct GaugeCounter {
  private var sampledExamples = 0
  private var sampledInteractions = 0
  private var (neighbours, tied, interactions, repeated) = (0, 0, 0, 0)
  private var lengths: [Int: Int] = [:]
  private var rules = (pairs: RuleCounts(2), triples: RuleCounts(3))
  private var shuffled = (pairs: RuleCounts(2), triples: RuleCounts(3))

  init() {}

  mutating func add(_ user: Int32, _ example: StoredExample, isTrain: Bool) {
    let drafts = example.unit.drafts
    lengths[drafts.count, default: 0] += 1
    var items: Set<UInt32> = []
    for (place, draft) in drafts.enumerated() {
      interactions += 1
      if draft.item > 0, !items.insert(draft.item).inserted { repeated += 1 }
      guard place > 0 else { continue }
      let isBasket = draft.basket != 0 && draft.basket == drafts[place - 1].basket
      if !isBasket {
        neighbours += 1
        if draft.time == drafts[place - 1].time { tied += 1 }
      }
    }
    guard isTrain, sampledExamples < Limits.shuffleExampleCount,
      sampledInteractions < Limits.shuffleInteractionCount, drafts.count > 1
    else { return }
    sampledExamples += 1
    sampledInteractions += drafts.count
    var path = drafts.map(\.item)
    rules.pairs.add(path)
    rules.triples.add(path)
    var numbers = SeededNumbers(1, [], UInt64(UInt32(bitPattern: user)) &+ example.unit.key)
    for place in path.indices.dropFirst().reversed() {
      path.swapAt(place, numbers.next(below: place + 1))
    }
    shuffled.pairs.add(path)
    shuffled.triples.add(path)
  }

  var gauges: QualityGauges {
    var gauges = QualityGauges()
    gauges.sampledExamples = sampledExamples
    gauges.tiedPerMillion = neighbours == 0 ? 0 : tied * 1_000_000 / neighbours
    gauges.repeatedPerMillion = interactions == 0 ? 0 : repeated * 1_000_000 / interactions
    gauges.lengths = quantiles(lengths)
    gauges.pairRules = rules.pairs.ruleCount
    gauges.tripleRules = rules.triples.ruleCount
    gauges.shuffledPairRules = shuffled.pairs.ruleCount
    gauges.shuffledTripleRules = shuffled.triples.ruleCount
    return gauges
  }
}

/// The least, quartiles, 99 of 100 and the most of counted values.
private func quantiles(_ counts: [Int: Int]) -> [Int] {
  let total = counts.values.reduce(0, +)
  guard total > 0 else { return [] }
  let sorted = counts.sorted { $0.key < $1.key }
  return [0, 25, 50, 75, 99, 100].map { percent in
    let wanted = max(1, (total * percent + 99) / 100)
    var sum = 0
    for (value, count) in sorted {
      sum += count
      if sum >= wanted { return value }
    }
    return sorted[sorted.count - 1].key
  }
}

/// How many runs of a few items in a row occur at least twice.
private struct RuleCounts {
  private let length: Int
  private var counts: [UInt64: Int32] = [:]

  init(_ length: Int) { self.length = length }

  mutating func add(_ path: [UInt32]) {
    guard path.count >= length else { return }
    for start in 0...path.count - length {
      var writer = ByteWriter()
      for item in path[start..<start + length] { writer.put(UInt64(item)) }
      counts[keyHash(writer.bytes), default: 0] += 1
    }
  }

  var ruleCount: Int { counts.values.reduce(0) { $0 + ($1 > 1 ? 1 : 0) } }
}
