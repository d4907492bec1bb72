import Bytes

/// Reads one JSON text from its front, value by value, for checks: it shares nothing with what
/// wrote it and makes no tree.
///
/// - Source: RFC 8259; white space between values is not expected.
struct JSONCursor {
  private let text: [UInt8]
  private(set) var place = 0
  /// The string read last, without its escapes.
  private var word: [UInt8] = []

  init(_ text: [UInt8]) { self.text = text }

  var isAtEnd: Bool { place == text.count }

  /// What stands here, for messages.
  var nearby: String { String(decoding: text[place...].prefix(40), as: UTF8.self) }

  /// Takes a mark such as a comma; false where something else stands.
  mutating func take(_ mark: Unicode.Scalar) -> Bool {
    guard place < text.count, text[place] == UInt8(ascii: mark) else { return false }
    place += 1
    return true
  }

  /// Takes a member's key and colon; false where another stands.
  mutating func take(key: [UInt8]) -> Bool { takeString() && word == key && take(":") }

  /// Takes one value; false where it does not say what is expected.
  mutating func take(_ value: FieldValue, _ kind: ExampleColumn.Kind) -> Bool {
    switch value {
    case .null: return take(literal: "null")
    case .text(let bytes): return takeString() && word.elementsEqual(bytes)
    case .integer(let number):
      switch kind {
      case .timestamp:
        guard takeString() else { return false }
        return word.withUnsafeBytes { parseRFC3339($0) } == TimeRange.clamped(number)
      case .boolean: return take(literal: number == 0 ? "false" : "true")
      default: return takeNumber().map { integer($0) == number } ?? false
      }
    case .float(let number):
      return takeNumber().map { Float(spelling($0)) == number } ?? false
    case .double(let number):
      // JSON has no spelling for what is not finite.
      guard number.isFinite else { return take(literal: "null") }
      return takeNumber().map { Double(spelling($0)) == number } ?? false
    }
  }

  private mutating func take(literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard place + count <= text.count else { return false }
    for index in 0..<count where text[place + index] != literal.utf8Start[index] { return false }
    place += count
    return true
  }

  private func spelling(_ range: Range<Int>) -> String {
    String(decoding: text[range], as: UTF8.self)
  }

  private func integer(_ range: Range<Int>) -> Int64? { readInteger(text[range]) }

  private mutating func takeNumber() -> Range<Int>? {
    let start = place
    while place < text.count, JSONCursor.isOfNumber(text[place]) { place += 1 }
    return place > start ? start..<place : nil
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
      UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// Reads a string into `word`.
  private mutating func takeString() -> Bool {
    guard take("\"") else { return false }
    word.removeAll(keepingCapacity: true)
    while place < text.count {
      let byte = text[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return true
      case 0..<0x20: return false
      case UInt8(ascii: "\\"): if !takeEscape() { return false }
      default: word.append(byte)
      }
    }
    return false
  }

  private mutating func takeEscape() -> Bool {
    guard place < text.count else { return false }
    let byte = text[place]
    place += 1
    switch byte {
    case UInt8(ascii: "b"): word.append(0x08)
    case UInt8(ascii: "t"): word.append(0x09)
    case UInt8(ascii: "n"): word.append(0x0a)
    case UInt8(ascii: "f"): word.append(0x0c)
    case UInt8(ascii: "r"): word.append(0x0d)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): word.append(byte)
    case UInt8(ascii: "u"):
      guard var unit = takeHex() else { return false }
      if unit >= 0xd800, unit < 0xdc00 {
        guard take("\\"), take("u"), let low = takeHex(), low >= 0xdc00, low < 0xe000 else {
          return false
        }
        unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(unit) else { return false }
      word.append(contentsOf: Array(String(scalar).utf8))
    default: return false
    }
    return true
  }

  private mutating func takeHex() -> UInt32? {
    guard place + 4 <= text.count else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = JSONCursor.hexDigit(text[place]) else { return nil }
      value = value << 4 | digit
      place += 1
    }
    return value
  }

  private static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte) - 0x30
    case 0x41...0x46: UInt32(byte) - 0x37
    case 0x61...0x66: UInt32(byte) - 0x57
    default: nil
    }
  }
}

/// The number that digits spell, with a minus or without; nil where they spell none that fits.
func readInteger(_ digits: ArraySlice<UInt8>) -> Int64? {
  var digits = digits
  let isNegative = digits.first == UInt8(ascii: "-")
  if isNegative { digits.removeFirst() }
  guard !digits.isEmpty else { return nil }
  var value: Int64 = 0
  for byte in digits {
    guard byte >= 0x30, byte <= 0x39 else { return nil }
    // Downwards, because there is one negative number more than there are positive ones.
    let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
    let (next, isOver) = tenfold.subtractingReportingOverflow(Int64(byte) - 0x30)
    if overflow || isOver { return nil }
    value = next
  }
  guard isNegative else { return value == Int64.min ? nil : -value }
  return value
}
