import Events

/// What one look at the times of all events tells of a plan, before anything is computed.
///
/// - Units: microseconds since 1970 UTC.
/// - Cost: one scan of two columns; some bytes a day that has events.
struct TimeSurvey {
  /// Events that exist for the dataset, and the first and latest time of any.
  private(set) var eventCount = 0
  private(set) var firstTime: Int64?
  private(set) var lastTime: Int64?
  /// Existing events in each split's own range of time, in the order of the plan.
  private(set) var inRange: [Int]
  /// Of each pass: events that had happened by then and were recorded later.
  private(set) var late: [Int]
  /// Events that any pass missed because they were recorded later; each counts once.
  private(set) var lateCount = 0
  private var days: [Int64: (count: Int, latest: Int64)] = [:]
  private let ranges: [Range<Int64>]
  /// When what exists for the passes was recorded at the latest.
  private let passes: [(time: Int64, recorded: Int64)]
  private let end: (time: Int64, recorded: Int64)

  /// - Shape: without a horizon that the recipe names, all events exist for the last pass.
  init(_ plan: SplitPlan, horizon: Int64, isHorizonNamed: Bool) {
    inRange = Array(repeating: 0, count: plan.splits.count)
    late = Array(repeating: 0, count: plan.passes.count)
    ranges = plan.splits.map { $0.split.from..<max($0.split.from, $0.split.until) }
    passes = plan.passes.map { time in
      (time, time == horizon && !isHorizonNamed ? Int64.max : time)
    }
    end = (horizon, isHorizonNamed ? horizon : Int64.max)
  }

  /// Looks at all events of some runs.
  mutating func scan(_ runs: [any EventRun]) throws {
    for run in runs {
      try run.open(.times).scan(0..<run.rowCount, .times) { batch in
        for row in 0..<batch.count {
          let recordedAt = batch.recordedAt[row]
          add(
            effectiveTime(occurredAt: batch.occurredAt[row], recordedAt: recordedAt), recordedAt)
        }
      }
    }
  }

  private mutating func add(_ time: Int64, _ recordedAt: Int64) {
    var isLate = false
    for place in passes.indices
    where time <= passes[place].time && recordedAt > passes[place].recorded {
      late[place] += 1
      isLate = true
    }
    if isLate { lateCount += 1 }
    guard time <= end.time, recordedAt <= end.recorded else { return }
    eventCount += 1
    firstTime = min(firstTime ?? time, time)
    lastTime = max(lastTime ?? time, time)
    for place in ranges.indices where ranges[place].contains(time) { inRange[place] += 1 }
    let day = time.dividedDown(Span.day)
    let known = days[day] ?? (0, time)
    days[day] = (known.count + 1, max(known.latest, time))
  }

  /// As many of the newest events as may be strays: a thousandth, at least one.
  var strayLimit: Int { max(1, eventCount / Limits.strayShare) }

  /// The latest time but for strays: where days have fewer events than may be strays, the newest
  /// such days do not count. Nil where there are no others.
  var endWithoutStrays: Int64? {
    var count = 0
    for (_, day) in days.sorted(by: { $0.key > $1.key }) {
      count += day.count
      if count > strayLimit { return day.latest }
    }
    return nil
  }
}
