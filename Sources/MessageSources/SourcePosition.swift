/// How far an origin has been taken: what the ledger's checkpoint saves.
package struct SourcePosition: Sendable, Equatable, Hashable {
  package var origin: [UInt8]
  /// The last position that is taken.
  package var position: Int64
  /// The source's own words: the stream's time of creation, a byte offset, a digest of the message.
  package var detail: String

  package init(origin: [UInt8], position: Int64, detail: String = "") {
    self.origin = origin
    self.position = position
    self.detail = detail
  }
}

/// What the ledger has committed, for a source that opens or gets another partition.
///
/// - Concurrency: any thread may ask.
package struct CommittedPositions: Sendable {
  private let ofOrigin: @Sendable ([UInt8]) throws -> SourcePosition?
  private let withPrefix: @Sendable ([UInt8]) throws -> [SourcePosition]

  package init(
    ofOrigin: @escaping @Sendable ([UInt8]) throws -> SourcePosition?,
    withPrefix: @escaping @Sendable ([UInt8]) throws -> [SourcePosition]
  ) {
    self.ofOrigin = ofOrigin
    self.withPrefix = withPrefix
  }

  /// A ledger that has nothing yet.
  package static let none = CommittedPositions(ofOrigin: { _ in nil }, withPrefix: { _ in [] })

  /// The committed positions of a fixed list.
  package init(_ positions: [SourcePosition]) {
    self.init(
      ofOrigin: { origin in positions.last { $0.origin == origin } },
      withPrefix: { prefix in positions.filter { $0.origin.starts(with: prefix) } })
  }

  /// Up to where an origin is committed; nil when the ledger does not know it.
  package func position(of origin: [UInt8]) throws -> SourcePosition? { try ofOrigin(origin) }

  /// All origins whose name begins with some bytes: earlier lives of a stream, files of a folder.
  package func positions(beginningWith prefix: [UInt8]) throws -> [SourcePosition] {
    try withPrefix(prefix)
  }
}

/// What a broker holds beyond what was pulled, as far as it is known without much work.
package struct SourceBacklog: Sendable, Equatable {
  package var messageCount: Int64?
  /// When the newest message was taken by the broker, in microseconds since 1970 UTC.
  package var newestAt: Int64?

  package init(messageCount: Int64? = nil, newestAt: Int64? = nil) {
    self.messageCount = messageCount
    self.newestAt = newestAt
  }
}
