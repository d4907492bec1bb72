import ConfigurationFiles
import Decoders

extension SubscriptionConfiguration.Reader {
  /// Keys that every source has.
  static let sourceKeys = ["name", "address", "decoder", "topics"]
  /// What a key ends with whose value is the name of an environment variable.
  static let environmentSuffix = "_env"

  mutating func readSource(_ node: ConfigurationNode) {
    var source = SubscriptionConfiguration.Source(
      name: "", address: "", options: [], decoder: DecoderOptions(), place: node)
    guard case .mapping = node.content else {
      return attempt { _ in
        throw node.error(
          "expected a source with its keys, found \(node.inWords)",
          advice: "write '- address: nats://host:4222/STREAM'")
      }
    }
    guard let address = node["address"] else {
      return attempt { _ in
        throw node.error(
          "the source has no 'address'", advice: "write one, say nats://host:4222/STREAM")
      }
    }
    var keys = Self.sourceKeys
    attempt { reader in
      source.address = try address.text()
      source.name = source.address.withoutCredentials
      keys += try reader.optionKeys(source.address, address)
    }
    // Of a scheme that there is none of, only what every source has can be checked.
    let isKnown = keys.count > Self.sourceKeys.count
    attempt { reader in
      for entry in try node.entries() {
        reader.attempt { reader in
          if Self.sourceKeys.contains(entry.key) {
            try reader.readShared(entry, &source)
          } else if isKnown {
            try reader.readOption(entry, keys, &source)
          }
        }
      }
    }
    let name = source.name
    if !name.isEmpty, configuration.sources.contains(where: { $0.name == name }) {
      let isNamed = node["name"] != nil
      problems.append(
        (node["name"] ?? address).error(
          "two sources are called '\(name)'",
          advice: isNamed
            ? "names tell sources apart in logs and metrics" : "give one of them a 'name'"))
    }
    checkOrigin(source, at: address)
    configuration.sources.append(source)
  }

  /// Two sources that read the same stream under the same durable would take from each other.
  private mutating func checkOrigin(
    _ source: SubscriptionConfiguration.Source, at node: ConfigurationNode
  ) {
    let identity = source.streamIdentity
    guard !source.address.isEmpty,
      let twin = configuration.sources.first(where: { $0.streamIdentity == identity })
    else { return }
    problems.append(
      node.error(
        "this source reads the same stream as the one in line \(twin.place.line)",
        advice: "keep one of them: an origin belongs to one source"))
  }

  private func optionKeys(
    _ address: String, _ node: ConfigurationNode
  ) throws(ConfigurationError) -> [String] {
    guard let colon = address.firstIndex(of: ":"), colon != address.startIndex else {
      throw node.error(
        "the address '\(address.withoutCredentials)' has no scheme",
        advice: "Write one of: \(surroundings.schemes.joined(separator: ", ")).")
    }
    let scheme = String(address[..<colon])
    guard let keys = surroundings.optionKeys(scheme) else {
      throw node.error(
        "there is no source of the scheme '\(scheme)'",
        nearest: nearestName(to: scheme, among: surroundings.schemes),
        advice: "Known schemes: \(surroundings.schemes.joined(separator: ", ")).")
    }
    return keys
  }

  private func readShared(
    _ entry: ConfigurationEntry, _ source: inout SubscriptionConfiguration.Source
  ) throws {
    switch entry.key {
    case "name":
      source.name = try entry.value.text()
      if source.name.isEmpty { throw entry.value.error("the name is empty") }
    case "decoder":
      let name = try entry.value.text()
      if !name.hasPrefix(DecoderChoice.mappingPrefix) {
        _ = try entry.value.choice(
          of: DecoderChoice.names + [DecoderChoice.mappingPrefix + "FILE"], what: "decoder")
      }
      do {
        source.decoder.choice = try surroundings.decoder(name)
      } catch {
        throw entry.value.error("the decoder '\(name)' cannot be used: \(error)")
      }
    case "topics": source.decoder.topics = try TopicRename.table(entry.value)
    default: break
    }
  }

  private func readOption(
    _ entry: ConfigurationEntry, _ keys: [String],
    _ source: inout SubscriptionConfiguration.Source
  ) throws {
    let suffix = Self.environmentSuffix
    let isEnvironment = entry.key.hasSuffix(suffix)
    let key = isEnvironment ? String(entry.key.dropLast(suffix.count)) : entry.key
    guard keys.contains(key), !(isEnvironment && Self.sourceKeys.contains(key)) else {
      return try entry.requireKey(among: keys, of: "a source of this scheme")
    }
    var value = try entry.value.text()
    if isEnvironment {
      guard let found = surroundings.environment(value) else {
        throw entry.value.error(
          "the environment variable \(value) is not set", advice: "set it, or write '\(key)'")
      }
      value = found
    }
    source.options.append(
      SubscriptionConfiguration.Option(key: key, value: value, place: entry.value))
  }
}

extension SubscriptionConfiguration.Source {
  /// What makes two sources one: the address without credentials, and the options that choose.
  var streamIdentity: String {
    let choosing = ["stream", "subject", "durable", "topic", "topics", "group", "partitions",
      "subscriber", "filter",
    ]
    let chosen = options.filter { choosing.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    return ([address] + chosen.sorted()).joined(separator: "\n")
  }
}

extension String {
  /// An address without what may be secret: all before an `@`, and the options behind a `?`.
  var withoutCredentials: String {
    let shown = self[..<(firstIndex(of: "?") ?? endIndex)]
    guard let slashes = range(ofSlashes: self), slashes <= shown.endIndex else {
      return String(shown)
    }
    let rest = shown[slashes...]
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return String(shown) }
    return String(shown[..<slashes]) + String(rest[index(after: at)...])
  }

  private func range(ofSlashes text: String) -> String.Index? {
    var previous: Character?
    for index in text.indices {
      if previous == "/", text[index] == "/" { return text.index(after: index) }
      previous = text[index]
    }
    return nil
  }
}
