import Bytes

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) with one key.
struct KeyedHash: Sendable {
  private let inner: [UInt8]
  private let outer: [UInt8]

  init(key: [UInt8]) {
    var block = key.count > 64 ? SHA256.hash(key) : key
    block.append(contentsOf: repeatElement(0, count: 64 - block.count))
    inner = block.map { $0 ^ 0x36 }
    outer = block.map { $0 ^ 0x5c }
  }

  func hash(_ message: some Sequence<UInt8>) -> [UInt8] {
    SHA256.hash(outer + SHA256.hash(inner + message))
  }
}

/// Names as they leave the house: as they are, or pseudonyms by a key.
///
/// - Shape: a pseudonym is 32 hex digits: the first 16 bytes of the keyed hash of the kind of name,
///   LF and the name, so that an id used as two kinds gives two pseudonyms.
struct Pseudonyms: Sendable {
  private let keyed: KeyedHash?
  private let hidesItems: Bool

  init(_ privacy: PrivacyRules, key: [UInt8]?) {
    keyed = key.map { KeyedHash(key: $0) }
    hidesItems = privacy.profile == .public
  }

  var isActive: Bool { keyed != nil }

  func user(_ word: [UInt8]) -> [UInt8] { written("user", word) }

  func item(_ word: some Sequence<UInt8>) -> [UInt8] {
    hidesItems ? written("item", Array(word)) : Array(word)
  }

  /// An order, a sequence: any name in a column of context.
  func name(_ word: some Sequence<UInt8>) -> [UInt8] { written("name", Array(word)) }

  private func written(_ kind: String, _ word: [UInt8]) -> [UInt8] {
    guard let keyed else { return word }
    let hash = keyed.hash(Array(kind.utf8) + [0x0a] + word)
    return Array(hexadecimal(hash.prefix(16)).utf8)
  }

  /// How far a user's times are moved: the same for all of them.
  func shift(of user: [UInt8], within span: Int64) -> Int64 {
    guard let keyed, span > 0 else { return 0 }
    let hash = keyed.hash(Array("shift\n".utf8) + user)
    let number = hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let place = number.multipliedFullWidth(by: UInt64(span) * 2 + 1).high
    return Int64(place) - span
  }
}
