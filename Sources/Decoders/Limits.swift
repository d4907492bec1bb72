/// Named limits of this target, each with its reason.
enum Limits {
  /// An origin that is longer stands as a digest in the event ids made of it: an id has at most
  /// 256 bytes (contract §1), a position up to 20 and a digest 16.
  static let originInIDByteCount = 200
  /// One message may become many events, each of which keeps the whole message (mappings with
  /// `each`). Together they may fill a segment's share of messages, not more.
  static let expandedByteCount = 256 << 20
  /// Names in a table of topics that a person writes.
  static let topicCount = 10_000
}
