import Bytes

/// A JSON text as a tree: manifests, reports and what renderings read again.
///
/// - Shape: members keep their order; a number keeps its spelling.
package indirect enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(String)
  case string([UInt8])
  case array([JSONValue])
  case object([Member])

  /// A key and its value.
  package struct Member: Sendable, Equatable {
    package var key: String
    package var value: JSONValue
  }

  /// The value of one JSON text, or nil when it is not JSON.
  package init?(parsing text: some Collection<UInt8>) {
    var parser = JSONTextParser(Array(text))
    guard let value = parser.document() else { return nil }
    self = value
  }

  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  package var integer: Int64? {
    if case .number(let text) = self { return Int64(text) }
    return nil
  }

  package var real: Double? {
    if case .number(let text) = self { return Double(text) }
    return nil
  }

  package var text: String? {
    if case .string(let bytes) = self { return String(decoding: bytes, as: UTF8.self) }
    return nil
  }

  package var bytes: [UInt8]? {
    if case .string(let bytes) = self { return bytes }
    return nil
  }

  package var truth: Bool? {
    if case .boolean(let value) = self { return value }
    return nil
  }

  package var elements: [JSONValue]? {
    if case .array(let elements) = self { return elements }
    return nil
  }

  package var members: [Member]? {
    if case .object(let members) = self { return members }
    return nil
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  package init(stringLiteral value: String) { self = .string(Array(value.utf8)) }
  package init(integerLiteral value: Int) { self = .number("\(value)") }

  /// A string.
  package init(_ text: String) { self = .string(Array(text.utf8)) }
  /// A whole number.
  package init(_ value: some BinaryInteger) { self = .number("\(value)") }

  /// An object of keys and values in their order.
  package static func members(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { Member(key: $0.0, value: $0.1) })
  }

  /// A time as the contract writes it, or null.
  package static func time(_ microseconds: Int64?) -> JSONValue {
    guard let microseconds else { return .null }
    var text: [UInt8] = []
    appendTime(microseconds, to: &text)
    return .string(text)
  }

  /// The text, indented for people, with an LF at its end.
  package var document: [UInt8] {
    var text: [UInt8] = []
    append(to: &text, depth: 0)
    text.append(0x0a)
    return text
  }

  private func append(to text: inout [UInt8], depth: Int) {
    switch self {
    case .null: text.append(contentsOf: "null".utf8)
    case .boolean(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let spelling): text.append(contentsOf: spelling.utf8)
    case .string(let bytes): appendJSON(bytes[...], to: &text)
    case .array(let elements):
      enclose(elements, "[", "]", to: &text, depth) { $0.append(to: &$1, depth: depth + 1) }
    case .object(let members):
      enclose(members, "{", "}", to: &text, depth) { member, text in
        appendJSON(Array(member.key.utf8)[...], to: &text)
        text.append(contentsOf: ": ".utf8)
        member.value.append(to: &text, depth: depth + 1)
      }
    }
  }

  private func enclose<Element>(
    _ elements: [Element], _ open: String, _ close: String, to text: inout [UInt8], _ depth: Int,
    _ append: (Element, inout [UInt8]) -> Void
  ) {
    text.append(contentsOf: open.utf8)
    for (place, element) in elements.enumerated() {
      text.append(contentsOf: (place == 0 ? "\n" : ",\n").utf8)
      text.append(contentsOf: repeatElement(0x20, count: 2 * (depth + 1)))
      append(element, &text)
    }
    if !elements.isEmpty {
      text.append(0x0a)
      text.append(contentsOf: repeatElement(0x20, count: 2 * depth))
    }
    text.append(contentsOf: close.utf8)
  }
}

/// A plain recursive reader of RFC 8259.
private struct JSONTextParser {
  private static let depthLimit = 64
  private let text: [UInt8]
  private var place = 0
  private var depth = 0

  init(_ text: [UInt8]) { self.text = text }

  mutating func document() -> JSONValue? {
    guard let value = value() else { return nil }
    skipSpace()
    return place == text.count ? value : nil
  }

  private mutating func skipSpace() {
    while place < text.count,
      text[place] == 0x20 || text[place] == 0x0a || text[place] == 0x0d || text[place] == 0x09
    { place += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard place < text.count, text[place] == byte else { return false }
    place += 1
    return true
  }

  private mutating func value() -> JSONValue? {
    skipSpace()
    guard place < text.count, depth < JSONTextParser.depthLimit else { return nil }
    depth += 1
    defer { depth -= 1 }
    switch text[place] {
    case UInt8(ascii: "{"): return object()
    case UInt8(ascii: "["): return array()
    case UInt8(ascii: "\""): return string().map { .string($0) }
    case UInt8(ascii: "t"): return word("true", .boolean(true))
    case UInt8(ascii: "f"): return word("false", .boolean(false))
    case UInt8(ascii: "n"): return word("null", .null)
    default: return number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) -> JSONValue? {
    guard text[place...].starts(with: word.utf8) else { return nil }
    place += word.utf8.count
    return value
  }

  private mutating func object() -> JSONValue? {
    place += 1
    var members: [JSONValue.Member] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard place < text.count, text[place] == UInt8(ascii: "\""), let key = string(),
        take(UInt8(ascii: ":")), let value = value()
      else { return nil }
      members.append(JSONValue.Member(key: String(decoding: key, as: UTF8.self), value: value))
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "}")) ? .object(members) : nil
  }

  private mutating func array() -> JSONValue? {
    place += 1
    var elements: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat {
      guard let value = value() else { return nil }
      elements.append(value)
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "]")) ? .array(elements) : nil
  }

  private mutating func number() -> JSONValue? {
    let start = place
    while place < text.count,
      text[place] >= 0x30 && text[place] <= 0x39 || "+-.eE".utf8.contains(text[place])
    { place += 1 }
    let spelling = String(decoding: text[start..<place], as: UTF8.self)
    return Double(spelling) == nil ? nil : .number(spelling)
  }

  private mutating func string() -> [UInt8]? {
    place += 1
    var bytes: [UInt8] = []
    while place < text.count {
      let byte = text[place]
      place += 1
      if byte == UInt8(ascii: "\"") { return bytes }
      if byte < 0x20 { return nil }
      if byte != UInt8(ascii: "\\") {
        bytes.append(byte)
        continue
      }
      guard let unescaped = escape() else { return nil }
      bytes.append(contentsOf: unescaped)
    }
    return nil
  }

  private mutating func escape() -> [UInt8]? {
    guard place < text.count else { return nil }
    let byte = text[place]
    place += 1
    switch byte {
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "u"): return codePoint()
    default: return nil
    }
  }

  private mutating func codePoint() -> [UInt8]? {
    guard var value = hex() else { return nil }
    if value >= 0xd800 && value < 0xdc00, place + 1 < text.count,
      text[place] == UInt8(ascii: "\\"), text[place + 1] == UInt8(ascii: "u")
    {
      place += 2
      guard let low = hex(), low >= 0xdc00, low < 0xe000 else { return nil }
      value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
    }
    return Unicode.Scalar(value).map { Array(String($0).utf8) }
  }

  private mutating func hex() -> UInt32? {
    guard place + 4 <= text.count else { return nil }
    let digits = String(decoding: text[place..<place + 4], as: UTF8.self)
    place += 4
    return digits.utf8.contains(UInt8(ascii: "+")) ? nil : UInt32(digits, radix: 16)
  }
}
