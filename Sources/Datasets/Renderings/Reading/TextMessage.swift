/// A message in protocol buffers' text format as it was read: fields in order, for checks.
///
/// - Source: Protocol Buffers, "Text Format Language Specification"; without lists in brackets,
///   extensions and comments.
struct TextMessage {
  private enum Value {
    case message(TextMessage)
    case text(String)
    case word(String)
  }

  private var fields: [(name: String, value: Value)] = []

  /// Nil when the text is not in the format.
  init?(parsing text: [UInt8]) {
    var rest = String(decoding: text, as: UTF8.self)[...]
    guard let message = TextMessage(&rest, isInner: false) else { return nil }
    self = message
  }

  private init?(_ rest: inout Substring, isInner: Bool) {
    while true {
      TextMessage.skipSpace(&rest)
      guard let first = rest.first else {
        if isInner { return nil }
        return
      }
      if first == "}" {
        rest.removeFirst()
        if !isInner { return nil }
        return
      }
      let name = TextMessage.word(&rest)
      guard !name.isEmpty else { return nil }
      TextMessage.skipSpace(&rest)
      if rest.first == ":" {
        rest.removeFirst()
        TextMessage.skipSpace(&rest)
      } else if rest.first != "{" {
        return nil
      }
      guard let value = TextMessage.value(&rest) else { return nil }
      fields.append((String(name), value))
    }
  }

  private static func value(_ rest: inout Substring) -> Value? {
    if rest.first == "{" {
      rest.removeFirst()
      return TextMessage(&rest, isInner: true).map { .message($0) }
    }
    if rest.first == "\"" {
      rest.removeFirst()
      guard let end = rest.firstIndex(of: "\"") else { return nil }
      let text = rest[..<end]
      rest = rest[rest.index(after: end)...]
      return text.contains("\\") ? nil : .text(String(text))
    }
    let word = word(&rest)
    return word.isEmpty ? nil : .word(String(word))
  }

  private static func skipSpace(_ rest: inout Substring) {
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
  }

  private static func word(_ rest: inout Substring) -> Substring {
    let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }
    rest = rest.dropFirst(word.count)
    return word
  }

  /// The messages of a field.
  func messages(_ name: String) -> [TextMessage] {
    fields.compactMap { field in
      if case .message(let message) = field.value, field.name == name { message } else { nil }
    }
  }

  /// The text of a field.
  func text(_ name: String) -> String? {
    for field in fields where field.name == name {
      if case .text(let text) = field.value { return text }
    }
    return nil
  }
}
