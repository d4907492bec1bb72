/// The name closest to a misspelt one, or nil when none is close enough to be meant.
///
/// - Shape: letters are compared without case; the first of equally close names wins.
/// - Cost: O(length²) a name; long names are not compared.
/// - Source: optimal string alignment distance (Damerau 1964): insertions, deletions, replacements
///   and swaps of neighbours count one each.
package func nearestName(to written: String, among names: [String]) -> String? {
  let wanted = Array(written.lowercased().utf8)
  guard wanted.count <= Limits.comparedNameByteCount else { return nil }
  var best: (distance: Int, name: String)?
  for name in names {
    let candidate = Array(name.lowercased().utf8)
    guard candidate.count <= Limits.comparedNameByteCount else { continue }
    let distance = editDistance(wanted, candidate)
    // A third of the letters may differ: beyond that a suggestion is noise.
    guard distance <= max(1, max(wanted.count, candidate.count) / 3) else { continue }
    if distance < best?.distance ?? Int.max { best = (distance, name) }
  }
  if let best { return best.name }
  // `price` for `unit_price`: a whole word of the name was left out or added.
  return wanted.count < 3 ? nil : names.first { contains($0, written) || contains(written, $0) }
}

private func contains(_ name: String, _ word: String) -> Bool {
  guard word.utf8.count >= 3 else { return false }
  return name.split(separator: "_").contains { $0 == word }
}

private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforeLast = [Int](repeating: 0, count: right.count + 1)
  var last = Array(0...right.count)
  for row in 0..<left.count {
    var current = [Int](repeating: 0, count: right.count + 1)
    current[0] = row + 1
    for column in 0..<right.count {
      let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
      var least = min(replaced, last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        least = min(least, beforeLast[column - 1] + 1)
      }
      current[column + 1] = least
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}
