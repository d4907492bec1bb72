import Decoders
import Events
import MessageSources

/// Messages of one origin on their way from a source to the ledger.
///
/// - Concurrency: `@unchecked` because one holder at a time has it: the source's thread fills it,
///   the queue hands it on, a task decodes it, the ledger's thread appends it.
final class Delivery: @unchecked Sendable {
  let lane: Int
  /// Counts how often the lane was told to forget: an older delivery is void.
  let generation: Int
  let end: SourcePosition
  var batch = EventBatch()
  private let starts: [UInt32]
  private let lengths: [UInt32]
  private let positions: [Int64]
  private(set) var recordedAt: [Int64]
  let byteCount: Int
  /// When it was pulled, steady.
  let pulledAt: Int64

  var origin: [UInt8] { end.origin }
  var messageCount: Int { starts.count }

  init(
    lane: Int, generation: Int, end: SourcePosition, text: [UInt8], starts: [UInt32],
    lengths: [UInt32], positions: [Int64], recordedAt: [Int64], pulledAt: Int64
  ) {
    self.lane = lane
    self.generation = generation
    self.end = end
    self.starts = starts
    self.lengths = lengths
    self.positions = positions
    self.recordedAt = recordedAt
    self.pulledAt = pulledAt
    byteCount = text.count
    batch.text = text
  }

  func decode(_ decoder: MessageDecoding) {
    decoder.decode(
      &batch, messageStarts: starts, lengths: lengths, positions: positions,
      recordedAt: recordedAt, origin: origin)
  }
}
