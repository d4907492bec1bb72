import ConfigurationFiles
package import MessageSources

/// Where topics are and how to get at them: `kafka://broker[:port][,…]/TOPIC[,TOPIC…]?…`.
///
/// - Shape: options with a dot in their name go to the client library as they are
///   (`security.protocol`, `sasl.mechanism`, `ssl.ca.location`, …). A user and a password in the
///   address mean SASL PLAIN unless `sasl.mechanism` says otherwise.
package struct KafkaAddress: Sendable {
  var url: BrokerURL
  var topics: [String]
  /// Joins this consumer group and takes what it is given; else all partitions, or fixed ones.
  var group: String?
  var partitions: [Int32]?
  /// The group under which offsets are committed for others to see; the ledger never reads them.
  var commitGroup = "daybook"
  /// What origins call the cluster, in the place of the id that its brokers tell.
  var cluster: String?
  /// Settings of the client library, in order.
  var settings: [BrokerURL.Option] = []
  /// Prepended to the topics that a sink publishes to.
  var topicPrefix = ""

  /// Stands before a cluster's name in origins: an id that brokers tell never begins so.
  static let namedClusterPrefix = "cluster="

  /// The keys that an address may have beside the client library's.
  package static let optionKeys = [
    "topic", "group", "partitions", "commit_group", "isolation", "user", "password",
    "password_file", "tls", "tls_ca", "tls_cert", "tls_key", "prefix", "cluster",
  ]

  /// Reads an address; further options, say of a configuration file, win over those in the text.
  ///
  /// - Errors: `BrokerURLError`, without credentials in it.
  package init(
    _ text: String, options: [BrokerURL.Option] = [],
    readSecret: (String) throws -> String = BrokerURL.readSecret
  ) throws {
    url = try BrokerURL(text, defaultPort: 9092)
    guard url.scheme == "kafka" else {
      throw BrokerURLError(problem: "the scheme \(url.scheme) is not kafka")
    }
    topics = url.path.split(separator: ",").map(String.init)
    var user = url.user
    var password = url.password
    var isolation = "read_committed"
    var isSecure = false
    for option in url.options + options {
      switch option.key {
      case "user": user = option.value
      case "password": password = option.value
      case "password_file": password = try readSecret(option.value)
      case "tls": isSecure = option.value == "true" || option.value == "yes" || option.value == "1"
      case "tls_ca":
        isSecure = true
        settings.append(.init("ssl.ca.location", option.value))
      case "tls_cert": settings.append(.init("ssl.certificate.location", option.value))
      case "tls_key": settings.append(.init("ssl.key.location", option.value))
      case "isolation": isolation = option.value
      default: try take(option)
      }
    }
    guard ["read_committed", "read_uncommitted"].contains(isolation) else {
      throw BrokerURLError(problem: "isolation is read_committed or read_uncommitted")
    }
    settings.insert(.init("isolation.level", isolation), at: 0)
    addSecurity(user: user, password: password, isSecure: isSecure)
    if group != nil, partitions != nil {
      throw BrokerURLError(problem: "group and partitions exclude each other")
    }
  }

  private mutating func take(_ option: BrokerURL.Option) throws {
    switch option.key {
    case "topic": topics = option.value.split(separator: ",").map(String.init)
    case "group":
      group = option.value
      commitGroup = option.value
    case "commit_group": commitGroup = option.value
    case "prefix": topicPrefix = option.value
    case "cluster":
      let isName = option.value.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      }
      guard isName, !option.value.isEmpty else {
        throw BrokerURLError(problem: "cluster is a name: letters, digits, '-', '_' and '.'")
      }
      cluster = option.value
    case "partitions":
      partitions = try option.value.split(separator: ",").map { text in
        guard let number = Int32(text), number >= 0 else {
          throw BrokerURLError(problem: "partitions are numbers from 0, separated by commas")
        }
        return number
      }
    case let key where key.contains("."):
      if Self.ours.contains(key) {
        throw BrokerURLError(problem: "\(key) is Daybook's own: positions live in the ledger")
      }
      settings.append(option)
    default:
      let nearest = nearestName(to: option.key, among: Self.optionKeys)
      throw BrokerURLError(
        problem: "unknown option '\(option.key)'" + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }
  }

  /// Settings that would take the positions out of the ledger's hands.
  private static let ours: Set<String> = [
    "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "group.id",
    "bootstrap.servers", "metadata.broker.list", "enable.partition.eof",
  ]

  private mutating func addSecurity(user: String?, password: String?, isSecure: Bool) {
    func add(_ key: String, _ value: String) {
      if !settings.contains(where: { $0.key == key }) { settings.append(.init(key, value)) }
    }
    if let user {
      add("sasl.username", user)
      add("sasl.password", password ?? "")
      add("sasl.mechanism", "PLAIN")
      add("security.protocol", isSecure ? "SASL_SSL" : "SASL_PLAINTEXT")
    } else if isSecure {
      add("security.protocol", "SSL")
    }
  }

  /// The address for people.
  package var name: String {
    var shown = url
    shown.path = topics.joined(separator: ",")
    return shown.place
  }
}
