/// Appends a whole number in decimal.
package func appendDecimal(_ value: Int64, to text: inout [UInt8]) {
  if value < 0 { text.append(UInt8(ascii: "-")) }
  let magnitude = value.magnitude
  if magnitude < 10 {
    text.append(UInt8(truncatingIfNeeded: magnitude) + 0x30)
    return
  }
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
    var rest = magnitude
    var start = 20
    while rest > 0 {
      start -= 1
      digits[start] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
      rest /= 10
    }
    text.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start..<20]))
  }
}

/// Appends a time as `YYYY-MM-DDThh:mm:ss.ffffffZ`, the contract's one form.
///
/// - Units: microseconds since 1970 UTC, within `TimeRange`.
package func appendTime(_ microseconds: Int64, to text: inout [UInt8]) {
  let day = 86_400_000_000
  let value = Int(min(max(microseconds, TimeRange.first), TimeRange.last))
  let days = value >= 0 ? value / day : (value - (day - 1)) / day
  let date = civilDate(daysSince1970: days)
  let rest = value - days * day
  let seconds = rest / 1_000_000
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 27) { form in
    func put(_ number: Int, at place: Int, digits count: Int, then mark: UInt8) {
      var rest = number
      for index in stride(from: place + count - 1, through: place, by: -1) {
        form[index] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
        rest /= 10
      }
      form[place + count] = mark
    }
    put(date.year, at: 0, digits: 4, then: UInt8(ascii: "-"))
    put(date.month, at: 5, digits: 2, then: UInt8(ascii: "-"))
    put(date.day, at: 8, digits: 2, then: UInt8(ascii: "T"))
    put(seconds / 3_600, at: 11, digits: 2, then: UInt8(ascii: ":"))
    put(seconds / 60 % 60, at: 14, digits: 2, then: UInt8(ascii: ":"))
    put(seconds % 60, at: 17, digits: 2, then: UInt8(ascii: "."))
    put(rest % 1_000_000, at: 20, digits: 6, then: UInt8(ascii: "Z"))
    text.append(contentsOf: UnsafeBufferPointer(form))
  }
}

/// Appends a JSON string with its quotes, escaping only what must be.
///
/// - Shape: `"`, `\` and control characters below U+0020 (`\n \r \t \b \f`, else `\u00xx` in
///   lower case); everything else as it is.
/// - Source: docs/semantics.md §5, "As text".
package func appendJSONString(_ string: UnsafeRawBufferPointer, to text: inout [UInt8]) {
  text.append(UInt8(ascii: "\""))
  var clean = 0
  for index in 0..<string.count {
    let byte = string[index]
    if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
    text.append(contentsOf: UnsafeRawBufferPointer(rebasing: string[clean..<index]))
    clean = index + 1
    appendEscape(byte, to: &text)
  }
  text.append(contentsOf: UnsafeRawBufferPointer(rebasing: string[clean...]))
  text.append(UInt8(ascii: "\""))
}

private func appendEscape(_ byte: UInt8, to text: inout [UInt8]) {
  text.append(UInt8(ascii: "\\"))
  switch byte {
  case 0x0a: text.append(UInt8(ascii: "n"))
  case 0x0d: text.append(UInt8(ascii: "r"))
  case 0x09: text.append(UInt8(ascii: "t"))
  case 0x08: text.append(UInt8(ascii: "b"))
  case 0x0c: text.append(UInt8(ascii: "f"))
  case 0..<0x20:
    text.append(contentsOf: [UInt8(ascii: "u"), 0x30, 0x30])
    text.append(hexDigit(byte >> 4))
    text.append(hexDigit(byte & 15))
  default: text.append(byte)
  }
}
