/// Tells interactions that were not there before, for flat formats: an example of a later split
/// begins with what its user did earlier, and prefixes and windows of one unit overlap.
///
/// What is at or before the latest time that earlier splits have shown of a user is a repetition,
/// as is what is at or before the latest time shown of the same unit within the split; at that very
/// time as many interactions as were shown.
/// - Shape: of each split, all examples of a user come together.
/// - Cost: 12 bytes a user.
struct FreshPlaces {
  /// A time and how many interactions were shown at it.
  private struct Mark {
    var time = Int64.min
    var count = 0

    /// The first place that is not a repetition.
    func first(in places: Range<Int>, of batch: ExampleBatch) -> Int {
      var place = places.lowerBound
      while place < places.upperBound, batch.time[place] < time { place += 1 }
      var left = count
      while place < places.upperBound, batch.time[place] == time, left > 0 {
        place += 1
        left -= 1
      }
      return place
    }

    mutating func see(_ time: Int64, count: Int) {
      if time > self.time {
        self = Mark(time: time, count: count)
      } else if time == self.time {
        self.count = max(self.count, count)
      }
    }
  }

  /// What was shown of each user so far.
  private var times: [Int64]
  private var counts: [Int32]
  /// The user at hand, and what earlier splits have shown of it.
  private var user = -1
  private var before = Mark()
  private var unit: Int64?
  private var unitMark = Mark()

  init(users: VocabularySummary) {
    times = Array(repeating: Int64.min, count: users.count + 1)
    counts = Array(repeating: 0, count: users.count + 1)
  }

  /// From now on, what has been shown was shown in an earlier split.
  mutating func beginSplit() {
    user = -1
    unit = nil
  }

  /// The places of an example's interactions that are new, in order; they count as shown from now.
  mutating func take(_ example: Int, of batch: ExampleBatch) -> Range<Int> {
    let places = batch.interactions(example)
    guard let last = places.last else { return places }
    if batch.user[example] != user {
      user = Int(batch.user[example])
      before = Mark(time: times[user], count: Int(counts[user]))
    }
    if batch.unit[example] != unit {
      unit = batch.unit[example]
      unitMark = Mark()
    }
    let first = max(before.first(in: places, of: batch), unitMark.first(in: places, of: batch))
    let time = batch.time[last]
    var count = 1
    while count < places.count, batch.time[last - count] == time { count += 1 }
    unitMark.see(time, count: count)
    var mark = Mark(time: times[user], count: Int(counts[user]))
    mark.see(time, count: count)
    times[user] = mark.time
    counts[user] = Int32(clamping: mark.count)
    return first..<places.upperBound
  }
}
