import Bytes

/// Builds the JSON text of one event, member by member, without intermediate objects.
struct EventText {
  private(set) var bytes: [UInt8] = []
  private var isFirst = true

  /// Opens the envelope up to and including `"data":{`.
  init(id: UInt64, source: StaticString, topic: StaticString, milliseconds: Int64) {
    bytes.reserveCapacity(512)
    add("{\"specversion\":\"1.0\",\"id\":\"e-")
    addHexadecimal(id, digits: 16)
    add("\",\"source\":\"")
    add(source)
    add("\",\"type\":\"")
    add(topic)
    add("\",\"time\":\"")
    addTime(milliseconds)
    add("\",\"datacontenttype\":\"application/json\",\"data\":{")
  }

  /// The finished line, without the line end.
  consuming func finish() -> [UInt8] {
    add("}}")
    return bytes
  }

  mutating func member(_ name: StaticString, _ value: String) {
    key(name)
    add("\"")
    bytes.append(contentsOf: value.utf8)
    add("\"")
  }

  mutating func member(_ name: StaticString, _ value: Int64) {
    key(name)
    addNumber(value)
  }

  mutating func lines(_ lines: [CartLine], withPrices: Bool) {
    key("items")
    add("[")
    for (index, line) in lines.enumerated() {
      add(index == 0 ? "{\"item_id\":\"" : ",{\"item_id\":\"")
      bytes.append(contentsOf: line.itemID.utf8)
      add("\",\"quantity\":")
      addNumber(line.quantity)
      if withPrices {
        add(",\"unit_price\":")
        addNumber(line.unitPrice)
      }
      add("}")
    }
    add("]")
  }

  private mutating func key(_ name: StaticString) {
    add(isFirst ? "\"" : ",\"")
    isFirst = false
    add(name)
    add("\":")
  }

  private mutating func add(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func addNumber(_ value: Int64) {
    bytes.append(contentsOf: String(value).utf8)
  }

  private mutating func addHexadecimal(_ value: UInt64, digits: Int) {
    bytes.append(contentsOf: hexadecimal(value, digits: digits).utf8)
  }

  private mutating func addTime(_ milliseconds: Int64) {
    let day = milliseconds / 86_400_000
    let rest = milliseconds % 86_400_000
    let date = civilDate(daysSince1970: Int(day))
    addPadded(Int64(date.year), 4)
    add("-")
    addPadded(Int64(date.month), 2)
    add("-")
    addPadded(Int64(date.day), 2)
    add("T")
    addPadded(rest / 3_600_000, 2)
    add(":")
    addPadded(rest / 60_000 % 60, 2)
    add(":")
    addPadded(rest / 1000 % 60, 2)
    add(".")
    addPadded(rest % 1000, 3)
    add("Z")
  }

  private mutating func addPadded(_ value: Int64, _ digits: Int) {
    let text = String(value)
    for _ in text.utf8.count..<max(digits, text.utf8.count) { bytes.append(0x30) }
    bytes.append(contentsOf: text.utf8)
  }
}

/// The low `digits` hexadecimal digits of a value, in lower case.
func hexadecimal(_ value: UInt64, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text.suffix(digits)
}
