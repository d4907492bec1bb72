/// The pairs of a history and the item that follows, for readers that take one a row.
///
/// Where an example has targets, each is asked for from all inputs; otherwise each interaction from
/// those before it. Interactions without an item are passed over; pairs without a history are none.
struct HistoryPairs: Sequence, IteratorProtocol {
  /// A history and the place of what follows.
  struct Pair {
    /// Item numbers, oldest first.
    var history: ArraySlice<Int32>
    /// Places of the history in the batch.
    var places: ArraySlice<Int>
    /// The place of the target in the batch.
    var target: Int
  }

  private let items: [Int32]
  private let places: [Int]
  private let targets: [Int]
  private let maxLength: Int
  private var position = 0

  /// - Shape: histories keep the newest `maxLength` items; 0 for all.
  init(_ batch: ExampleBatch, _ example: Int, maxLength: Int) {
    var places: [Int] = []
    var targets: [Int] = []
    for place in batch.interactions(example) where batch.item[place] != 0 {
      if batch.isTarget[place] == 1 { targets.append(place) } else { places.append(place) }
    }
    items = places.map { batch.item[$0] }
    self.places = places
    self.targets = targets
    self.maxLength = maxLength
  }

  mutating func next() -> Pair? {
    if targets.isEmpty {
      position += 1
      guard position < places.count else { return nil }
      let start = first(position)
      return Pair(
        history: items[start..<position], places: places[start..<position],
        target: places[position])
    }
    guard position < targets.count, !places.isEmpty else { return nil }
    position += 1
    let start = first(items.count)
    return Pair(history: items[start...], places: places[start...], target: targets[position - 1])
  }

  private func first(_ end: Int) -> Int { maxLength == 0 ? 0 : Swift.max(0, end - maxLength) }
}
