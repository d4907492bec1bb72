/// A decimal number as a whole number of smaller units.
enum ScaledNumber: Equatable {
  case value(Int64)
  case notANumber
  /// Finer digits than the unit has, where none may be rounded.
  case fraction
  case outOfRange

  /// What is wrong, in words for people.
  var fault: String {
    switch self {
    case .value: "nothing"
    case .notANumber: "not a number"
    case .fraction: "a number that is not whole"
    case .outOfRange: "a number out of range"
    }
  }
}

/// Reads decimal text as a whole number of units of 10^-scale, from the digits alone: no binary
/// fraction comes near it. Halves are rounded away from zero.
///
/// - Shape: an optional sign, digits, optionally a point and digits, optionally an exponent.
func scaledNumber(
  _ text: UnsafeBufferPointer<UInt8>, scale: Int, isExact: Bool = false
) -> ScaledNumber {
  guard let form = DecimalForm(text) else { return .notANumber }
  // The value is 0.d₁d₂d₃… × 10^magnitude; the first `keptCount` digits are the whole units.
  let keptCount = form.magnitude + scale
  if form.digits.isEmpty { return .value(0) }
  if isExact && form.hasFiner { return .fraction }
  if keptCount > 19 { return .outOfRange }
  if keptCount < 0 { return isExact ? .fraction : .value(0) }
  var value: UInt64 = 0
  for index in 0..<keptCount {
    let digit = index < form.digits.count ? UInt64(form.digits[index]) : 0
    // Nineteen digits fit 64 bits.
    value = value * 10 + digit
  }
  if keptCount < form.digits.count {
    if isExact { return .fraction }
    if form.digits[keptCount] >= 5 { value += 1 }
  }
  if form.isNegative {
    return value <= UInt64(Int64.max) + 1
      ? .value(Int64(truncatingIfNeeded: 0 &- value)) : .outOfRange
  }
  return Int64(exactly: value).map { .value($0) } ?? .outOfRange
}

/// A decimal number as 0.d₁d₂d₃… × 10^magnitude, without zeros at either end.
private struct DecimalForm {
  var isNegative = false
  var digits: [UInt8] = []
  var magnitude = 0
  /// A digit other than zero came after those that are kept.
  var hasFiner = false

  init?(_ text: UnsafeBufferPointer<UInt8>) {
    var index = 0
    if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      isNegative = first == UInt8(ascii: "-")
      index = 1
    }
    var wholeCount = 0
    var digitCount = 0
    var isAfterPoint = false
    var leadingZeros = 0
    while index < text.count {
      let byte = text[index]
      if byte &- 48 <= 9 {
        digitCount += 1
        if !isAfterPoint { wholeCount += 1 }
        if digits.isEmpty && byte == 48 {
          leadingZeros += 1
        } else if digits.count < 40 {
          // Beyond forty digits none decides anything but a half, which thirty have decided.
          digits.append(byte - 48)
        } else if byte != 48 {
          hasFiner = true
        }
      } else if byte == UInt8(ascii: "."), !isAfterPoint, digitCount > 0 {
        isAfterPoint = true
        guard index + 1 < text.count, text[index + 1] &- 48 <= 9 else { return nil }
      } else {
        break
      }
      index += 1
    }
    guard digitCount > 0 else { return nil }
    magnitude = wholeCount - leadingZeros
    if index < text.count {
      guard let exponent = DecimalForm.exponent(text, index) else { return nil }
      magnitude += exponent
    }
    while digits.last == 0 { digits.removeLast() }
  }

  /// The exponent that fills the rest of the text, held within ±1,000,000.
  private static func exponent(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    guard text[start] | 0x20 == UInt8(ascii: "e") else { return nil }
    var index = start + 1
    var isNegative = false
    if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
      isNegative = text[index] == UInt8(ascii: "-")
      index += 1
    }
    guard index < text.count else { return nil }
    var exponent = 0
    while index < text.count {
      let digit = text[index] &- 48
      if digit > 9 { return nil }
      exponent = min(exponent * 10 + Int(digit), 1_000_000)
      index += 1
    }
    return isNegative ? -exponent : exponent
  }
}
