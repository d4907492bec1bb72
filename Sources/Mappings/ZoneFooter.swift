import Bytes

/// The rule for all later years at the end of a TZif file: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// - Source: POSIX.1-2024 section 8.3 (TZ), with RFC 9636's wider hours.
struct ZoneFooter {
  struct Day {
    enum Kind { case monthWeekDay, julian, zeroBased }
    var kind: Kind
    var month = 0
    var week = 0
    var day = 0
    var time: Int64 = 7_200

    /// Local seconds since 1970 of the change in a year.
    func seconds(year: Int) -> Int64 {
      let newYear = daysSince1970(year: year, month: 1, day: 1)
      let days: Int
      switch kind {
      case .zeroBased: days = newYear + day
      case .julian:
        let isLeap = dayCount(ofMonth: 2, year: year) == 29
        days = newYear + day - 1 + (isLeap && day >= 60 ? 1 : 0)
      case .monthWeekDay:
        let first = daysSince1970(year: year, month: month, day: 1)
        // 1970-01-01 was a Thursday, the fourth day counted from Sunday.
        let weekday = ((first + 4) % 7 + 7) % 7
        var place = (day - weekday + 7) % 7 + (week - 1) * 7
        if place >= dayCount(ofMonth: month, year: year) { place -= 7 }
        days = first + place
      }
      return Int64(days) * 86_400 + time
    }
  }

  var standardOffset: Int64 = 0
  var daylight: (offset: Int64, start: Day, end: Day)?

  init?(_ bytes: ArraySlice<UInt8>) {
    var text = bytes
    guard Self.skipName(&text), let west = Self.time(&text) else { return nil }
    standardOffset = -west
    guard !text.isEmpty else { return }
    guard Self.skipName(&text) else { return nil }
    var offset = standardOffset + 3_600
    if text.first != UInt8(ascii: ",") {
      guard let daylightWest = Self.time(&text) else { return nil }
      offset = -daylightWest
    }
    guard let start = Self.day(&text), let end = Self.day(&text), text.isEmpty else { return nil }
    daylight = (offset, start, end)
  }

  private static func skipName(_ text: inout ArraySlice<UInt8>) -> Bool {
    if text.first == UInt8(ascii: "<") {
      guard let end = text.firstIndex(of: UInt8(ascii: ">")) else { return false }
      text = text[(end + 1)...]
      return true
    }
    let count = text.prefix { ($0 | 0x20) >= 97 && ($0 | 0x20) <= 122 }.count
    text = text.dropFirst(count)
    return count > 0
  }

  private static func number(_ text: inout ArraySlice<UInt8>) -> Int? {
    let digits = text.prefix { $0 >= 48 && $0 <= 57 }
    guard !digits.isEmpty, digits.count <= 4 else { return nil }
    text = text.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
  }

  private static func take(_ byte: Unicode.Scalar, _ text: inout ArraySlice<UInt8>) -> Bool {
    guard text.first == UInt8(ascii: byte) else { return false }
    text = text.dropFirst()
    return true
  }

  /// `[+-]h[:m[:s]]` in seconds.
  private static func time(_ text: inout ArraySlice<UInt8>) -> Int64? {
    let isNegative = take("-", &text)
    if !isNegative { _ = take("+", &text) }
    guard let hours = number(&text) else { return nil }
    var seconds = hours * 3_600
    if take(":", &text) {
      guard let minutes = number(&text) else { return nil }
      seconds += minutes * 60
      if take(":", &text) {
        guard let rest = number(&text) else { return nil }
        seconds += rest
      }
    }
    return Int64(isNegative ? -seconds : seconds)
  }

  private static func day(_ text: inout ArraySlice<UInt8>) -> Day? {
    guard take(",", &text) else { return nil }
    var day: Day
    if take("M", &text) {
      guard let month = number(&text), take(".", &text), let week = number(&text),
        take(".", &text), let weekday = number(&text), (1...12).contains(month),
        (1...5).contains(week), weekday <= 6
      else { return nil }
      day = Day(kind: .monthWeekDay, month: month, week: week, day: weekday)
    } else {
      let isJulian = take("J", &text)
      guard let number = number(&text), number <= 366 else { return nil }
      day = Day(kind: isJulian ? .julian : .zeroBased, day: number)
    }
    if take("/", &text) {
      guard let time = time(&text) else { return nil }
      day.time = time
    }
    return day
  }
}
