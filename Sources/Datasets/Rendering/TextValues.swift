import Bytes

// Values as text, the same in every rendering.

/// Appends a JSON string with its quotes.
package func appendJSON(_ string: ArraySlice<UInt8>, to text: inout [UInt8]) {
  string.withUnsafeBytes { appendJSONString($0, to: &text) }
}

/// Appends a real number in its shortest form that reads back the same.
package func appendReal(_ value: Double, to text: inout [UInt8]) {
  if value == value.rounded(), abs(value) < 1e15 {
    appendDecimal(Int64(value), to: &text)
  } else {
    text.append(contentsOf: "\(value)".utf8)
  }
}

/// Appends a weight in its shortest form that reads back the same.
package func appendReal(_ value: Float, to text: inout [UInt8]) {
  if value == value.rounded(), abs(value) < 1e7 {
    appendDecimal(Int64(value), to: &text)
  } else {
    text.append(contentsOf: "\(value)".utf8)
  }
}

/// Appends a field of RFC 4180: quoted where it must be, quotes doubled.
package func appendCSV(_ field: ArraySlice<UInt8>, to text: inout [UInt8]) {
  let mustQuote = field.contains { byte in
    byte == 0x22 || byte == 0x2c || byte == 0x0a || byte == 0x0d
  }
  guard mustQuote else {
    text.append(contentsOf: field)
    return
  }
  text.append(0x22)
  for byte in field {
    if byte == 0x22 { text.append(0x22) }
    text.append(byte)
  }
  text.append(0x22)
}

extension ColumnValues {
  /// Appends a row as JSON: null, a number, a time or a string.
  func appendJSON(_ row: Int, _ kind: DatasetColumn.Kind, to text: inout [UInt8]) {
    switch self {
    case .integer(let column):
      guard let value = column.at(row) else { return text.append(contentsOf: "null".utf8) }
      switch kind {
      case .time:
        text.append(0x22)
        appendTime(value, to: &text)
        text.append(0x22)
      case .boolean: text.append(contentsOf: (value == 0 ? "false" : "true").utf8)
      default: appendDecimal(value, to: &text)
      }
    case .real(let values):
      if values[row].isFinite {
        appendReal(values[row], to: &text)
      } else {
        text.append(contentsOf: "null".utf8)
      }
    case .text(let column):
      if let value = column[row] {
        Datasets.appendJSON(value, to: &text)
      } else {
        text.append(contentsOf: "null".utf8)
      }
    }
  }

  /// Appends a row as a field of CSV; null is empty.
  func appendCSV(_ row: Int, _ kind: DatasetColumn.Kind, to text: inout [UInt8]) {
    switch self {
    case .integer(let column):
      guard let value = column.at(row) else { return }
      if kind == .time { appendTime(value, to: &text) } else { appendDecimal(value, to: &text) }
    case .real(let values):
      if values[row].isFinite { appendReal(values[row], to: &text) }
    case .text(let column):
      if let value = column[row] { Datasets.appendCSV(value, to: &text) }
    }
  }
}
