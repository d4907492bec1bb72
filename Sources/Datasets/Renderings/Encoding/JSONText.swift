import Bytes

// JSON documents of ours: built as trees, written in one form.

extension JSONValue {
  static func string(_ text: String) -> JSONValue { .string(Array(text.utf8)) }

  static func integer(_ value: Int) -> JSONValue { .number("\(value)") }

  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

  /// The text, two spaces a level; lists of plain values on one line.
  var pretty: String {
    var text: [UInt8] = []
    append(to: &text, indent: 0)
    return String(decoding: text, as: UTF8.self)
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private func append(to text: inout [UInt8], indent: Int) {
    switch self {
    case .null: text.append("null")
    case .boolean(let value): text.append(value ? "true" : "false")
    case .number(let spelling): text.append(spelling)
    case .string(let bytes): appendJSON(bytes[...], to: &text)
    case .array(let elements):
      let isShort = elements.allSatisfy(\.isPlain)
      text.append("[")
      for (place, element) in elements.enumerated() {
        if place > 0 { text.append(isShort ? ", " : ",") }
        if !isShort { JSONValue.newLine(indent + 1, &text) }
        element.append(to: &text, indent: indent + 1)
      }
      if !isShort { JSONValue.newLine(indent, &text) }
      text.append("]")
    case .object(let members):
      text.append("{")
      for (place, member) in members.enumerated() {
        if place > 0 { text.append(",") }
        JSONValue.newLine(indent + 1, &text)
        appendJSON(Array(member.key.utf8)[...], to: &text)
        text.append(": ")
        member.value.append(to: &text, indent: indent + 1)
      }
      if !members.isEmpty { JSONValue.newLine(indent, &text) }
      text.append("}")
    }
  }

  private static func newLine(_ indent: Int, _ text: inout [UInt8]) {
    text.append(0x0a)
    text.append(contentsOf: repeatElement(0x20, count: 2 * indent))
  }
}

extension JSONValue.Member {
  init(_ key: String, _ value: JSONValue) { self.init(key: key, value: value) }
}
