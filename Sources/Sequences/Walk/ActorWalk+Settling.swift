/// A moment at which a walk stood at its beginning.
struct WalkBreak {
  /// The time of the event that began anew.
  var start: Int64
  /// Any later event would have found the walk so.
  var settledAt: Int64
}

// When a walk stands at its beginning again: see `KeptCut`, which says why that is enough.

extension ActorWalk {
  /// An event after this time finds the walk as it was before the first event.
  func settledAt() -> Int64 {
    guard let last = entries.last else { return Int64.min }
    var settled = max(last.time, endOfSession(before: entries.count))
    for index in sequences.indices { settled = max(settled, settledAt(index)) }
    return settled
  }

  /// Moments between this actor's events at which it did, the latest first.
  func breaks(atMost count: Int) -> [WalkBreak] {
    guard sequences.count > 1 else { return [] }
    var settled: [Int64] = []
    var latest = Int64.min
    for index in sequences.indices {
      settled.append(latest)
      latest = max(latest, settledAt(index))
    }
    var found: [WalkBreak] = []
    for index in stride(from: sequences.count - 1, to: 0, by: -1) where found.count < count {
      let (start, first) = (sequences[index].startedAt, Int(sequences[index].firstStep))
      guard first > 0, settled[index] < start else { continue }
      let quiet = max(settled[index], entries[first - 1].time, endOfSession(before: first))
      if quiet < start { found.append(WalkBreak(start: start, settledAt: quiet)) }
    }
    return found
  }

  /// Until when one sequence may still grow, be recovered or lend its cart.
  private func settledAt(_ index: Int) -> Int64 {
    let sequence = sequences[index]
    var end = sequence.abandonedAt
    if sequence.outcome == .open { end = later(sequence.endedAt, sequence.patience) }
    // Purchased at once: the last of its steps is an event like any other.
    if end == WalkedSequence.none { return Int64.min }
    return sequence.level == .browse ? end : later(end, options.recoveryWindow)
  }

  /// Until when the session of the last human event before an index goes on.
  private func endOfSession(before index: Int) -> Int64 {
    var place = index - 1
    while place >= 0 && sessions[place] < 0 { place -= 1 }
    return place < 0 ? Int64.min : later(entries[place].time, options.sessionGap)
  }

  private func later(_ time: Int64, _ span: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(span)
    return overflow ? Int64.max : sum
  }
}
