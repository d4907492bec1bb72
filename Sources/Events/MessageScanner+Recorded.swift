import Bytes

/// Where the message of a recorded line lies.
struct WrappedMessage {
  var start: BytePointer
  var stop: BytePointer
}

extension MessageScanner {
  /// Whether a line is of the recorded form: an object whose first key is `recorded_at`.
  @inline(__always)
  mutating func beginsRecorded(_ start: BytePointer, _ stop: BytePointer) -> Bool {
    json.end = stop
    let opening = json.skipWhitespace(start)
    guard opening.pointee == UInt8(ascii: "{") else { return false }
    let quote = json.skipWhitespace(opening + 1)
    // The key begins with an r, or is written with escapes.
    guard quote.pointee == UInt8(ascii: "\""),
      quote[1] == UInt8(ascii: "r") || quote[1] == UInt8(ascii: "\\")
    else { return false }
    return hasRecordedKey(quote)
  }

  @inline(never)
  private mutating func hasRecordedKey(_ quote: BytePointer) -> Bool {
    var field = Field.unknown
    guard scanKey(quote, &field) != nil else { return false }
    return field == .recordedAt
  }

  /// Reads the wrapper of a recorded line, which `beginsRecorded`, up to its message.
  ///
  /// The message is the last member, so it reaches to the line's last brace; whether it is JSON is
  /// asked of it alone, with its own limits. `recorded_at`, `origin` and `position` go to the
  /// staged row; a bad `recorded_at` is left in `faults`.
  ///
  /// A dump writes no whitespace of its own, so in a wrapper without any the blanks around the
  /// message belong to it, and its bytes come back as they came. In a wrapper that has some they
  /// are its layout.
  /// - Errors: nil when the wrapper is broken; `json` says where.
  mutating func scanWrapper(_ start: BytePointer, _ stop: BytePointer) -> WrappedMessage? {
    json.end = stop
    faults = 0
    var seen: UInt32 = 0
    var isCompact = true
    var place = json.skipWhitespace(json.skipWhitespace(start) + 1)
    while true {
      var field = Field.unknown
      guard let value = scanKey(place, &field) else { return nil }
      if isBlank(place[-1]) { isCompact = false }
      if field == .message { return wrappedMessage(value, stop, isCompact) }
      if isBlank(value[-1]) || isBlank(value[-2]) { isCompact = false }
      let isFirst = seen == 0
      guard seen & field.bit == 0, isFirst == (field == .recordedAt) else {
        return broken(place)
      }
      seen |= field.bit
      let next: BytePointer?
      switch field {
      case .recordedAt: next = scanTime(.recordedAt, value)
      case .origin: next = scanOrigin(value)
      case .position: next = scanPosition(value)
      default: return broken(place)
      }
      guard let next else { return nil }
      place = json.skipWhitespace(next)
      if place != next { isCompact = false }
      guard place.pointee == UInt8(ascii: ",") else { return broken(place) }
      place = json.skipWhitespace(place + 1)
    }
  }

  private mutating func broken(_ place: BytePointer) -> WrappedMessage? {
    _ = json.fail(.wrapper, place)
    return nil
  }

  /// The message from its value's first byte to the wrapper's closing brace.
  private mutating func wrappedMessage(
    _ value: BytePointer, _ stop: BytePointer, _ isCompact: Bool
  ) -> WrappedMessage? {
    var start = value
    var last = stop
    while last > start, isBlank(last[-1]) { last -= 1 }
    guard last > start, last[-1] == UInt8(ascii: "}") else { return broken(last) }
    last -= 1
    if isCompact {
      while isBlank(start[-1]) { start -= 1 }
    } else {
      while last > start, isBlank(last[-1]) { last -= 1 }
    }
    return WrappedMessage(start: start, stop: last)
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
  }

  /// `origin`: a string, or null for none.
  private mutating func scanOrigin(_ value: BytePointer) -> BytePointer? {
    guard value.pointee == UInt8(ascii: "\"") else {
      if value.pointee != UInt8(ascii: "n") { return json.fail(.wrapper, value) }
      return json.skipValue(value, depth: 1)
    }
    guard let next = json.skipString(value + 1) else { return nil }
    var start = value + 1 - base
    var count = next - value - 2
    if json.hasEscape {
      let text = unescaped.append(value + 1, next - 1)
      (start, count) = (unescapedOrigin + text.start, text.count)
    }
    rows.setText(
      StagedRows.origin, UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: count))
    return next
  }

  /// `position`: a whole number of 64 bits, or null for none.
  private mutating func scanPosition(_ value: BytePointer) -> BytePointer? {
    var number = ScannedNumber()
    guard let next = scanNumber(value, isInt32: false, depth: 1, &number) else { return nil }
    if number.fault != .none { return json.fail(.wrapper, value) }
    if number.isPresent == 1 { rows.setLong(StagedRows.position, number.value) }
    return next
  }
}
