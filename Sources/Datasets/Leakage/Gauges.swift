import Bytes

/// Measures examples as they come by; rules in a sample of train.
struct GaugeCounter: Sendable {
  /// Items of an example of train that may become part of the sample.
  private struct Path: Sendable {
    var items: [UInt32]
    var seed: UInt64
  }

  /// False where the sample is full and no more is kept for it.
  private let wantsPaths: Bool
  private var paths: [Path] = []
  private var sampledExamples = 0
  private var sampledInteractions = 0
  private var (neighbours, tied, interactions, repeated) = (0, 0, 0, 0)
  private var lengths: [Int: Int] = [:]
  private var rules = (pairs: RuleCounts(2), triples: RuleCounts(3))
  private var shuffled = (pairs: RuleCounts(2), triples: RuleCounts(3))

  init(wantsPaths: Bool = true) { self.wantsPaths = wantsPaths }

  mutating func add(_ user: Int32, _ example: StoredExample, isTrain: Bool) {
    let drafts = example.unit.drafts
    lengths[drafts.count, default: 0] += 1
    interactions += drafts.count
    repeated += GaugeCounter.repeats(drafts)
    for place in drafts.indices.dropFirst() {
      let isBasket =
        drafts[place].basket != 0 && drafts[place].basket == drafts[place - 1].basket
      if isBasket { continue }
      neighbours += 1
      if drafts[place].time == drafts[place - 1].time { tied += 1 }
    }
    guard wantsPaths, isTrain, drafts.count > 1 else { return }
    paths.append(
      Path(
        items: drafts.map(\.item),
        seed: UInt64(UInt32(bitPattern: user)) &+ example.unit.key))
  }

  /// Interactions with an item that came before.
  private static func repeats(_ drafts: [Draft]) -> Int {
    let items = drafts.compactMap { $0.item > 0 ? $0.item : nil }.sorted()
    return zip(items, items.dropFirst()).count { $0 == $1 }
  }

  /// Whether more examples would not change the sample.
  var isFull: Bool {
    sampledExamples >= Limits.shuffleExampleCount
      || sampledInteractions >= Limits.shuffleInteractionCount
  }

  /// Adds what was measured of the examples that come next.
  mutating func merge(_ other: GaugeCounter) {
    neighbours += other.neighbours
    tied += other.tied
    interactions += other.interactions
    repeated += other.repeated
    lengths.merge(other.lengths) { $0 + $1 }
    for path in other.paths where !isFull { sample(path) }
  }

  private mutating func sample(_ path: Path) {
    sampledExamples += 1
    sampledInteractions += path.items.count
    var items = path.items
    rules.pairs.add(items)
    rules.triples.add(items)
    var numbers = SeededNumbers(1, [], path.seed)
    for place in items.indices.dropFirst().reversed() {
      items.swapAt(place, numbers.next(below: place + 1))
    }
    shuffled.pairs.add(items)
    shuffled.triples.add(items)
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
private struct RuleCounts: Sendable {
  private let length: Int
  private var hashes: [UInt64] = []

  init(_ length: Int) { self.length = length }

  mutating func add(_ path: [UInt32]) {
    guard path.count >= length else { return }
    for start in 0...path.count - length {
      path[start..<start + length].withUnsafeBytes { hashes.append(fastHash($0, seed: 1)) }
    }
  }

  var ruleCount: Int {
    var count = 0
    var (latest, times) = (UInt64(0), 0)
    for hash in hashes.sorted() {
      times = hash == latest && times > 0 ? times + 1 : 1
      latest = hash
      if times == 2 { count += 1 }
    }
    return count
  }
}
