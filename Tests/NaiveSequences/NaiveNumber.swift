/// The whole number that a JSON number's text stands for: nil with a fraction or beyond 64 bits.
///
/// `2.0`, `2e0` and `20e-1` are all the whole number 2.
func wholeNumber(_ text: ByteText) -> Int64? {
  var rest = text[...]
  let isNegative = rest.first == UInt8(ascii: "-")
  if isNegative { rest = rest.dropFirst() }

  var exponentText = ByteText()
  if let mark = rest.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
    exponentText = ByteText(rest[(mark + 1)...])
    rest = rest[..<mark]
  }
  var digits = ByteText(rest.filter(isDigit))
  var digitsAfterPoint = 0
  if let point = rest.firstIndex(of: UInt8(ascii: ".")) {
    digitsAfterPoint = rest.endIndex - point - 1
  }
  digits = ByteText(digits.drop { $0 == UInt8(ascii: "0") })
  if digits.isEmpty { return 0 }

  // An exponent too long to read moves the point past any digit that a message can hold.
  var shift = exponent(exponentText) - digitsAfterPoint
  while digits.last == UInt8(ascii: "0") {
    digits.removeLast()
    shift += 1
  }
  if shift < 0 || shift > 20 || digits.count + shift > 20 { return nil }
  digits += ByteText(repeating: UInt8(ascii: "0"), count: shift)

  var value: Int128 = 0
  for digit in digits { value = value * 10 + Int128(digit - UInt8(ascii: "0")) }
  return Int64(exactly: isNegative ? -value : value)
}

private func exponent(_ text: ByteText) -> Int {
  let isNegative = text.first == UInt8(ascii: "-")
  let digits = text.filter(isDigit).drop { $0 == UInt8(ascii: "0") }
  var value = 0
  for digit in digits {
    if value > 1_000_000_000 { break }
    value = value * 10 + Int(digit - UInt8(ascii: "0"))
  }
  return isNegative ? -value : value
}

/// A sum as the contract has it: null over nothing, with a null in it, or beyond 64 bits.
func sum(_ values: [Int128?]) -> Int64? {
  if values.isEmpty { return nil }
  var total: Int128 = 0
  for value in values {
    guard let value else { return nil }
    total += value
  }
  return Int64(exactly: total)
}
