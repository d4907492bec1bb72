import Bytes

/// Samples items beside an example's targets: seeded, by popularity in train or uniformly, only
/// such as had been seen by the time of the first target, never one of the actor's own.
struct NegativeSampler {
  private let rules: NegativeRules
  /// Codes plus one of items that may be sampled, by first time seen.
  private let items: [UInt32]
  private let firstSeen: [Int64]
  /// Sums of popularity up to and with each item.
  private let sums: [Int64]

  init(_ rules: NegativeRules, popularity: [Int64], firstSeen: [Int64], words: ByteStrings) {
    self.rules = rules
    let codes = popularity.indices.filter { popularity[$0] > 0 }.sorted { left, right in
      if firstSeen[left] != firstSeen[right] { return firstSeen[left] < firstSeen[right] }
      return words[left].lexicographicallyPrecedes(words[right])
    }
    items = codes.map { UInt32($0) + 1 }
    self.firstSeen = codes.map { firstSeen[$0] }
    var sum: Int64 = 0
    sums = codes.map { code in
      sum += rules.method == .popularity ? popularity[code] : 1
      return sum
    }
  }

  /// - Shape: items by code plus one, distinct, in the order sampled; fewer where there are not
  ///   enough.
  func sample(_ unit: Unit, actor: [UInt8], example: Int, own: Set<UInt32>) -> [UInt32] {
    guard let first = unit.drafts.first(where: \.isTarget)?.time else { return [] }
    // Items seen by then stand at the front.
    var low = 0
    var high = firstSeen.count
    while low < high {
      let middle = (low + high) / 2
      if firstSeen[middle] <= first { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return [] }
    var numbers = SeededNumbers(rules.seed, actor, unit.key &+ UInt64(example))
    var taken: [UInt32] = []
    var tries = 0
    while taken.count < rules.count && tries < rules.count * 20 {
      tries += 1
      let item = items[place(of: Int64(numbers.next(below: Int(sums[low - 1]))))]
      if !own.contains(item) && !taken.contains(item) { taken.append(item) }
    }
    return taken
  }

  /// The first item whose sum lies above a number.
  private func place(of number: Int64) -> Int {
    var low = 0
    var high = sums.count
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] <= number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
