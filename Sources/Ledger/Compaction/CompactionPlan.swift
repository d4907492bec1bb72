/// Which neighbouring segments to merge.
///
/// - Shape: ranges index the segments by offset; a range has at least two.
struct CompactionPlan {
  var rowCount = Limits.segmentRowCount
  var messageByteCount = Limits.segmentMessageByteCount
  var byteCount = Limits.compactedByteCount
  var inputCount = Limits.compactionInputCount

  private func fits(_ segments: ArraySlice<SegmentRecord>) -> Bool {
    segments.reduce(0) { $0 + $1.rowCount } <= rowCount
      && segments.reduce(0) { $0 + $1.messageByteCount } <= messageByteCount
      && segments.reduce(0) { $0 + $1.byteCount } <= byteCount
  }

  /// What a live writer merges: four of a size class at the end become one of the next, so that a
  /// row is rewritten a handful of times at most, however long the stream.
  func tail(_ segments: [SegmentRecord]) -> Range<Int>? {
    let tiers = IndexTiers(fanIn: Limits.indexFanIn, largestRowCount: rowCount)
    guard let range = tiers.mergeRange(segments.map(\.rowCount)), range.count <= inputCount,
      fits(segments[range])
    else { return nil }
    return range
  }

  /// The next of the merges that leave no two neighbours which would fit into one segment, or nil
  /// when there is none left.
  ///
  /// Neighbours are taken together from the front until no more fit. Of more than `inputCount`, the
  /// stretch with the fewest rows goes first: what was merged already waits until it is one of few.
  func next(_ segments: [SegmentRecord]) -> Range<Int>? {
    var first = 0
    while first < segments.count {
      var end = first + 1
      var total = segments[first]
      while end < segments.count {
        total.rowCount += segments[end].rowCount
        total.messageByteCount += segments[end].messageByteCount
        total.byteCount += segments[end].byteCount
        guard fits([total]) else { break }
        end += 1
      }
      if end - first >= 2 { return smallest(first..<end, segments) }
      first = end
    }
    return nil
  }

  private func smallest(_ range: Range<Int>, _ segments: [SegmentRecord]) -> Range<Int> {
    guard range.count > inputCount else { return range }
    var sum = segments[range.prefix(inputCount)].reduce(0) { $0 + $1.rowCount }
    var best = (sum: sum, first: range.lowerBound)
    for first in range.lowerBound + 1...range.upperBound - inputCount {
      sum += segments[first + inputCount - 1].rowCount - segments[first - 1].rowCount
      if sum < best.sum { best = (sum, first) }
    }
    return best.first..<best.first + inputCount
  }
}
