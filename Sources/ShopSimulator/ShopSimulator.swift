/// A made-up shop's event stream in arrival order, the same for the same seed.
///
/// - Shape: CloudEvents 1.0 lines with the whole vocabulary of the contract's §2. About 4 % of
///   lines arrive late, about 1 % twice; two of three visitors stay anonymous, guests log in at
///   checkout.
/// - Units: times in milliseconds; money in cents.
/// - Cost: memory follows the events under way (days), not the length of the stream.
package struct ShopSimulator {
  private var random: RandomNumbers
  private let assortment: Assortment
  private let visitorCount: Int
  private let meanGap: Double
  private let eventCount: Int
  private var now: Int64
  private var madeCount = 0
  private var givenCount = 0
  private var waiting = ArrivalQueue()

  /// 2026-03-01T00:00:00Z.
  private static let startMilliseconds: Int64 = 1_772_323_200_000

  /// - Parameters:
  ///   - eventCount: lines to give in all, redeliveries included.
  ///   - days: how much time the stream spans.
  package init(seed: UInt64, eventCount: Int, days: Int = 30) {
    random = RandomNumbers(seed: seed)
    assortment = Assortment(itemCount: max(200, min(50_000, eventCount / 100)), random: &random)
    let visits = max(1.0, Double(eventCount) / Visit.meanEventCount)
    visitorCount = max(1, Int(visits / 2.5))
    meanGap = Double(days) * 86_400_000 / visits
    self.eventCount = eventCount
    now = Self.startMilliseconds
  }

  /// Appends the next line with its line end; false when the stream is over.
  package mutating func appendNext(to output: inout [UInt8]) -> Bool {
    guard givenCount < eventCount else { return false }
    while waiting.isEmpty || waiting.firstArrival >= now { simulateVisit() }
    output.append(contentsOf: waiting.removeFirst())
    output.append(0x0a)
    givenCount += 1
    return true
  }

  private mutating func simulateVisit() {
    now += max(1, random.exponential(mean: meanGap))
    let person = random.below(visitorCount)
    var visit = Visit(
      person: person, start: now, assortment: assortment, random: random, firstID: madeCount)
    visit.run()
    random = visit.random
    for event in visit.events {
      let delay = random.exponential(mean: random.chance(0.96) ? 300 : 60_000)
      waiting.insert(arrival: event.milliseconds + delay, line: event.line)
      if random.chance(0.01) {
        let again = event.milliseconds + delay + 50 + Int64(random.below(4950))
        waiting.insert(arrival: again, line: event.line)
      }
    }
    madeCount += visit.events.count
  }
}

/// A binary heap of lines by (arrival, insertion).
struct ArrivalQueue {
  private struct Entry {
    var arrival: Int64
    var number: Int
    var line: [UInt8]

    func precedes(_ other: Entry) -> Bool { (arrival, number) < (other.arrival, other.number) }
  }

  private var entries: [Entry] = []
  private var insertedCount = 0

  var isEmpty: Bool { entries.isEmpty }
  var firstArrival: Int64 { entries[0].arrival }

  mutating func insert(arrival: Int64, line: [UInt8]) {
    entries.append(Entry(arrival: arrival, number: insertedCount, line: line))
    insertedCount += 1
    var child = entries.count - 1
    while child > 0, entries[child].precedes(entries[(child - 1) / 2]) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() -> [UInt8] {
    let last = entries.count - 1
    entries.swapAt(0, last)
    let line = entries.removeLast().line
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < entries.count && entries[child].precedes(entries[least]) {
        least = child
      }
      if least == parent { return line }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
