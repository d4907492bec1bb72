package import Bytes
import CKernels

/// When the ledger learned of an event whose line does not say so itself.
package enum RecordedAtPolicy: Sendable {
  /// The earlier of `occurred_at` and the import's clock.
  case fromEvent
  /// The import's clock.
  case clock
}

/// Turns chunks of lines, or messages of a broker, into columns of events and rejects.
///
/// - Shape: a value without state: several threads decode different chunks with one decoder.
/// - Source: docs/semantics.md §1.
package struct EventDecoder: Sendable {
  let seed: UInt64
  let keys = KeyTable()

  /// A decoder whose hashes are keyed by `seed`.
  package init(seed: UInt64) { self.seed = seed }

  /// Decodes whole lines that lie in a batch's `text`.
  ///
  /// A line of the recorded form keeps its own `recorded_at`, whatever the policy. A reject is kept
  /// as the whole line with the line's number, a recorded one with its wrapper, so that a repaired
  /// line keeps its time, origin and position when it is replayed.
  /// - Shape: the lines are `batch.text[..<byteCount]`; every line but the last of a file ends
  ///   with LF. All else in the batch is replaced; its buffers are used again.
  /// - Units: `firstLine` counts from 1 (at 1, a byte-order mark is skipped); `importClock` in
  ///   microseconds since 1970 UTC; at most `Limits.chunkByteCount` bytes.
  package func decode(
    _ batch: inout EventBatch, byteCount: Int, firstLine: Int64, importClock: Int64,
    recordedAtPolicy: RecordedAtPolicy = .fromEvent
  ) {
    precondition(byteCount <= batch.text.count, "the lines lie in the batch's text")
    batch.text.removeLast(batch.text.count - byteCount)
    run(&batch) { scanner, batch in
      var run = ChunkRun(
        base: scanner.base, byteCount: byteCount, position: firstLine,
        importClock: importClock, policy: recordedAtPolicy)
      run.decodeLines(&scanner, &batch)
    }
  }

  /// Decodes whole lines into a new batch.
  package func decode(
    chunk: consuming [UInt8], firstLine: Int64, importClock: Int64,
    recordedAtPolicy: RecordedAtPolicy = .fromEvent
  ) -> EventBatch {
    var batch = EventBatch()
    batch.text = chunk
    decode(
      &batch, byteCount: batch.text.count, firstLine: firstLine, importClock: importClock,
      recordedAtPolicy: recordedAtPolicy)
    return batch
  }

  /// Decodes messages of a broker: one message is one event, never of the recorded form.
  ///
  /// - Shape: `positions` and `recordedAt` (the broker's times) have one entry a message.
  package func decode(
    messages: ByteStrings, positions: [Int64], recordedAt: [Int64]
  ) -> EventBatch {
    precondition(
      positions.count == messages.count && recordedAt.count == messages.count,
      "every message has a position and a time")
    var batch = EventBatch()
    batch.text.reserveCapacity(messages.bytes.count + messages.count + EventBatch.slackByteCount)
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
    for index in 0..<messages.count {
      starts.append(UInt32(batch.text.count))
      lengths.append(messages.offsets[index + 1] - messages.offsets[index])
      batch.text.append(contentsOf: messages[index])
      batch.text.append(UInt8(ascii: "\n"))
    }
    decode(
      &batch, messageStarts: starts, lengths: lengths, positions: positions,
      recordedAt: recordedAt)
    return batch
  }

  /// Decodes messages of a broker that lie in a batch's `text`.
  ///
  /// - Shape: the columns have one entry a message; a line feed follows each message in the text,
  ///   which stops a string that is not closed. All else in the batch is replaced.
  package func decode(
    _ batch: inout EventBatch, messageStarts starts: [UInt32], lengths: [UInt32],
    positions: [Int64], recordedAt: [Int64]
  ) {
    precondition(
      starts.count == lengths.count && starts.count == positions.count
        && starts.count == recordedAt.count, "every message has a place, a position and a time")
    for index in starts.indices {
      let end = Int(starts[index]) + Int(lengths[index])
      precondition(
        end < batch.text.count && batch.text[end] == UInt8(ascii: "\n"),
        "a line feed follows every message")
    }
    run(&batch) { scanner, batch in
      for index in starts.indices {
        let start = scanner.base + Int(starts[index])
        let run = ChunkRun(
          base: scanner.base, byteCount: Int(lengths[index]), position: positions[index],
          importClock: recordedAt[index], policy: .clock)
        run.decodeMessage(start, start + Int(lengths[index]), &scanner, &batch)
      }
      batch.lineCount = starts.count
    }
  }

  /// Decodes one message of a broker.
  package func decodeOne(message: [UInt8], position: Int64, recordedAt: Int64) -> EventBatch {
    decode(
      messages: ByteStrings(bytes: message, offsets: [0, UInt32(message.count)]),
      positions: [position], recordedAt: [recordedAt])
  }

  /// Empties all but the text, runs `body` over the text, and puts unescaped strings behind it.
  @inline(__always)
  func run(
    _ batch: inout EventBatch, _ body: (inout MessageScanner, inout EventBatch) -> Void
  ) {
    batch.removeRows()
    // The text is moved out while the scanner points into it, so that the columns can grow.
    var text: [UInt8] = []
    swap(&text, &batch.text)
    let byteCount = text.count
    precondition(byteCount <= Limits.chunkByteCount, "a chunk is at most 1 GiB")
    text.append(contentsOf: repeatElement(0, count: EventBatch.slackByteCount))
    let unescapedOrigin = text.count
    let unescaped = text.withUnsafeBufferPointer { bytes -> [UInt8] in
      guard let base = bytes.baseAddress else { return [] }
      var scanner = MessageScanner(
        base: base, byteCount: byteCount, unescapedOrigin: unescapedOrigin, keys: keys, seed: seed)
      body(&scanner, &batch)
      scanner.rows.flush(to: &batch)
      batch.emptyColumns = ~scanner.rows.usedColumns
      scanner.lines.flush(to: &batch)
      return [UInt8](
        UnsafeBufferPointer(start: scanner.unescaped.bytes, count: scanner.unescaped.count))
    }
    if !unescaped.isEmpty {
      text.append(contentsOf: unescaped)
      text.append(contentsOf: repeatElement(0, count: EventBatch.slackByteCount))
    }
    swap(&text, &batch.text)
  }
}
