import Bytes
import Decoders
import Events
import Mappings

/// What the decoding of one round's chunks goes by.
struct DecodeRun: Sendable {
  let decoding: MessageDecoding
  let origin: [UInt8]
  let importClock: Int64
  let policy: RecordedAtPolicy
  /// Whether plain lines may be of other vocabularies too.
  let readsPlainLines: Bool
}

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
  /// For framed input: where each line of the recorded form lies.
  var frames: [Range<Int>] = []

  /// Records that a decoder's mapping passed over.
  private(set) var skippedCount = 0

  func decode(_ run: DecodeRun) {
    if !frames.isEmpty {
      skippedCount = run.decoding.decode(
        &batch, recordedLines: frames, byteCount: byteCount, firstLine: firstLine,
        origin: run.origin, importClock: run.importClock, recordedAtPolicy: run.policy)
      return
    }
    skippedCount = run.decoding.decode(
      &batch, byteCount: byteCount, firstLine: isMapped ? 2 : firstLine, origin: run.origin,
      importClock: run.importClock, recordedAtPolicy: run.policy,
      readsPlainLines: run.readsPlainLines && !isMapped)
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
