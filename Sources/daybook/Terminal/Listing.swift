import ArgumentParser

/// How a command that lists prints: for eyes, for programs, for sheets.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
  case table, ndjson, csv
}

/// One value of a listing.
enum ListValue {
  case text(String)
  case integer(Int)
  /// Shown with its unit in a table, as a plain number elsewhere.
  case bytes(Int)
  case null

  var plain: String {
    switch self {
    case .text(let text): text
    case .integer(let value), .bytes(let value): String(value)
    case .null: ""
    }
  }

  var forPeople: String {
    switch self {
    case .bytes(let count): byteText(count)
    case .integer(let value): grouped(value)
    case .text(let text): text
    case .null: "–"
    }
  }

  var isNumber: Bool {
    switch self {
    case .integer, .bytes: true
    case .text, .null: false
    }
  }

  var json: String {
    switch self {
    case .text(let text): jsonText(text)
    case .integer(let value), .bytes(let value): String(value)
    case .null: "null"
    }
  }
}

/// Rows under named columns, printed in the format that was asked for.
struct Listing {
  let columns: [String]
  private(set) var rows: [[ListValue]] = []

  init(columns: [String]) { self.columns = columns }

  mutating func add(_ row: [ListValue]) {
    precondition(row.count == columns.count, "a row has a value for each column")
    rows.append(row)
  }

  /// - Parameter hasHeader: false for a later page of the same list.
  func write(
    as format: ListFormat, hasHeader: Bool = true, to output: Output = .standardOutput
  ) {
    switch format {
    case .table:
      for line in tableLines() { output.write(line + "\n") }
    case .ndjson:
      for row in rows {
        let members = zip(columns, row).map { "\(jsonText($0)):\($1.json)" }
        output.write("{" + members.joined(separator: ",") + "}\n")
      }
    case .csv:
      if hasHeader { output.write(columns.map(csvText).joined(separator: ",") + "\r\n") }
      for row in rows {
        output.write(row.map { csvText($0.plain) }.joined(separator: ",") + "\r\n")
      }
    }
  }

  /// The table for eyes, line by line: names, a rule, rows.
  func tableLines() -> [String] {
    let texts = rows.map { $0.map(\.forPeople) }
    let widths = columns.indices.map { column in
      max(columns[column].count, texts.map { $0[column].count }.max() ?? 0)
    }
    let isNumber = columns.indices.map { column in
      !rows.isEmpty && rows.allSatisfy { $0[column].isNumber }
    }
    func line(_ cells: [String]) -> String {
      var text = ""
      for (column, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        text += (column == 0 ? "" : "  ") + (isNumber[column] ? padding + cell : cell + padding)
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    return [line(columns), line(widths.map { String(repeating: "─", count: $0) })] + texts.map(line)
  }
}

/// A JSON string literal.
func jsonText(_ text: String) -> String {
  var literal = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": literal += "\\\""
    case "\\": literal += "\\\\"
    case "\n": literal += "\\n"
    case "\r": literal += "\\r"
    case "\t": literal += "\\t"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: literal.unicodeScalars.append(scalar)
    }
  }
  return literal + "\""
}

/// A CSV field, quoted where RFC 4180 asks for it.
func csvText(_ text: String) -> String {
  guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2c || $0 == 0x0a || $0 == 0x0d })
  else { return text }
  return "\""
    + text.split(separator: "\"", omittingEmptySubsequences: false)
    .joined(separator: "\"\"") + "\""
}
