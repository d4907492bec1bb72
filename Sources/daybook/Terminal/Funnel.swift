/// A funnel as bars: how many got how far.
///
/// ```
/// looked          12 052  ████████████████████████████████████████
/// filled a cart    3 608  ████████████                              29.9 %
/// ```
struct Funnel {
  struct Stage {
    var name: String
    var count: Int
  }

  var stages: [Stage]

  /// - Parameter barWidth: columns of the longest bar.
  func lines(barWidth: Int = 40) -> [String] {
    guard let first = stages.first, first.count > 0 else { return [] }
    let nameWidth = stages.map(\.name.count).max() ?? 0
    let counts = stages.map { grouped($0.count) }
    let countWidth = counts.map(\.count).max() ?? 0
    return zip(stages, counts).enumerated().map { index, pair in
      let (stage, count) = pair
      let eighths = stage.count * barWidth * 8 / first.count
      var bar = String(repeating: "█", count: eighths / 8)
      // The last cell is drawn in eighths so that a small share is still seen.
      let rest = stage.count > 0 ? max(eighths % 8, eighths == 0 ? 1 : 0) : 0
      if rest > 0 { bar += ["▏", "▎", "▍", "▌", "▋", "▊", "▉"][rest - 1] }
      let padding = String(repeating: " ", count: max(0, barWidth - bar.count))
      let share = decimal(Double(stage.count) * 100 / Double(first.count))
      return padded(stage.name, nameWidth) + "  "
        + String(repeating: " ", count: countWidth - count.count) + count + "  " + bar
        + (index == 0
          ? "" : padding + String(repeating: " ", count: max(1, 6 - share.count)) + "\(share) %")
    }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
