/// What a JSON number is as a whole number.
enum WholeNumber: Equatable {
  case value(Int64)
  case fraction
  case outOfRange
}

/// The exact whole value of a well-formed JSON number: `2.0`, `1e3` and `20e-1` are whole.
///
/// - Errors: `.fraction` for a value that is not whole, `.outOfRange` beyond 64 bits.
func wholeNumber(_ start: BytePointer, _ stop: BytePointer) -> WholeNumber {
  let isNegative = start.pointee == UInt8(ascii: "-")
  let digitStart = isNegative ? start + 1 : start
  var place = digitStart
  // Digits with the dot taken out; `pointPlaces` of them stand after it.
  var lastNonZero = -1
  var firstNonZero = -1
  var digitCount = 0
  var pointPlaces = 0
  var isAfterPoint = false
  while place < stop, place.pointee | 0x20 != UInt8(ascii: "e") {
    if place.pointee == UInt8(ascii: ".") {
      isAfterPoint = true
    } else {
      if place.pointee != 0x30 {
        lastNonZero = digitCount
        if firstNonZero < 0 { firstNonZero = digitCount }
      }
      digitCount += 1
      if isAfterPoint { pointPlaces += 1 }
    }
    place += 1
  }
  if firstNonZero < 0 { return .value(0) }
  let exponent = place < stop ? saturatedExponent(place + 1, stop) : 0
  // The value is digits[first...last] × 10^shift.
  let shift = exponent - pointPlaces + (digitCount - 1 - lastNonZero)
  if shift < 0 { return .fraction }
  let significantCount = lastNonZero - firstNonZero + 1
  if significantCount + shift > 19 { return .outOfRange }
  return exactValue(digitStart, firstNonZero, significantCount, shift, isNegative)
}

private func exactValue(
  _ digits: BytePointer, _ first: Int, _ count: Int, _ shift: Int, _ isNegative: Bool
) -> WholeNumber {
  var magnitude: UInt64 = 0
  var place = digits
  var index = 0
  while index < first + count {
    if place.pointee != UInt8(ascii: ".") {
      // Nineteen digits fit 64 bits.
      if index >= first { magnitude = magnitude * 10 + UInt64(place.pointee &- 0x30) }
      index += 1
    }
    place += 1
  }
  for _ in 0..<shift { magnitude *= 10 }
  if isNegative {
    if magnitude > UInt64(Int64.max) + 1 { return .outOfRange }
    return .value(Int64(truncatingIfNeeded: 0 &- magnitude))
  }
  return magnitude > UInt64(Int64.max) ? .outOfRange : .value(Int64(magnitude))
}

/// The exponent, held within ±10^15: a message has far fewer digits than that.
private func saturatedExponent(_ start: BytePointer, _ stop: BytePointer) -> Int {
  var place = start
  let isNegative = place.pointee == UInt8(ascii: "-")
  if isNegative || place.pointee == UInt8(ascii: "+") { place += 1 }
  var exponent = 0
  while place < stop {
    exponent = min(exponent * 10 + Int(place.pointee &- 0x30), 1_000_000_000_000_000)
    place += 1
  }
  return isNegative ? -exponent : exponent
}
