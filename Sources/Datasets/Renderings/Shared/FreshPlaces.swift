/// Tells interactions that were not there before, for flat formats: an example of a later split
/// begins with what its unit did earlier, and prefixes and windows overlap.
///
/// Examples of a unit come with growing last times, so a unit's last time and the number of its
/// interactions at that time say what is new.
/// - Cost: 12 bytes a unit.
struct FreshPlaces {
  private var lastTime: [Int64] = []
  private var countAtLastTime: [Int32] = []

  init() {}

  /// The places of an example's interactions that are new, in order; they count as seen from now.
  mutating func take(_ example: Int, of batch: ExampleBatch) -> Range<Int> {
    let places = batch.interactions(example)
    guard let last = places.last else { return places }
    let unit = Int(clamping: batch.unit[example])
    while lastTime.count <= unit {
      lastTime.append(Int64.min)
      countAtLastTime.append(0)
    }
    let before = lastTime[unit]
    var first = places.lowerBound
    while first < places.upperBound, batch.time[first] < before { first += 1 }
    var seen = countAtLastTime[unit]
    while first < places.upperBound, batch.time[first] == before, seen > 0 {
      first += 1
      seen -= 1
    }
    guard first < places.upperBound else { return first..<first }
    let time = batch.time[last]
    var count: Int32 = 0
    var place = last
    while place >= places.lowerBound, batch.time[place] == time {
      count += 1
      place -= 1
    }
    countAtLastTime[unit] = time == before ? max(count, countAtLastTime[unit]) : count
    lastTime[unit] = time
    return first..<places.upperBound
  }
}
