import Synchronization

/// Which source delivers an origin: the first that does, as long as the subscriber runs.
///
/// Positions are compared within an origin. Were there two streams under one name, messages of one
/// would be dropped because the other is further.
final class OriginClaims: Sendable {
  private let lanes = Mutex<[[UInt8]: Int]>([:])

  /// False when another source has the origin, or another life of it.
  func claim(_ origin: [UInt8], lane: Int) -> Bool {
    let stream = Self.stream(origin)
    return lanes.withLock { lanes in
      if let owner = lanes[stream] { return owner == lane }
      lanes[stream] = lane
      return true
    }
  }

  /// `kafka:shop/0@cluster` of its second life, `kafka:shop/0@cluster~2`.
  private static func stream(_ origin: [UInt8]) -> [UInt8] {
    guard let mark = origin.lastIndex(of: UInt8(ascii: "~")),
      origin[..<mark].contains(UInt8(ascii: "@")),
      origin[(mark + 1)...].allSatisfy({ (0x30...0x39).contains($0) })
    else { return origin }
    return Array(origin[..<mark])
  }
}
