/// Named limits of this target, each with its reason.
@usableFromInline
package enum Limits {
  /// A message may have this many bytes; more is the reject reason `size` (contract §1).
  package static let messageByteCount = 8 << 20
  /// Levels of nesting, the message itself being the first (contract §1).
  package static let nestingDepth = 1_024
  /// An event id or a topic may have this many bytes (contract §1).
  package static let nameByteCount = 256
  /// One chunk of lines: its places and those of its unescaped strings must fit 32 bits.
  package static let chunkByteCount = 1 << 30
  /// How far `occurred_at` may run ahead of `recorded_at` before it is not believed (contract §1).
  @usableFromInline
  package static let clockLeadMicroseconds: Int64 = 5 * 60 * 1_000_000
  /// Rows decoded before they are copied to the batch: their columns stay in the second cache.
  static let stagedRowCount = 512
  /// The shortest accepted message; a chunk has no more events than its bytes over this.
  static let shortestMessageByteCount = 60
  /// Rows a run hands over at once.
  package static let scanRowCount = 65_536
}
