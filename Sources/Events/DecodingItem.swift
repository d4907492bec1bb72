import CKernels

/// One message to decode, by places in a batch's text.
///
/// What a row keeps and what its columns are read from may be two things: messages of other
/// vocabularies are translated to the contract's form first, and stay as they came in the row.
package struct DecodingItem: Sendable {
  /// What an accepted row keeps as its message.
  package var message: Range<Int>
  /// The contract's form, which the columns are read from.
  package var contract: Range<Int>
  /// What a reject keeps: the message, or the line around it.
  package var refused: Range<Int>
  /// Where it stood in its input: a reject's position, and a row's unless it names its own.
  package var position: Int64
  /// The position that the row itself names.
  package var ownPosition: Int64?
  /// When the ledger learned of it; nil: by the run's policy and clock.
  package var recordedAt: Int64?
  /// The origin that the row itself names.
  package var origin: Range<Int>?
  /// A line of a file, plain or of the recorded form, to be read as such.
  package var isLine = false
  /// Why it is refused before anything is read, and in words.
  package var refusal: (reason: RejectReason, detail: String)?

  /// A message that is the contract's own form.
  package init(message: Range<Int>, position: Int64, recordedAt: Int64?) {
    self.message = message
    contract = message
    refused = message
    self.position = position
    self.recordedAt = recordedAt
  }
}

/// Which form a line of a file has.
package enum LineForm: Sendable {
  case plain
  case recorded(RecordedWrapper)
  /// It begins as the recorded form does, and is at fault.
  case broken
}

/// The wrapper of a line of the recorded form.
package struct RecordedWrapper: Sendable {
  /// Where the message lies in the text.
  package var message: Range<Int>
  package var recordedAt: Int64
  package var origin: [UInt8]?
  /// Nil when the wrapper names none.
  package var position: Int64?
}

extension EventDecoder {
  /// Decodes messages that lie anywhere in a batch's `text`, in the order of the items.
  ///
  /// - Shape: `batch.text` holds all that the items name; a byte below U+0020 follows each of their
  ///   ranges. All else in the batch is replaced.
  package func decode(
    _ batch: inout EventBatch, items: [DecodingItem], lineCount: Int, importClock: Int64,
    recordedAtPolicy: RecordedAtPolicy
  ) {
    run(&batch) { scanner, batch in
      var run = ChunkRun(
        base: scanner.base, byteCount: 0, position: 0, importClock: importClock,
        policy: recordedAtPolicy)
      for item in items { run.decode(item, &scanner, &batch) }
      batch.lineCount = lineCount
    }
  }

  /// Tells the forms of lines, and reads the wrappers of recorded ones.
  ///
  /// - Shape: 64 readable bytes follow the last line, and a byte below U+0020 each of them.
  package func forms(ofLines lines: [Range<Int>], in text: [UInt8]) -> [LineForm] {
    text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return lines.map { _ in .plain } }
      var scanner = MessageScanner(
        base: base, byteCount: 0, unescapedOrigin: bytes.count, keys: keys, seed: seed)
      return lines.map { scanner.form(base + $0.lowerBound, base + $0.upperBound) }
    }
  }
}

extension MessageScanner {
  fileprivate mutating func form(_ start: BytePointer, _ stop: BytePointer) -> LineForm {
    guard beginsRecorded(start, stop) else { return .plain }
    rows.setText(StagedRows.origin, 0, TextColumn.absent)
    rows.setLong(StagedRows.position, Int64.min)
    guard let message = scanWrapper(start, stop), faults == 0 else { return .broken }
    let place = StagedRows.origin * StagedRows.capacity
    var origin: [UInt8]?
    if rows.lengths[place] != TextColumn.absent {
      let text = UnsafeBufferPointer(
        start: pointer(rows.starts[place]), count: Int(rows.lengths[place]))
      origin = Array(text)
    }
    let position = rows.longs[StagedRows.position * StagedRows.capacity]
    return .recorded(
      RecordedWrapper(
        message: message.start - base..<message.stop - base,
        recordedAt: rows.longs[StagedRows.recordedAt * StagedRows.capacity], origin: origin,
        position: position == Int64.min ? nil : position))
  }
}

extension ChunkRun {
  /// Decodes one item.
  fileprivate mutating func decode(
    _ item: DecodingItem, _ scanner: inout MessageScanner, _ batch: inout EventBatch
  ) {
    position = item.position
    let refused = (start: base + item.refused.lowerBound, stop: base + item.refused.upperBound)
    if let refusal = item.refusal {
      return reject(refusal.reason, refusal.detail, refused.start, refused.stop, &batch)
    }
    if item.isLine {
      return decodeLine(refused.start, refused.stop, isClean: false, &scanner, &batch)
    }
    decode(
      Parts(
        message: (base + item.message.lowerBound, base + item.message.upperBound),
        contract: (base + item.contract.lowerBound, base + item.contract.upperBound),
        refused: refused),
      item, &scanner, &batch)
  }

  private struct Parts {
    var message: (start: BytePointer, stop: BytePointer)
    var contract: (start: BytePointer, stop: BytePointer)
    var refused: (start: BytePointer, stop: BytePointer)
  }

  private func decode(
    _ parts: Parts, _ item: DecodingItem, _ scanner: inout MessageScanner,
    _ batch: inout EventBatch
  ) {
    let (start, stop) = parts.refused
    if daybook_is_utf8(start, stop - start) == 0 {
      return reject(.encoding, "not UTF-8", start, stop, &batch)
    }
    if parts.message.stop - parts.message.start > Limits.messageByteCount {
      return reject(.size, "more than 8 MiB", start, stop, &batch)
    }
    guard scanner.scan(parts.contract.start, parts.contract.stop) else {
      // Places of faults are those of the message only where it is the contract's form itself.
      if item.contract == item.message { return rejectJSON(start, stop, scanner, &batch) }
      return reject(.json, scanner.json.fault.text.description, start, stop, &batch)
    }
    if scanner.faults != 0 { return rejectField(start, stop, scanner, &batch) }
    if let origin = item.origin {
      scanner.rows.setText(StagedRows.origin, UInt32(origin.lowerBound), UInt32(origin.count))
      batch.hasOwnOrigins = true
    } else {
      scanner.rows.setText(StagedRows.origin, 0, TextColumn.absent)
    }
    scanner.rows.setLong(StagedRows.position, item.ownPosition ?? position)
    let byPolicy = policy == .clock ? importClock : min(scanner.occurredAt, importClock)
    scanner.accept(
      parts.message.start, parts.message.stop, recordedAt: item.recordedAt ?? byPolicy)
    if scanner.rows.count == StagedRows.capacity { scanner.rows.flush(to: &batch) }
  }
}
