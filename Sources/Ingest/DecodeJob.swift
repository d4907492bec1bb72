import Bytes
import Events
import Mappings

/// One chunk on its way to columns.
///
/// - Concurrency: `@unchecked` because one task at a time has it: filled by the reader, decoded by
///   one thread, then read by many until the round is over.
final class DecodeJob: @unchecked Sendable {
  var batch = EventBatch()
  var byteCount = 0
  var firstLine: Int64 = 1
  var endsWithoutLineEnd = false
  /// For mapped input: the source line of each message of the chunk.
  var sourceLines: [Int64] = []
  var isMapped = false

  func decode(_ decoder: EventDecoder, importClock: Int64, policy: RecordedAtPolicy) {
    decoder.decode(
      &batch, byteCount: byteCount, firstLine: isMapped ? 2 : firstLine, importClock: importClock,
      recordedAtPolicy: policy)
    if isMapped { renumber() }
  }

  /// Puts the lines of the mapped file where the decoder counted messages (from 2, so that nothing
  /// is taken for a byte-order mark).
  private func renumber() {
    for row in 0..<batch.count {
      batch.position[row] = sourceLines[Int(batch.position[row]) - 2]
    }
    for index in batch.rejects.indices {
      batch.rejects[index].position = sourceLines[Int(batch.rejects[index].position) - 2]
    }
  }

  /// True when the last line was refused as JSON and has no line end: the input was cut off in it.
  var isCutOff: Bool {
    guard endsWithoutLineEnd, let last = batch.rejects.last else { return false }
    return last.reason == .json && Int(last.start) + Int(last.length) >= byteCount
  }
}
