import ConfigurationFiles

/// Where a stream is, as people write it: `scheme:place?key=value&key=value`.
struct StreamAddress {
  let text: String
  let scheme: String
  /// What stands between the scheme and the options.
  let place: String
  let options: [(key: String, value: String)]
  /// Of these, the ones that do not stand in the text.
  let more: [(key: String, value: String)]

  /// - Parameter more: further options, say of a configuration file; they win.
  init(_ text: String, more: [(key: String, value: String)] = []) throws {
    guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
      throw CommandFailure(
        .usage, "'\(text)' is no address of a stream",
        advice: "Known: \(StreamSchemes.forms.joined(separator: ", ")).")
    }
    self.text = text
    scheme = text[..<colon].lowercased()
    var rest = text[text.index(after: colon)...]
    var options: [(String, String)] = []
    if let mark = rest.firstIndex(of: "?") {
      for pair in rest[rest.index(after: mark)...].split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        options.append((String(parts[0]), parts.count > 1 ? String(parts[1]) : ""))
      }
      rest = rest[..<mark]
    }
    place = String(rest)
    self.options = options + more
    self.more = more
  }

  /// The value of an option, or nil.
  func option(_ key: String) -> String? { options.last { $0.key == key }?.value }

  /// Refuses options that nobody reads.
  func requireOptions(among keys: [String]) throws {
    for (key, _) in options where !keys.contains(key) {
      let nearest = nearestName(to: key, among: keys)
      throw CommandFailure(
        .usage, "'\(text)': unknown option '\(key)'" 
          + (nearest.map { "; did you mean '\($0)'?" } ?? ""),
        advice: keys.isEmpty ? nil : "Known: \(keys.joined(separator: ", ")).")
    }
  }
}
