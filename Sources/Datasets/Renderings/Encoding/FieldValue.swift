import Bytes

/// One value of a row.
enum FieldValue {
  case integer(Int64)
  case float(Float)
  case double(Double)
  case text(ArraySlice<UInt8>)
  case null

  /// A word of ours.
  static func word(_ text: String) -> FieldValue { .text(Array(text.utf8)[...]) }
}

/// How values are laid out in lines of text.
enum TextDialect {
  /// RFC 4180 with LF: fields with a comma, a quote, CR or LF stand in quotes.
  case commas
  /// Tabs without any quoting; text must hold no tab, CR, LF or quote.
  case tabs
  /// Single spaces, for numbers only.
  case spaces

  var separator: UInt8 {
    switch self {
    case .commas: UInt8(ascii: ",")
    case .tabs: UInt8(ascii: "\t")
    case .spaces: UInt8(ascii: " ")
    }
  }
}

extension [UInt8] {
  /// Appends a value as it stands in a field.
  mutating func append(_ value: FieldValue, _ dialect: TextDialect) {
    switch value {
    case .integer(let number): appendDecimal(number, to: &self)
    case .float(let number): appendReal(number, to: &self)
    case .double(let number): appendReal(number, to: &self)
    case .text(let text):
      if dialect == .commas { appendCSV(text, to: &self) } else { append(contentsOf: text) }
    case .null: break
    }
  }

  /// Appends text of ours.
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }
}

/// A word made safe for readers that split on white space, strip quotes or take `NA` for a gap: a
/// prefix, and `%XX` for what those readers would touch. `urllib.parse.unquote` turns it back.
func safeWord(_ word: ArraySlice<UInt8>, prefix: String) -> [UInt8] {
  let digits = Array("0123456789ABCDEF".utf8)
  var safe = Array(prefix.utf8)
  for byte in word {
    if byte <= 0x20 || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "\"") || byte == 0x7f {
      safe += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    } else {
      safe.append(byte)
    }
  }
  return safe
}
