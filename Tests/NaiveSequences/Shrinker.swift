/// The fewest lines found that still have a property, for failures that one can read.
///
/// Removes ever smaller runs of lines while `holds` stays true; the order of lines stays.
///
/// - Cost: about count × log count calls of `holds`.
package func shrunk(
  _ lines: [ByteText], while holds: ([ByteText]) throws -> Bool
) rethrows -> [ByteText] {
  var lines = lines
  var run = max(1, lines.count / 2)
  while true {
    var start = 0
    var hasRemoved = false
    while start < lines.count {
      var fewer = lines
      fewer.removeSubrange(start..<min(start + run, lines.count))
      if try holds(fewer) {
        lines = fewer
        hasRemoved = true
      } else {
        start += run
      }
    }
    if run == 1 {
      if !hasRemoved { return lines }
    } else {
      run /= 2
    }
  }
}

/// The lines as a file again, each ended by LF.
package func naiveFile(ofLines lines: [ByteText]) -> ByteText {
  lines.flatMap { $0 + [0x0A] }
}
