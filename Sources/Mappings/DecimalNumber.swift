/// What to do with digits finer than the smallest unit.
enum Rounding: UInt8, Sendable {
  case reject, down, nearest
}

/// Whether a number keeps its sign.
enum SignRule: UInt8, Sendable {
  case keep, absolute, negate
}

/// Reads `-12.50` as a whole number of the smallest unit, `-1250` for two digits of scale.
///
/// - Shape: an optional sign, digits, and optionally the separator and digits; no spaces, no
///   thousands separators, no exponent. `nearest` rounds halves away from zero.
/// - Errors: nil when it is not such a number, does not fit 64 bits, or has finer digits (other
///   than zeros) that may not be rounded.
func parseDecimal(
  _ text: UnsafeBufferPointer<UInt8>, scale: Int, separator: UInt8, rounding: Rounding
) -> Int64? {
  var index = 0
  var isNegative = false
  if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
    isNegative = first == UInt8(ascii: "-")
    index = 1
  }
  var value: Int64 = 0
  var digitCount = 0
  var places = -1
  var finer: UInt8 = 0
  var firstFiner: UInt8 = 0
  while index < text.count {
    let byte = text[index]
    let digit = byte &- 48
    if digit <= 9 {
      digitCount += 1
      if places >= scale {
        if places == scale { firstFiner = digit }
        finer |= digit
        places += 1
      } else {
        let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(Int64(digit))
        if overflow || carry { return nil }
        value = sum
        if places >= 0 { places += 1 }
      }
    } else if byte == separator, places < 0, digitCount > 0, index + 1 < text.count {
      places = 0
    } else {
      return nil
    }
    index += 1
  }
  guard digitCount > 0 else { return nil }
  for _ in max(0, places)..<max(scale, max(0, places)) {
    let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
    if overflow { return nil }
    value = tens
  }
  if finer != 0 {
    switch rounding {
    case .reject: return nil
    case .down: break
    case .nearest:
      let (raised, overflow) = value.addingReportingOverflow(firstFiner >= 5 ? 1 : 0)
      if overflow { return nil }
      value = raised
    }
  }
  return isNegative ? -value : value
}

/// Whether text is a number by JSON's grammar, so that it can stand in a message unquoted.
func isJSONNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
  var index = 0
  func isDigit() -> Bool { index < text.count && text[index] &- 48 <= 9 }
  func skipDigits() -> Bool {
    guard isDigit() else { return false }
    while isDigit() { index += 1 }
    return true
  }
  if index < text.count, text[index] == UInt8(ascii: "-") { index += 1 }
  if index < text.count, text[index] == UInt8(ascii: "0") {
    index += 1
  } else {
    guard skipDigits() else { return false }
  }
  if index < text.count, text[index] == UInt8(ascii: ".") {
    index += 1
    guard skipDigits() else { return false }
  }
  if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
    index += 1
    if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") {
      index += 1
    }
    guard skipDigits() else { return false }
  }
  return index == text.count
}
