import Bytes
import CKernels

/// Reads one message after the other into staged columns: one pass that checks all of the JSON and
/// takes out what the contract names.
///
/// - Invariants: a field's value, and whether it is at fault, are overwritten whenever its key
///   comes again, so the last one counts. Faults are bits in the contract's order, asked at the
///   end of the message, so it does not matter in which order the keys come.
/// - Source: docs/semantics.md §1.
struct MessageScanner: ~Copyable {
  var json: JSONScanner
  /// The chunk's first byte: places in the batch's text count from here.
  let base: BytePointer
  /// Where unescaped strings will lie in the batch's text.
  let unescapedOrigin: Int
  var unescaped = UnescapedText()
  var rows: StagedRows
  var lines = StagedLines(capacity: 256)
  let keys: KeyLookup
  var predictor = KeyPredictor()
  let seed: UInt64
  var times = TimeScanner()
  /// Fields at fault, as bits of `Field`, and what is wrong with each.
  var faults: UInt32 = 0
  private let faultKinds: UnsafeMutablePointer<UInt8>
  var occurredAt: Int64 = 0
  /// Lines of accepted messages; those of the current one follow.
  var committedLineCount = 0

  init(base: BytePointer, byteCount: Int, unescapedOrigin: Int, keys: KeyTable, seed: UInt64) {
    self.base = base
    self.unescapedOrigin = unescapedOrigin
    self.keys = KeyLookup(keys)
    self.seed = seed
    json = JSONScanner(end: base)
    rows = StagedRows(rowCount: byteCount / Limits.shortestMessageByteCount + 1)
    faultKinds = .allocate(capacity: 32)
    faultKinds.initialize(repeating: 0, count: 32)
  }

  deinit { faultKinds.deallocate() }

  /// Reads the message in `start..<stop` into the row being staged.
  ///
  /// - Errors: false when it is not one JSON object; `json` says where. Faults of fields are left
  ///   in `faults`.
  mutating func scan(_ start: BytePointer, _ stop: BytePointer) -> Bool {
    json.end = stop
    faults = Field.required
    predictor.restart()
    UnsafeMutableRawPointer(faultKinds + 1).storeBytes(of: 0, as: UInt32.self)
    clearData()
    let opening = json.skipWhitespace(start)
    guard opening.pointee == UInt8(ascii: "{") else { return json.fail(.syntax, opening) != nil }
    guard let closed = scanMembers(json.skipWhitespace(opening + 1)) else { return false }
    let last = json.skipWhitespace(closed)
    return last == stop || json.fail(.trailing, last) != nil
  }

  /// The members of the message, to the byte after its closing brace.
  private mutating func scanMembers(_ first: BytePointer) -> BytePointer? {
    var place = first
    if place.pointee == UInt8(ascii: "}") { return place + 1 }
    var isDataSeen = false
    while true {
      var field = Field.unknown
      guard let value = scanKey(place, &field) else { return nil }
      let next: BytePointer?
      switch field {
      case .id, .type, .source: next = scanName(field, value)
      case .time: next = scanTime(.time, value)
      case .data:
        if isDataSeen { clearData() }
        isDataSeen = true
        next = scanData(value)
      default: next = json.skipValue(value, depth: 1)
      }
      guard let next else { return nil }
      if next.pointee == UInt8(ascii: ",") {
        place = next + 1
        continue
      }
      place = json.skipWhitespace(next)
      if place.pointee == UInt8(ascii: "}") { return place + 1 }
      guard place.pointee == UInt8(ascii: ",") else { return json.fail(.syntax, place) }
      place += 1
    }
  }

  /// Makes all of `data` absent.
  private mutating func clearData() {
    rows.clearData()
    lines.count = committedLineCount
    faults &= ~(Field.ofData | Field.data.bit)
  }

  /// Reads a key and its colon, with whitespace around them, up to the value.
  @inline(__always)
  mutating func scanKey(_ start: BytePointer, _ field: inout Field) -> BytePointer? {
    if let entry = predictor.guess(start) {
      field = entry.pointee.field
      return json.skipWhitespace(start + entry.pointee.byteCount)
    }
    return scanUnguessedKey(start, &field)
  }

  @inline(never)
  private mutating func scanUnguessedKey(
    _ blanks: BytePointer, _ field: inout Field
  ) -> BytePointer? {
    let start = json.skipWhitespace(blanks)
    guard start.pointee == UInt8(ascii: "\"") else { return json.fail(.syntax, start) }
    guard let afterKey = json.skipString(start + 1) else { return nil }
    let hasEscape = json.hasEscape
    if hasEscape {
      field = escapedField(start + 1, afterKey - 1)
    } else {
      field = keys.field(start + 1, afterKey - start - 2)
    }
    let colon = json.skipWhitespace(afterKey)
    guard colon.pointee == UInt8(ascii: ":") else { return json.fail(.syntax, colon) }
    if !hasEscape, colon == afterKey { predictor.learn(start, colon + 1 - start, field) }
    return json.skipWhitespace(colon + 1)
  }

  @inline(never)
  private mutating func escapedField(_ start: BytePointer, _ stop: BytePointer) -> Field {
    let key = unescaped.append(start, stop)
    return keys.field(BytePointer(unescaped.bytes + key.start), key.count)
  }

  /// `id`, `type` or `source`: a string with a length, without control characters.
  @inline(__always)
  private mutating func scanName(_ field: Field, _ value: BytePointer) -> BytePointer? {
    guard value.pointee == UInt8(ascii: "\"") else { return skipOther(field, value) }
    guard let next = json.skipString(value + 1) else { return nil }
    var start = value + 1 - base
    var count = next - value - 2
    faults &= ~field.bit
    if json.hasEscape {
      let text = unescaped.append(value + 1, next - 1)
      (start, count) = (unescapedOrigin + text.start, text.count)
      let bytes = UnsafeBufferPointer(start: unescaped.bytes + text.start, count: count)
      if field != .type, bytes.contains(where: { $0 < 0x20 }) { note(.controlCharacter, field) }
    }
    if count == 0 || count > Limits.nameByteCount && field != .source { note(.wrongLength, field) }
    let column = StagedRows.eventID + Int(field.rawValue - Field.id.rawValue)
    rows.setText(column, UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: count))
    return next
  }

  /// `time` or the wrapper's `recorded_at`, into `occurredAt` or the staged row.
  mutating func scanTime(_ field: Field, _ value: BytePointer) -> BytePointer? {
    guard value.pointee == UInt8(ascii: "\"") else { return skipOther(field, value) }
    guard let next = json.skipString(value + 1) else { return nil }
    var microseconds: Int64?
    if json.hasEscape {
      let text = unescaped.append(value + 1, next - 1)
      microseconds = parseRFC3339(
        UnsafeRawBufferPointer(start: unescaped.bytes + text.start, count: text.count))
    } else {
      microseconds = times.parse(value + 1, next - value - 2)
    }
    faults &= ~field.bit
    if let microseconds {
      if field == .time {
        occurredAt = microseconds
      } else {
        rows.setLong(StagedRows.recordedAt, microseconds)
      }
    } else {
      note(.notATime, field)
    }
    return next
  }

  /// A value that is no string: null is absent, anything else has the wrong type.
  @inline(never)
  private mutating func skipOther(_ field: Field, _ value: BytePointer) -> BytePointer? {
    note(value.pointee == UInt8(ascii: "n") ? .none : .wrongType, field)
    return json.skipValue(value, depth: 1)
  }

  @inline(never)
  mutating func note(_ kind: Fault, _ field: Field) {
    faults |= field.bit
    faultKinds[Int(field.rawValue)] = kind.rawValue
  }

  /// The field whose fault comes first in the contract's order, and what is wrong with it.
  func firstFault() -> (field: Field, kind: Fault) {
    let field = Field(rawValue: UInt8(faults.trailingZeroBitCount)) ?? .unknown
    return (field, Fault(rawValue: faultKinds[Int(field.rawValue)]) ?? .none)
  }

  /// Where a place in the batch's text lies now, while unescaped strings are still apart.
  @inline(__always)
  func pointer(_ start: UInt32) -> BytePointer {
    let place = Int(start)
    if place < unescapedOrigin { return base + place }
    return BytePointer(unescaped.bytes + (place - unescapedOrigin))
  }

  /// Counts the staged row in: the message in `start..<stop` is accepted.
  @inline(__always)
  mutating func accept(_ start: BytePointer, _ stop: BytePointer, recordedAt: Int64) {
    rows.setText(
      StagedRows.message, UInt32(truncatingIfNeeded: start - base),
      UInt32(truncatingIfNeeded: stop - start))
    rows.setLong(StagedRows.occurredAt, occurredAt)
    rows.setLong(StagedRows.recordedAt, recordedAt)
    rows.lineEnds[rows.count] = UInt32(truncatingIfNeeded: lines.count)
    let sourceHash = hash(StagedRows.source, seed: seed)
    rows.hashes[rows.count] = hash(StagedRows.eventID, seed: sourceHash)
    rows.hashes[StagedRows.capacity &+ rows.count] = fastHash(
      UnsafeRawBufferPointer(start: start, count: stop - start), seed: seed)
    committedLineCount = lines.count
    rows.count += 1
  }

  @inline(__always)
  private func hash(_ column: Int, seed: UInt64) -> UInt64 {
    let place = column &* StagedRows.capacity &+ rows.count
    return fastHash(
      UnsafeRawBufferPointer(start: pointer(rows.starts[place]), count: Int(rows.lengths[place])),
      seed: seed)
  }
}
