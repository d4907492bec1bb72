/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
///
/// - Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
package func daysSince1970(year: Int, month: Int, day: Int) -> Int {
  let shiftedYear = month <= 2 ? year - 1 : year
  let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
  let yearOfEra = shiftedYear - era * 400
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/// The date that lies `days` after 1970-01-01 in the proleptic Gregorian calendar.
package func civilDate(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
  let shifted = days + 719_468
  let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
  let dayOfEra = shifted - era * 146_097
  let yearOfEra =
    (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}

/// The number of days of a month, leap years by the Gregorian rule.
package func dayCount(ofMonth month: Int, year: Int) -> Int {
  switch month {
  case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
  case 4, 6, 9, 11: 30
  default: 31
  }
}

/// The span of times that the contract knows: years 0001 to 9999 in UTC.
package enum TimeRange {
  /// 0001-01-01T00:00:00Z, in microseconds since 1970.
  package static let first: Int64 = -62_135_596_800_000_000
  /// 9999-12-31T23:59:59.999999Z, in microseconds since 1970.
  package static let last: Int64 = 253_402_300_799_999_999

  /// The nearest time that can be written.
  package static func clamped(_ microseconds: Int64) -> Int64 {
    min(max(microseconds, first), last)
  }
}

/// Reads an RFC 3339 time: any offset, `T`, `t` or a space, `Z` or `z`.
///
/// - Units: microseconds since 1970 UTC; finer digits are cut off. Second 60 of any minute is the
///   next minute's 0 and keeps its fraction.
/// - Errors: nil for anything else, and for years outside 0001–9999 in UTC.
/// - Source: RFC 3339 §5.6; docs/semantics.md §1.
package func parseRFC3339(_ text: UnsafeRawBufferPointer) -> Int64? {
  guard text.count >= 20,
    let year = digits(text, 0, 4), let month = digits(text, 5, 2), let day = digits(text, 8, 2),
    let hour = digits(text, 11, 2), let minute = digits(text, 14, 2),
    let second = digits(text, 17, 2),
    text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
    text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
    text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
    month >= 1, month <= 12, day >= 1, day <= dayCount(ofMonth: month, year: year),
    hour <= 23, minute <= 59, second <= 60
  else { return nil }
  var index = 19
  var fraction = 0
  if text[index] == UInt8(ascii: ".") {
    index += 1
    let firstDigit = index
    var unit = 100_000
    while index < text.count, let digit = digits(text, index, 1) {
      fraction += digit * unit
      unit /= 10
      index += 1
    }
    if index == firstDigit { return nil }
  }
  guard let offset = offsetSeconds(text, index) else { return nil }
  let days = daysSince1970(year: year, month: month, day: day)
  let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
  let microseconds = Int64(seconds * 1_000_000 + fraction)
  return microseconds >= TimeRange.first && microseconds <= TimeRange.last ? microseconds : nil
}

/// The offset that fills the text from `index` to its end: `Z`, `+hh:mm` or `-hh:mm`.
private func offsetSeconds(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int? {
  guard index < text.count else { return nil }
  if text[index] | 0x20 == UInt8(ascii: "z") { return index + 1 == text.count ? 0 : nil }
  guard index + 6 == text.count, text[index + 3] == UInt8(ascii: ":"),
    let hours = digits(text, index + 1, 2), let minutes = digits(text, index + 4, 2),
    hours <= 23, minutes <= 59
  else { return nil }
  switch text[index] {
  case UInt8(ascii: "+"): return hours * 3_600 + minutes * 60
  case UInt8(ascii: "-"): return -(hours * 3_600 + minutes * 60)
  default: return nil
  }
}

/// The number written in `count` decimal digits at `index`, or nil when one is no digit.
@inline(__always)
private func digits(_ text: UnsafeRawBufferPointer, _ index: Int, _ count: Int) -> Int? {
  var value = 0
  for place in index..<index + count {
    let digit = text[place] &- 0x30
    if digit > 9 { return nil }
    value = value * 10 + Int(digit)
  }
  return value
}
