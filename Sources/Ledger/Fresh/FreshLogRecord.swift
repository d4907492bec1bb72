/// A fresh log as the segment catalog knows it: how much of the file is committed.
///
/// - Units: times in microseconds since 1970 UTC.
package struct FreshLogRecord: Sendable, Equatable {
  /// The file's name in `fresh/`.
  package var name: String
  /// The ledger offset of its first row, and the one after its last.
  package var firstOffset: Int64
  package var endOffset: Int64
  /// Bytes of the file that count; what lies behind them was never committed.
  package var byteCount = 0
  /// Bytes of all messages of its rows.
  package var messageByteCount = 0
  /// Nil while it has no row.
  package var occurredAt: ClosedRange<Int64>?
  package var recordedAt: ClosedRange<Int64>?
  package var createdAt: Int64

  init(name: String, firstOffset: Int64, createdAt: Int64) {
    self.name = name
    self.firstOffset = firstOffset
    endOffset = firstOffset
    self.createdAt = createdAt
  }

  /// Takes account of a frame.
  mutating func add(_ frame: EncodedFrame) {
    endOffset = frame.endOffset
    byteCount += frame.byteCount
    messageByteCount += frame.messageByteCount
    occurredAt = union(occurredAt, frame.occurredAt)
    recordedAt = union(recordedAt, frame.recordedAt)
  }

  private func union(
    _ known: ClosedRange<Int64>?, _ new: ClosedRange<Int64>
  ) -> ClosedRange<Int64> {
    guard let known else { return new }
    return min(known.lowerBound, new.lowerBound)...max(known.upperBound, new.upperBound)
  }
}
