/// Rows of sources under a header: two columns of text to the left, numbers to the right.
struct StatusTable {
  private let rows: [[String]]

  init(_ rows: [[String]]) { self.rows = rows }

  /// Widths when there is room: wide enough that a table which is drawn again and again stands
  /// still.
  private static let widths = [24, 11, 12, 9, 9, 10, 14, 11, 9, 9]
  /// Columns that go first when there is none.
  private static let dispensable = [5, 7, 8]
  /// What is left of a name at least.
  private static let shortestName = 12

  func lines(width limit: Int?) -> [String] {
    var columns = Array(Self.widths.indices)
    var widths = Self.widths
    if let limit, total(columns, widths) > limit {
      for column in widths.indices { widths[column] = rows.map { $0[column].count }.max() ?? 0 }
      widths[0] = min(widths[0], max(Self.shortestName, Self.widths[0]))
      for column in Self.dispensable {
        let others = total(columns, widths) - widths[0]
        if others + Self.shortestName <= limit { break }
        columns.removeAll { $0 == column }
      }
      let others = total(columns, widths) - widths[0]
      widths[0] = max(Self.shortestName, min(widths[0], limit - others))
    }
    return rows.map { line($0, columns, widths) }
  }

  private func total(_ columns: [Int], _ widths: [Int]) -> Int {
    columns.reduce(columns.count - 1) { $0 + widths[$1] }
  }

  private func line(_ row: [String], _ columns: [Int], _ widths: [Int]) -> String {
    var line = ""
    for column in columns {
      var text = row[column]
      let width = widths[column]
      if column == 0, text.count > width { text = text.prefix(width - 1) + "…" }
      let padding = String(repeating: " ", count: max(0, width - text.count))
      line += column < 2 ? text + padding + " " : padding + text + " "
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
