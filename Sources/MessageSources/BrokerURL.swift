/// A broker's address as people write it, taken apart:
/// `scheme://[user[:password]@]host[:port][,host[:port]…][/path][?key=value&…]`.
///
/// - Shape: user, password, path and values are percent-decoded; options keep their order.
/// - Errors: `BrokerURLError` says what is wrong without repeating credentials.
package struct BrokerURL: Sendable, Equatable {
  /// One server of a list.
  package struct Host: Sendable, Equatable {
    package var name: String
    package var port: Int

    /// `name:port`, with brackets around an IPv6 address.
    package var text: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }
  }

  /// A key and its value from the query.
  package struct Option: Sendable, Equatable {
    package var key: String
    package var value: String

    package init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  package var scheme: String
  package var user: String?
  package var password: String?
  package var hosts: [Host]
  /// Without the leading slash.
  package var path: String
  package var options: [Option]

  /// The URL for people: no credentials, no options.
  package var place: String {
    "\(scheme)://" + hosts.map(\.text).joined(separator: ",") + (path.isEmpty ? "" : "/\(path)")
  }

  package init(_ text: String, defaultPort: Int) throws(BrokerURLError) {
    guard let colon = text.range(ofFirst: "://") else {
      throw BrokerURLError(problem: "the address has no scheme (as in nats://host:4222/STREAM)")
    }
    scheme = text[..<colon.lowerBound].lowercased()
    var rest = text[colon.upperBound...]
    options = []
    if let mark = rest.firstIndex(of: "?") {
      options = try Self.options(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    path = ""
    if let slash = rest.firstIndex(of: "/") {
      path = try decodePercent(rest[rest.index(after: slash)...])
      rest = rest[..<slash]
    }
    if let at = rest.lastIndex(of: "@") {
      let credentials = rest[..<at]
      rest = rest[rest.index(after: at)...]
      if let colon = credentials.firstIndex(of: ":") {
        user = try decodePercent(credentials[..<colon])
        password = try decodePercent(credentials[credentials.index(after: colon)...])
      } else {
        user = try decodePercent(credentials)
      }
    }
    hosts = []
    for host in rest.split(separator: ",") {
      hosts.append(try Self.host(host, defaultPort: defaultPort))
    }
    if hosts.isEmpty { throw BrokerURLError(problem: "the address names no host") }
  }

  private static func options(_ query: Substring) throws(BrokerURLError) -> [Option] {
    var options: [Option] = []
    for pair in query.split(separator: "&") {
      guard let mark = pair.firstIndex(of: "=") else {
        throw BrokerURLError(problem: "the option '\(pair)' has no value (key=value)")
      }
      options.append(
        Option(
          try decodePercent(pair[..<mark]), try decodePercent(pair[pair.index(after: mark)...])))
    }
    return options
  }

  private static func host(
    _ text: Substring, defaultPort: Int
  ) throws(BrokerURLError) -> Host {
    var name = text
    var port = defaultPort
    let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
    if let colon = text[afterBracket...].lastIndex(of: ":") {
      guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number)
      else {
        throw BrokerURLError(problem: "'\(text)' does not end in a port from 1 to 65535")
      }
      port = number
      name = text[..<colon]
    }
    if name.first == "[", name.last == "]" { name = name.dropFirst().dropLast() }
    if name.isEmpty { throw BrokerURLError(problem: "'\(text)' names no host") }
    return Host(name: String(name), port: port)
  }
}

/// What is wrong with a broker's address.
package struct BrokerURLError: Error, Equatable, CustomStringConvertible {
  package var problem: String

  package init(problem: String) { self.problem = problem }

  package var description: String { problem }
}

private func decodePercent(_ text: Substring) throws(BrokerURLError) -> String {
  var bytes: [UInt8] = []
  let source = Array(text.utf8)
  var index = 0
  while index < source.count {
    guard source[index] == UInt8(ascii: "%") else {
      bytes.append(source[index])
      index += 1
      continue
    }
    guard index + 2 < source.count, let high = hexDigit(source[index + 1]),
      let low = hexDigit(source[index + 2])
    else { throw BrokerURLError(problem: "a % in the address is not followed by two hex digits") }
    bytes.append(high << 4 | low)
    index += 3
  }
  guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
    throw BrokerURLError(problem: "a part of the address is not UTF-8 once its % are decoded")
  }
  return decoded
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

extension String {
  fileprivate func range(ofFirst mark: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(mark) {
        return start..<index(start, offsetBy: mark.count)
      }
      start = index(after: start)
    }
    return nil
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension BrokerURL {
  /// A secret's file without the line feed at its end.
  package static func readSecret(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else {
      throw BrokerURLError(problem: "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self).trimmingEnd()
  }
}

extension String {
  fileprivate func trimmingEnd() -> String {
    var view = self[...]
    while let last = view.last, last.isWhitespace { view = view.dropLast() }
    return String(view)
  }
}
