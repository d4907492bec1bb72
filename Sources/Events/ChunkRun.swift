import CKernels

/// The walk over one chunk: cuts it into lines and sends each to the accepted or the rejects.
///
/// - Invariants: what one line holds, however broken, never changes what another one gives.
struct ChunkRun {
  let base: BytePointer
  let byteCount: Int
  var position: Int64
  let importClock: Int64
  let policy: RecordedAtPolicy

  /// Decodes all lines of the chunk.
  mutating func decodeLines(_ scanner: inout MessageScanner, _ batch: inout EventBatch) {
    let isClean = daybook_is_utf8(base, byteCount) == 1
    let firstPosition = position
    let end = base + byteCount
    var start = base
    if position == 1, byteCount >= 3, base[0] == 0xef, base[1] == 0xbb, base[2] == 0xbf {
      start += 3
    }
    while start < end {
      let lineFeed = daybook_find_line_feed(start, end - start)
      var stop = lineFeed ?? end
      if stop > start, stop[-1] == UInt8(ascii: "\r") { stop -= 1 }
      if !ChunkRun.isBlank(start, stop) {
        decodeLine(start, stop, isClean: isClean, &scanner, &batch)
      }
      start = lineFeed.map { $0 + 1 } ?? end
      position += 1
    }
    // A mark alone is a line too, when nothing follows it.
    if byteCount == 3, start == end, position == firstPosition { position += 1 }
    batch.lineCount = Int(position - firstPosition)
  }

  @inline(__always)
  private static func isBlank(_ start: BytePointer, _ stop: BytePointer) -> Bool {
    var place = start
    while place < stop, place.pointee == 0x20 || place.pointee == 0x09 { place += 1 }
    return place == stop
  }

  /// Decodes one line of a file, of either form.
  @inline(__always)
  func decodeLine(
    _ start: BytePointer, _ stop: BytePointer, isClean: Bool, _ scanner: inout MessageScanner,
    _ batch: inout EventBatch
  ) {
    if !isClean, daybook_is_utf8(start, stop - start) == 0 {
      return reject(.encoding, "not UTF-8", start, stop, &batch)
    }
    if scanner.beginsRecorded(start, stop) {
      return decodeRecorded(start, stop, &scanner, &batch)
    }
    decodeText(start, stop, &scanner, &batch)
  }

  /// Decodes one message of a broker.
  func decodeMessage(
    _ start: BytePointer, _ stop: BytePointer, _ scanner: inout MessageScanner,
    _ batch: inout EventBatch
  ) {
    if daybook_is_utf8(start, stop - start) == 0 {
      return reject(.encoding, "not UTF-8", start, stop, &batch)
    }
    decodeText(start, stop, &scanner, &batch)
  }

  /// A message that is not wrapped; its encoding is known to be right.
  @inline(__always)
  private func decodeText(
    _ start: BytePointer, _ stop: BytePointer, _ scanner: inout MessageScanner,
    _ batch: inout EventBatch
  ) {
    if stop - start > Limits.messageByteCount {
      return reject(.size, "more than 8 MiB", start, stop, &batch)
    }
    guard scanner.scan(start, stop) else { return rejectJSON(start, stop, scanner, &batch) }
    if scanner.faults != 0 { return rejectField(start, stop, scanner, &batch) }
    let recordedAt = policy == .clock ? importClock : min(scanner.occurredAt, importClock)
    scanner.rows.setText(StagedRows.origin, 0, TextColumn.absent)
    scanner.rows.setLong(StagedRows.position, position)
    scanner.accept(start, stop, recordedAt: recordedAt)
    if scanner.rows.count == StagedRows.capacity { scanner.rows.flush(to: &batch) }
  }

  /// A line of the recorded form.
  @inline(never)
  private func decodeRecorded(
    _ start: BytePointer, _ stop: BytePointer, _ scanner: inout MessageScanner,
    _ batch: inout EventBatch
  ) {
    scanner.rows.setText(StagedRows.origin, 0, TextColumn.absent)
    scanner.rows.setLong(StagedRows.position, position)
    guard let message = scanner.scanWrapper(start, stop) else {
      return rejectJSON(start, stop, scanner, &batch)
    }
    if message.stop - message.start > Limits.messageByteCount {
      return reject(.size, "a message of more than 8 MiB", start, stop, &batch)
    }
    let wrapperFaults = scanner.faults
    guard scanner.scan(message.start, message.stop) else {
      return rejectJSON(start, stop, scanner, &batch)
    }
    scanner.faults |= wrapperFaults
    if scanner.faults != 0 { return rejectField(start, stop, scanner, &batch) }
    let row = scanner.rows.count
    let recordedAt = scanner.rows.longs[StagedRows.recordedAt * StagedRows.capacity + row]
    let originPlace = StagedRows.origin * StagedRows.capacity + row
    if scanner.rows.lengths[originPlace] != TextColumn.absent { batch.hasOwnOrigins = true }
    scanner.accept(message.start, message.stop, recordedAt: recordedAt)
    if scanner.rows.count == StagedRows.capacity { scanner.rows.flush(to: &batch) }
  }

  @inline(never)
  func rejectJSON(
    _ start: BytePointer, _ stop: BytePointer, _ scanner: borrowing MessageScanner,
    _ batch: inout EventBatch
  ) {
    let byte = min(scanner.json.faultPlace, stop) - start
    reject(.json, "\(scanner.json.fault.text) at byte \(byte)", start, stop, &batch)
  }

  @inline(never)
  func rejectField(
    _ start: BytePointer, _ stop: BytePointer, _ scanner: borrowing MessageScanner,
    _ batch: inout EventBatch
  ) {
    let (field, kind) = scanner.firstFault()
    let name = field == .recordedAt ? "recorded_at" : field.reason.code
    reject(field.reason, "\(name): \(kind.text)", start, stop, &batch)
  }

  @inline(never)
  func reject(
    _ reason: RejectReason, _ detail: String, _ start: BytePointer, _ stop: BytePointer,
    _ batch: inout EventBatch
  ) {
    batch.rejects.append(
      Reject(
        reason: reason, position: position, start: UInt32(start - base),
        length: UInt32(stop - start), detail: detail))
  }
}
