import Bytes
import Events
import Mappings

/// Writes messages in the contract's form, from values of other vocabularies.
///
/// - Invariants: only values that were valid UTF-8 and JSON come in; whether they are what the
///   contract wants is asked by the event decoder afterwards, as of any message.
struct ContractText {
  private(set) var bytes: [UInt8] = []
  private var hasMembers = false
  /// Where the message at hand begins, for taking it back.
  private var start = 0
  /// Whether a value that does not fit its column refuses the message; else it is left out. Names
  /// without a topic of ours are taken as they come.
  var isStrict = true
  /// The first value that did not fit.
  private(set) var refusal: (reason: RejectReason, detail: String)?

  /// Begins a message.
  mutating func begin(isStrict: Bool) {
    start = bytes.count
    refusal = nil
    self.isStrict = isStrict
    bytes.append(UInt8(ascii: "{"))
    hasMembers = false
  }

  mutating func beginData() {
    key("data")
    bytes.append(UInt8(ascii: "{"))
    hasMembers = false
  }

  /// Ends the message; a line feed follows it. Gives its place, or nil when it was refused.
  mutating func end() -> Range<Int>? {
    guard refusal == nil else {
      bytes.removeSubrange(start...)
      return nil
    }
    bytes.append(contentsOf: "}}".utf8)
    defer { bytes.append(UInt8(ascii: "\n")) }
    return start..<bytes.count
  }

  /// Puts bytes aside that are no message, with a line feed after them.
  mutating func keep(_ record: [UInt8]) -> Range<Int> {
    let start = bytes.count
    bytes += record
    defer { bytes.append(UInt8(ascii: "\n")) }
    return start..<bytes.count
  }

  // MARK: Members

  mutating func text(_ name: StaticString, _ value: some Collection<UInt8>) {
    key(name)
    let whole = Array(value)
    whole.withUnsafeBytes { appendJSONString($0, to: &bytes) }
  }

  mutating func time(_ name: StaticString, _ microseconds: Int64) {
    key(name)
    bytes.append(UInt8(ascii: "\""))
    appendTime(microseconds, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A member of the envelope, copied whatever it is: the event decoder refuses what is no text.
  mutating func envelope(_ name: StaticString, _ value: CapturedValue) {
    switch value.kind {
    case .absent: break
    case .text: text(name, value.bytes)
    case .number, .boolean, .structure: raw(name, value.bytes)
    }
  }

  /// The first of some values that is there, as an id or another text column.
  mutating func column(_ name: StaticString, _ values: CapturedValue...) {
    for value in values {
      switch value.kind {
      case .absent: continue
      case .text:
        if value.bytes.isEmpty { continue }
        return text(name, value.bytes)
      case .number: return raw(name, value.bytes)
      case .boolean, .structure:
        if isStrict { raw(name, value.bytes) }
        return
      }
    }
  }

  /// An amount in units of 10^-scale.
  mutating func money(_ name: StaticString, _ value: CapturedValue, scale: Int) {
    number(name, value, scale: scale, isExact: false)
  }

  mutating func quantity(_ value: CapturedValue) {
    number("quantity", value, scale: 0, isExact: true)
  }

  private mutating func number(
    _ name: StaticString, _ value: CapturedValue, scale: Int, isExact: Bool
  ) {
    if value.kind == .absent || value.kind == .text && value.bytes.isEmpty { return }
    var number = ScaledNumber.notANumber
    if value.kind == .number || value.kind == .text {
      number = scaledNumber(value.bytes, scale: scale, isExact: isExact)
    }
    guard case .value(let whole) = number else {
      if isStrict { refuse("\(name)", number.fault) }
      return
    }
    key(name)
    appendDecimal(whole, to: &bytes)
  }

  /// Refuses the message at hand, if nothing did before.
  mutating func refuse(_ field: String, _ problem: String) {
    if refusal == nil { refusal = (.field(field), "\(field): \(problem)") }
  }

  // MARK: Lines

  mutating func beginLines() {
    key("items")
    bytes.append(UInt8(ascii: "["))
    hasMembers = false
  }

  /// A line that is no object.
  mutating func refuseLine() {
    if isStrict { refuse("items", "an element that is no object") }
  }

  mutating func beginLine() {
    if hasMembers { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "{"))
    hasMembers = false
  }

  mutating func endLine() {
    bytes.append(UInt8(ascii: "}"))
    hasMembers = true
  }

  mutating func endLines() {
    bytes.append(UInt8(ascii: "]"))
    hasMembers = true
  }

  private mutating func raw(_ name: StaticString, _ value: UnsafeBufferPointer<UInt8>) {
    key(name)
    bytes.append(contentsOf: value)
  }

  private mutating func key(_ name: StaticString) {
    if hasMembers { bytes.append(UInt8(ascii: ",")) }
    hasMembers = true
    bytes.append(UInt8(ascii: "\""))
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: ":")])
  }
}

/// A currency's code in capital letters; nothing when the value is no text.
func currencyCode(_ values: CapturedValue...) -> [UInt8] {
  for value in values where value.kind == .text && !value.bytes.isEmpty {
    return value.bytes.map { (0x61...0x7a).contains($0) ? $0 & 0xdf : $0 }
  }
  return []
}
