/// The first line of an HTTP/1 request, which is all that matters here.
struct HTTPRequest: Equatable {
  var method: String
  /// Without the query.
  var path: String

  /// Reads a request whose header is whole: nil when it is none of HTTP/1.
  ///
  /// - Source: RFC 9112 §3.
  init?(_ bytes: some Collection<UInt8>) {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let line = String(decoding: bytes[..<end], as: UTF8.self)
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\r" || $0 == "\r\n" })
    guard words.count == 3, words[2].hasPrefix("HTTP/1."), words[1].hasPrefix("/") else {
      return nil
    }
    method = String(words[0])
    path = String(words[1].prefix { $0 != "?" })
  }

  /// Whether a header ends in these bytes: an empty line.
  static func isWhole(_ bytes: [UInt8]) -> Bool {
    bytes.suffix(4).elementsEqual([0x0d, 0x0a, 0x0d, 0x0a]) || bytes.suffix(2) == [0x0a, 0x0a]
  }
}

/// An answer, after which the connection ends.
struct HTTPAnswer {
  var status: String
  var type = "text/plain; charset=utf-8"
  var body: String

  /// The bytes on the wire; without the body for HEAD.
  func bytes(isHead: Bool) -> [UInt8] {
    let body = Array(body.utf8)
    let head =
      "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n"
      + "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    return Array(head.utf8) + (isHead ? [] : body)
  }
}
