/// The least and the greatest value of a page or a chunk, in PLAIN form without a length.
struct Bounds: Sendable, Equatable {
  var least: [UInt8]
  var greatest: [UInt8]

  /// Widens to hold other bounds too.
  mutating func widen(_ other: Bounds, order: ValueOrder) {
    if order.isBelow(other.least, least) { least = other.least }
    if order.isBelow(greatest, other.greatest) { greatest = other.greatest }
  }

  /// The bounds of many pages, or nil when none of them has any.
  static func union(_ pages: [Bounds?], order: ValueOrder) -> Bounds? {
    var result: Bounds?
    for case let page? in pages {
      if result == nil { result = page } else { result?.widen(page, order: order) }
    }
    return result
  }
}

/// A bound that may have been shortened.
struct ShortBound: Equatable {
  var bytes: [UInt8]
  var isExact: Bool
}

extension Bounds {
  /// Longer bounds are shortened for the footer and the column index.
  static let byteLimit = 64

  /// The least value, or a prefix of it, which sorts before it.
  func shortLeast(isText: Bool) -> ShortBound {
    guard least.count > Bounds.byteLimit else { return ShortBound(bytes: least, isExact: true) }
    var end = Bounds.byteLimit
    if isText { end = Bounds.characterStart(least, at: end) }
    return ShortBound(bytes: Array(least[..<end]), isExact: false)
  }

  /// The greatest value, or a shorter string above it; nil when there is none.
  func shortGreatest(isText: Bool) -> ShortBound? {
    guard greatest.count > Bounds.byteLimit else {
      return ShortBound(bytes: greatest, isExact: true)
    }
    let raised =
      isText
      ? Bounds.raisedText(greatest, limit: Bounds.byteLimit)
      : Bounds.raisedBytes(greatest, limit: Bounds.byteLimit)
    return raised.map { ShortBound(bytes: $0, isExact: false) }
  }

  /// The shortest string above all that start with the first `limit` bytes.
  private static func raisedBytes(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var prefix = Array(bytes[..<limit])
    while let last = prefix.popLast() {
      if last < 0xff {
        prefix.append(last + 1)
        return prefix
      }
    }
    return nil
  }

  /// The same in whole characters, so that the bound is UTF-8 again; readers show it as text.
  private static func raisedText(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var end = characterStart(bytes, at: limit)
    while end > 0 {
      let start = characterStart(bytes, at: end - 1)
      let character = String(decoding: bytes[start..<end], as: UTF8.self)
      if let scalar = character.unicodeScalars.first, scalar != "\u{FFFD}",
        let next = Unicode.Scalar(scalar.value == 0xd7ff ? 0xe000 : scalar.value + 1)
      {
        return Array(bytes[..<start]) + Array(String(Character(next)).utf8)
      }
      end = start
    }
    return nil
  }

  /// The start of the character that holds the byte at `index`.
  private static func characterStart(_ bytes: [UInt8], at index: Int) -> Int {
    var start = index
    while start > 0, start < bytes.count, bytes[start] & 0xc0 == 0x80 { start -= 1 }
    return start
  }
}
