import ConfigurationFiles
package import MessageSources

/// Where a stream is and how to get at it: `nats://…/STREAM?subject=…&durable=…`.
///
/// - Shape: several servers are separated by commas. The user part alone is a token; `user:` is a
///   user with an empty password (a NATS account's name may be one).
package struct NATSAddress: Sendable {
  /// How the client proves who it is.
  enum Credentials: Sendable, Equatable {
    case none
    case token(String)
    case user(name: String, password: String)
    /// A file that holds an NKey seed.
    case nkey(seedFile: String)
    /// A credentials file: a user's JWT and its seed.
    case file(path: String)

    /// Whether the client signs a challenge of the server.
    var areSigned: Bool {
      switch self {
      case .none, .token, .user: false
      case .nkey, .file: true
      }
    }
  }

  var url: BrokerURL
  var credentials: Credentials = .none
  var isSecure: Bool
  var authorityFile: String?
  var certificateFile: String?
  var keyFile: String?
  var expectedHost: String?
  /// Empty when it is to be found by the subject.
  var stream: String
  /// Filter of a source; subjects of a sink come from the messages.
  var subject: String?
  var durable = "daybook"
  var domain: String?
  var inboxPrefix: String?
  var maxAckPending = Limits.defaultMaxAckPending
  var ackWaitSeconds = Limits.defaultAckWaitSeconds
  /// Prepended to the subjects that a sink publishes on.
  var subjectPrefix = ""

  /// The keys that an address or a configuration may have.
  package static let optionKeys = [
    "stream", "subject", "durable", "token", "token_file", "user", "password", "password_file",
    "creds", "nkey", "tls", "tls_ca", "tls_cert", "tls_key", "tls_host", "domain", "inbox_prefix",
    "max_ack_pending", "ack_wait", "prefix",
  ]

  /// Reads an address; further options, say of a configuration file, win over those in the text.
  ///
  /// - Errors: `BrokerURLError`, `FileError`-like problems as its text; no credentials in it.
  package init(
    _ text: String, options: [BrokerURL.Option] = [],
    readFile: (String) throws -> String = BrokerURL.readSecret
  ) throws {
    url = try BrokerURL(text, defaultPort: 4222)
    guard url.scheme == "nats" || url.scheme == "tls" else {
      throw BrokerURLError(problem: "the scheme \(url.scheme) is not nats or tls")
    }
    isSecure = url.scheme == "tls"
    stream = url.path
    if let user = url.user {
      credentials = url.password.map { .user(name: user, password: $0) } ?? .token(user)
    }
    var user: String?
    var password: String?
    for option in url.options + options {
      switch option.key {
      case "token": credentials = .token(option.value)
      case "token_file": credentials = .token(try readFile(option.value))
      case "user": user = option.value
      case "password": password = option.value
      case "password_file": password = try readFile(option.value)
      default: try take(option)
      }
    }
    if user != nil || password != nil {
      guard let name = user ?? url.user else {
        throw BrokerURLError(problem: "a password is given without a user")
      }
      credentials = .user(name: name, password: password ?? url.password ?? "")
    }
    if authorityFile != nil || certificateFile != nil { isSecure = true }
    if (certificateFile == nil) != (keyFile == nil) {
      throw BrokerURLError(problem: "tls_cert and tls_key belong together: one of them is missing")
    }
    try check()
  }

  private mutating func take(_ option: BrokerURL.Option) throws {
    let value = option.value
    switch option.key {
    case "stream": stream = value
    case "subject": subject = value
    case "durable": durable = value
    case "creds": credentials = .file(path: value)
    case "nkey": credentials = .nkey(seedFile: value)
    case "tls": isSecure = value == "true" || value == "yes" || value == "1"
    case "tls_ca": authorityFile = value
    case "tls_cert": certificateFile = value
    case "tls_key": keyFile = value
    case "tls_host": expectedHost = value
    case "domain": domain = value
    case "inbox_prefix": inboxPrefix = value
    case "prefix": subjectPrefix = value
    case "max_ack_pending": maxAckPending = try number(option, 1_000...100_000_000)
    case "ack_wait": ackWaitSeconds = try number(option, 10...86_400)
    default:
      let nearest = nearestName(to: option.key, among: Self.optionKeys)
      throw BrokerURLError(
        problem: "unknown option '\(option.key)'" + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }
  }

  private func number(_ option: BrokerURL.Option, _ range: ClosedRange<Int>) throws -> Int {
    guard let number = Int(option.value), range.contains(number) else {
      throw BrokerURLError(
        problem: "\(option.key) is a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private func check() throws {
    for (what, name) in [("stream", stream), ("durable", durable)]
    where name.utf8.contains(where: { byte in
      byte <= 0x20 || byte == 0x7f || ".*>/\\".utf8.contains(byte)
    }) {
      throw BrokerURLError(
        problem: "the \(what) '\(name)' has a space or one of . * > / \\, which names may not have")
    }
    if durable.isEmpty { throw BrokerURLError(problem: "the durable's name is empty") }
    for text in [subject, domain, inboxPrefix].compactMap({ $0 }) + [subjectPrefix]
    where text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) {
      throw BrokerURLError(problem: "'\(text)' has a space or control character")
    }
  }

  /// The prefix of requests to the server's stream API.
  var apiPrefix: String { domain.map { "$JS.\($0).API" } ?? "$JS.API" }

  /// The address for people.
  package var name: String {
    var shown = url
    shown.path = stream
    return shown.place + (subject.map { " (\($0))" } ?? "")
  }
}
