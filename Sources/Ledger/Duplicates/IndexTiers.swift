/// Which index runs to merge: four of a size class become one of the next.
///
/// - Shape: runs ascend by first offset and leave no gap; only adjacent runs are merged.
/// - Cost: N rows in r runs of at most 3 a class, so r grows with the logarithm of N until
///   `Limits.indexRunRowCount`; every row is rewritten once a class.
struct IndexTiers {
  var fanIn = Limits.indexFanIn
  var largestRowCount = Limits.indexRunRowCount

  /// The range of runs to replace by one, or nil when the runs are in order.
  func mergeRange(_ rowCounts: [Int]) -> Range<Int>? {
    guard let last = rowCounts.last else { return nil }
    let sizeClass = self.sizeClass(last)
    var first = rowCounts.count
    var total = 0
    while first > 0, self.sizeClass(rowCounts[first - 1]) <= sizeClass,
      total + rowCounts[first - 1] <= largestRowCount
    {
      total += rowCounts[first - 1]
      first -= 1
    }
    return rowCounts.count - first >= fanIn ? first..<rowCounts.count : nil
  }

  /// How often `fanIn` divides a row count, counted from a thousand rows.
  private func sizeClass(_ rowCount: Int) -> Int {
    var size = rowCount
    var result = 0
    while size > 1024 {
      size /= fanIn
      result += 1
    }
    return result
  }
}
