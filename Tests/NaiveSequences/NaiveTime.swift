/// Microseconds since 1970 in UTC.
package typealias Microseconds = Int64

/// Reads and writes times and spans.
package enum NaiveTime {
  package static let second: Microseconds = 1_000_000
  package static let minute = 60 * second
  package static let hour = 60 * minute
  package static let day = 24 * hour

  /// The first instant of year 0001 and the last one of year 9999.
  static let first = dayNumber(year: 1, month: 1, day: 1) * day
  static let last = (dayNumber(year: 9999, month: 12, day: 31) + 1) * day - 1

  /// Reads RFC 3339 with any offset; finer digits than microseconds are cut off.
  package static func parse(_ text: ByteText) -> Microseconds? {
    var reader = TimeReader(rest: text[...])
    guard
      let year = reader.number(4), reader.one(of: "-"),
      let month = reader.number(2), reader.one(of: "-"),
      let dayOfMonth = reader.number(2), reader.one(of: "Tt "),
      let hours = reader.number(2), reader.one(of: ":"),
      let minutes = reader.number(2), reader.one(of: ":"),
      let seconds = reader.number(2),
      let fraction = reader.fraction(),
      let offset = reader.offset(), reader.rest.isEmpty
    else { return nil }
    guard (1...12).contains(month) else { return nil }
    guard dayOfMonth >= 1, dayOfMonth <= daysInMonth(year: year, month: month) else { return nil }
    // Second 60 of any minute is the next minute's 0: the sum below says just that.
    guard hours <= 23, minutes <= 59, seconds <= 60 else { return nil }

    let days = dayNumber(year: year, month: month, day: dayOfMonth)
    let clock = hours * hour + minutes * minute + seconds * second + fraction
    let time = days * day + clock - offset * minute
    return time >= first && time <= last ? time : nil
  }

  /// Writes `YYYY-MM-DDThh:mm:ss.ffffffZ`.
  package static func text(_ time: Microseconds) -> ByteText {
    var days = time / day
    if time % day < 0 { days -= 1 }
    let clock = time - days * day
    var year: Int64 = 1
    // Years are looked for in steps that cannot jump over the right one.
    while dayNumber(year: year + 100, month: 1, day: 1) <= days { year += 100 }
    while dayNumber(year: year + 1, month: 1, day: 1) <= days { year += 1 }
    var month: Int64 = 1
    while month < 12, dayNumber(year: year, month: month + 1, day: 1) <= days { month += 1 }
    let dayOfMonth = days - dayNumber(year: year, month: month, day: 1) + 1
    let date = padded(year, 4) + "-" + padded(month, 2) + "-" + padded(dayOfMonth, 2)
    let hours = padded(clock / hour, 2) + ":" + padded(clock / minute % 60, 2)
    let seconds = padded(clock / second % 60, 2) + "." + padded(clock % second, 6)
    return bytes(date + "T" + hours + ":" + seconds + "Z")
  }

  /// Reads a span as options write it: `90s`, `30m`, `24h`, `7d`.
  static func span(_ text: ByteText) -> Microseconds? {
    let units: [UInt8: Microseconds] = [
      UInt8(ascii: "s"): second, UInt8(ascii: "m"): minute,
      UInt8(ascii: "h"): hour, UInt8(ascii: "d"): day,
    ]
    guard let letter = text.last, let unit = units[letter] else { return nil }
    let digits = text.dropLast()
    guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
    guard let count = wholeNumber(ByteText(digits)) else { return nil }
    let (span, overflow) = count.multipliedReportingOverflow(by: unit)
    return overflow ? nil : span
  }

  /// A time moved by a span; past the end of 64 bits it stays at the end.
  package static func after(_ time: Microseconds, _ span: Microseconds) -> Microseconds {
    let (sum, overflow) = time.addingReportingOverflow(span)
    return overflow ? (span > 0 ? .max : .min) : sum
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func daysInMonth(year: Int64, month: Int64) -> Int64 {
    if month == 2 { return isLeap(year) ? 29 : 28 }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Days from 1970-01-01 to a date.
  private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
    // Counted from year -399, so that no division meets a negative number.
    let past = year + 399
    var days = 365 * past + past / 4 - past / 100 + past / 400
    for earlier in 1..<max(month, 1) { days += daysInMonth(year: year, month: earlier) }
    let past1970: Int64 = 1970 + 399
    let days1970 = 365 * past1970 + past1970 / 4 - past1970 / 100 + past1970 / 400
    return days + day - 1 - days1970
  }
}

/// Reads the parts of a time from the left.
private struct TimeReader {
  var rest: ArraySlice<UInt8>

  mutating func one(of characters: String) -> Bool {
    guard let byte = rest.first, characters.utf8.contains(byte) else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func number(_ width: Int) -> Int64? {
    let digits = rest.prefix(width)
    guard digits.count == width, digits.allSatisfy(isDigit) else { return nil }
    rest = rest.dropFirst(width)
    return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  /// Microseconds of the fraction: 0 where there is none, nil where it has no digit.
  mutating func fraction() -> Int64? {
    guard one(of: ".") else { return 0 }
    let digits = rest.prefix(while: isDigit)
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    let six = ByteText(digits.prefix(6)) + ByteText(repeating: UInt8(ascii: "0"), count: 6)
    return six.prefix(6).reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  /// Minutes east of UTC.
  mutating func offset() -> Int64? {
    if one(of: "Zz") { return 0 }
    let isEast = rest.first == UInt8(ascii: "+")
    guard one(of: "+-"), let hours = number(2), one(of: ":"), let minutes = number(2) else {
      return nil
    }
    guard hours <= 23, minutes <= 59 else { return nil }
    return (hours * 60 + minutes) * (isEast ? 1 : -1)
  }
}
