/// The options of §6.
package struct NaiveOptions {
  package var sessionGap = 30 * NaiveTime.minute
  package var sessionMax = 24 * NaiveTime.hour
  package var patienceBrowse = 24 * NaiveTime.hour
  package var patienceCart = 60 * NaiveTime.minute
  package var patienceCheckout = 60 * NaiveTime.minute
  package var patienceDeclined = 60 * NaiveTime.minute
  package var patiencePayment = 24 * NaiveTime.hour
  package var recoveryWindow = 7 * NaiveTime.day
  package var stitches = true
  package var hubLimit = 5
  package var asOf: Microseconds?
  package var roles: [(ByteText, NaiveRole)] = []

  package init() {}
}

/// An options text says something that options cannot say; `key` is where.
package struct NaiveOptionsError: Error {
  package var key: String
}

extension NaiveOptions {
  /// Reads an options file written as JSON.
  package init(json text: ByteText) throws(NaiveOptionsError) {
    let value: NaiveJSON
    do throws(NotJSON) {
      value = try NaiveJSONParser.parse(text, deepest: 16)
    } catch {
      throw NaiveOptionsError(key: "")
    }
    try self.init(value)
  }

  /// Reads an options object.
  init(_ value: NaiveJSON) throws(NaiveOptionsError) {
    self.init()
    guard case .object(let members) = value else { throw NaiveOptionsError(key: "") }
    for member in members {
      let key = String(decoding: member.key, as: UTF8.self)
      try set(key, member.value)
    }
  }

  private mutating func set(_ key: String, _ value: NaiveJSON) throws(NaiveOptionsError) {
    switch bytes(key) {
    case bytes("session_gap"): sessionGap = try span(key, value)
    case bytes("session_max"): sessionMax = try span(key, value)
    case bytes("recovery_window"): recoveryWindow = try span(key, value)
    case bytes("stitch"): stitches = try stitch(key, value)
    case bytes("hub_limit"): hubLimit = try limit(key, value)
    case bytes("as_of"): asOf = try time(key, value)
    case bytes("patience"):
      guard case .object(let members) = value else { throw NaiveOptionsError(key: key) }
      for member in members {
        try setPatience(String(decoding: member.key, as: UTF8.self), member.value)
      }
    case bytes("roles"):
      guard case .object(let members) = value else { throw NaiveOptionsError(key: key) }
      for member in members { try setRole(member.key, member.value) }
    default: throw NaiveOptionsError(key: key)
    }
  }

  private mutating func setPatience(
    _ key: String, _ value: NaiveJSON
  ) throws(NaiveOptionsError) {
    let patience = try span(key, value)
    switch bytes(key) {
    case bytes("browse"): patienceBrowse = patience
    case bytes("cart"): patienceCart = patience
    case bytes("checkout"): patienceCheckout = patience
    case bytes("declined"): patienceDeclined = patience
    case bytes("payment"): patiencePayment = patience
    default: throw NaiveOptionsError(key: key)
    }
  }

  private mutating func setRole(
    _ topic: ByteText, _ value: NaiveJSON
  ) throws(NaiveOptionsError) {
    let key = String(decoding: topic, as: UTF8.self)
    guard case .string(let name) = value else { throw NaiveOptionsError(key: key) }
    guard let role = NaiveRole.allCases.first(where: { bytes($0.rawValue) == name }) else {
      throw NaiveOptionsError(key: key)
    }
    roles.append((topic, role))
  }

  private func span(_ key: String, _ value: NaiveJSON) throws(NaiveOptionsError) -> Microseconds {
    guard case .string(let text) = value, let span = NaiveTime.span(text) else {
      throw NaiveOptionsError(key: key)
    }
    return span
  }

  private func time(_ key: String, _ value: NaiveJSON) throws(NaiveOptionsError) -> Microseconds {
    guard case .string(let text) = value, let time = NaiveTime.parse(text) else {
      throw NaiveOptionsError(key: key)
    }
    return time
  }

  private func stitch(_ key: String, _ value: NaiveJSON) throws(NaiveOptionsError) -> Bool {
    guard case .string(let text) = value else { throw NaiveOptionsError(key: key) }
    if text == bytes("backfill") { return true }
    guard text == bytes("none") else { throw NaiveOptionsError(key: key) }
    return false
  }

  private func limit(_ key: String, _ value: NaiveJSON) throws(NaiveOptionsError) -> Int {
    guard case .number(let text) = value, let limit = wholeNumber(text), limit >= 0 else {
      throw NaiveOptionsError(key: key)
    }
    return Int(limit)
  }
}
