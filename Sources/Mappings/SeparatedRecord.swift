/// A field of a record: its bytes without quotes, as a place in the buffer.
struct Field {
  var start: Int
  var count: Int
  /// Whether quotes inside are doubled and must be halved.
  var hasDoubledQuotes: Bool
}

/// How the search for a record's end came out.
enum SplitOutcome {
  case record
  /// The bytes end before the record does.
  case incomplete
  /// A closing quote is followed by something else than a separator or the line's end.
  case strayQuote
  case tooManyColumns
}

/// Cuts one record of separated text into fields.
///
/// - Shape: RFC 4180 with any separator; a record ends at LF or CRLF outside quotes. A quote
///   inside an unquoted field stands for itself.
struct RecordSplitter: ~Copyable {
  let fields: UnsafeMutablePointer<Field>
  private(set) var fieldCount = 0
  /// Where the next record begins.
  private(set) var next = 0
  /// Line ends passed, the record's own included.
  private(set) var lineCount = 0
  /// All bytes of the record, or-ed: below 128 when it is ASCII.
  private(set) var seenBits: UInt8 = 0
  private(set) var hasZero = false
  private let separator: UInt8
  private let quote: UInt8
  /// 1 for bytes that end a run of plain ones.
  private let isSpecial: UnsafeMutablePointer<UInt8>

  init(separator: UInt8, quote: UInt8) {
    self.separator = separator
    self.quote = quote
    fields = .allocate(capacity: Limits.columns)
    isSpecial = .allocate(capacity: 256)
    isSpecial.initialize(repeating: 0, count: 256)
    isSpecial[Int(separator)] = 1
    isSpecial[10] = 1
    isSpecial[0] = 1
  }

  deinit {
    fields.deallocate()
    isSpecial.deallocate()
  }

  /// Splits the record that begins at `start`.
  ///
  /// - Shape: when `isLast`, the end of the bytes ends the record as well.
  mutating func split(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, isLast: Bool
  ) -> SplitOutcome {
    fieldCount = 0
    lineCount = 0
    seenBits = 0
    hasZero = false
    var index = start
    while true {
      guard fieldCount < Limits.columns else { return .tooManyColumns }
      if index < end, bytes[index] == quote, quote != 0 {
        let outcome = quotedField(bytes, &index, end, isLast)
        guard outcome == .record else { return outcome }
      } else {
        plainField(bytes, &index, end)
      }
      guard index < end else {
        guard isLast else { return .incomplete }
        next = end
        return .record
      }
      if bytes[index] == 10 {
        lineCount += 1
        next = index + 1
        return .record
      }
      index += 1
    }
  }

  @inline(__always)
  private mutating func plainField(
    _ bytes: UnsafePointer<UInt8>, _ index: inout Int, _ end: Int
  ) {
    let start = index
    var bits: UInt8 = 0
    while index < end {
      let byte = bytes[index]
      if isSpecial[Int(byte)] != 0 {
        if byte != 0 { break }
        hasZero = true
      }
      bits |= byte
      index += 1
    }
    seenBits |= bits
    var count = index - start
    let endsLine = index == end || bytes[index] == 10
    if endsLine, count > 0, bytes[index - 1] == 13 { count -= 1 }
    fields[fieldCount] = Field(start: start, count: count, hasDoubledQuotes: false)
    fieldCount += 1
  }

  private mutating func quotedField(
    _ bytes: UnsafePointer<UInt8>, _ index: inout Int, _ end: Int, _ isLast: Bool
  ) -> SplitOutcome {
    index += 1
    let start = index
    var hasDoubled = false
    while true {
      while index < end, bytes[index] != quote {
        let byte = bytes[index]
        seenBits |= byte
        if byte == 10 { lineCount += 1 }
        if byte == 0 { hasZero = true }
        index += 1
      }
      guard index < end else { return .incomplete }
      if index + 1 < end, bytes[index + 1] == quote {
        hasDoubled = true
        index += 2
        continue
      }
      guard index + 1 < end || isLast else { return .incomplete }
      break
    }
    fields[fieldCount] = Field(start: start, count: index - start, hasDoubledQuotes: hasDoubled)
    fieldCount += 1
    index += 1
    guard index < end else { return .record }
    if bytes[index] == 13 {
      guard index + 1 < end || isLast else { return .incomplete }
      if index + 1 == end || bytes[index + 1] == 10 { index += 1 }
    }
    guard index == end || bytes[index] == separator || bytes[index] == 10 else {
      return .strayQuote
    }
    return .record
  }
}
