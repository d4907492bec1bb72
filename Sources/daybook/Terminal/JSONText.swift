import Bytes

/// JSON text from parts that are JSON text already.
enum JSONText {
  static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(jsonText($0.0)):\($0.1)" }.joined(separator: ",") + "}"
  }

  static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

  static func text(_ bytes: [UInt8]) -> String { jsonText(String(decoding: bytes, as: UTF8.self)) }

  static func time(_ microseconds: Int64?) -> String {
    microseconds.map { jsonText(timeText($0)) } ?? "null"
  }
}

/// A time as the contract writes it.
func timeText(_ microseconds: Int64) -> String {
  var text: [UInt8] = []
  appendTime(microseconds, to: &text)
  return String(decoding: text, as: UTF8.self)
}
