/// A JSON value with the text of its numbers kept.
indirect enum NaiveJSON {
  case null
  case bool(Bool)
  case number(ByteText)
  case string(ByteText)
  case array([NaiveJSON])
  case object([NaiveMember])

  /// The value of a key: where a key is repeated the last one counts; null is absent.
  func member(_ name: String) -> NaiveJSON? {
    guard case .object(let members) = self else { return nil }
    guard let value = members.last(where: { $0.key == bytes(name) })?.value else { return nil }
    if case .null = value { return nil }
    return value
  }
}

/// One member of an object, with the place of its value in the text.
struct NaiveMember {
  var key: ByteText
  var value: NaiveJSON
  var range: Range<Int>
}

/// A text is not JSON as RFC 8259 says.
struct NotJSON: Error {}

/// A strict recursive parser of one JSON text.
struct NaiveJSONParser {
  let text: ByteText
  let deepest: Int
  var place = 0
  var depth = 0

  /// Reads a whole text as one value; arrays and objects nest at most `deepest` levels.
  static func parse(_ text: ByteText, deepest: Int) throws(NotJSON) -> NaiveJSON {
    var parser = NaiveJSONParser(text: text, deepest: deepest)
    parser.skipSpace()
    let value = try parser.value()
    parser.skipSpace()
    guard parser.place == text.count else { throw NotJSON() }
    return value
  }

  var next: UInt8? {
    place < text.count ? text[place] : nil
  }

  mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
  }

  mutating func expect(_ byte: Character) throws(NotJSON) {
    guard next == byte.asciiValue else { throw NotJSON() }
    place += 1
  }

  mutating func word(_ word: String, _ value: NaiveJSON) throws(NotJSON) -> NaiveJSON {
    for character in word { try expect(character) }
    return value
  }

  mutating func value() throws(NotJSON) -> NaiveJSON {
    switch next {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  mutating func object() throws(NotJSON) -> NaiveJSON {
    try enter("{")
    var members: [NaiveMember] = []
    if next == UInt8(ascii: "}") { return try leave("}", .object(members)) }
    while true {
      skipSpace()
      let key = try string()
      skipSpace()
      try expect(":")
      skipSpace()
      let start = place
      let value = try value()
      members.append(NaiveMember(key: key, value: value, range: start..<place))
      skipSpace()
      if next == UInt8(ascii: "}") { return try leave("}", .object(members)) }
      try expect(",")
    }
  }

  mutating func array() throws(NotJSON) -> NaiveJSON {
    try enter("[")
    var values: [NaiveJSON] = []
    if next == UInt8(ascii: "]") { return try leave("]", .array(values)) }
    while true {
      skipSpace()
      values.append(try value())
      skipSpace()
      if next == UInt8(ascii: "]") { return try leave("]", .array(values)) }
      try expect(",")
    }
  }

  mutating func enter(_ bracket: Character) throws(NotJSON) {
    depth += 1
    guard depth <= deepest else { throw NotJSON() }
    try expect(bracket)
    skipSpace()
  }

  mutating func leave(_ bracket: Character, _ value: NaiveJSON) throws(NotJSON) -> NaiveJSON {
    depth -= 1
    try expect(bracket)
    return value
  }

  mutating func digits() throws(NotJSON) {
    let start = place
    while let byte = next, isDigit(byte) { place += 1 }
    guard place > start else { throw NotJSON() }
  }

  mutating func number() throws(NotJSON) -> ByteText {
    let start = place
    if next == UInt8(ascii: "-") { place += 1 }
    if next == UInt8(ascii: "0") { place += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      place += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      place += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
      try digits()
    }
    return ByteText(text[start..<place])
  }

  mutating func string() throws(NotJSON) -> ByteText {
    try expect("\"")
    var result: ByteText = []
    while let byte = next {
      place += 1
      if byte == UInt8(ascii: "\"") { return result }
      if byte < 0x20 { throw NotJSON() }
      if byte == UInt8(ascii: "\\") {
        result += try escape()
      } else {
        result.append(byte)
      }
    }
    throw NotJSON()
  }

  mutating func escape() throws(NotJSON) -> ByteText {
    guard let byte = next else { throw NotJSON() }
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw NotJSON()
    }
  }

  mutating func unicodeEscape() throws(NotJSON) -> ByteText {
    var code = try fourHexDigits()
    if (0xD800...0xDBFF).contains(code) {
      try expect("\\")
      try expect("u")
      let low = try fourHexDigits()
      guard (0xDC00...0xDFFF).contains(low) else { throw NotJSON() }
      code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
    }
    // A lone low surrogate is no scalar either.
    guard let scalar = Unicode.Scalar(code) else { throw NotJSON() }
    return ByteText(String(Character(scalar)).utf8)
  }

  mutating func fourHexDigits() throws(NotJSON) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw NotJSON()
      }
      code = code * 16 + UInt32(digit)
      place += 1
    }
    return code
  }
}

func isDigit(_ byte: UInt8) -> Bool {
  byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
}
