// Calendar arithmetic on integers, in the proleptic Gregorian calendar.

/// Days since 1970-01-01 of a date.
///
/// - Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
@inline(__always)
func daysSince1970(year: Int, month: Int, day: Int) -> Int {
  let shifted = month <= 2 ? year - 1 : year
  let era = (shifted >= 0 ? shifted : shifted - 399) / 400
  let yearOfEra = shifted - era * 400
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/// The date of a number of days since 1970-01-01.
@inline(__always)
func civilDate(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
  let shifted = days + 719_468
  let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
  let dayOfEra = shifted - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let monthIndex = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
  let month = monthIndex + (monthIndex < 10 ? 3 : -9)
  return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

@inline(__always)
func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

@inline(__always)
func dayCount(year: Int, month: Int) -> Int {
  switch month {
  case 2: isLeap(year) ? 29 : 28
  case 4, 6, 9, 11: 30
  default: 31
  }
}

/// The times an event may have: years 0001 to 9999 in UTC.
///
/// - Units: microseconds since 1970 UTC.
enum TimeRange {
  static let first: Int64 = -62_135_596_800_000_000
  static let last: Int64 = 253_402_300_799_999_999
}

/// A date and time of day as they are written, before a zone gives them an instant.
struct CivilTime {
  var year = 0
  var month = 1
  var day = 1
  var hour = 0
  var minute = 0
  var second = 0
  var microsecond = 0

  /// Whether it is a date of the calendar and a time of day; second 60 may stand at any minute.
  var isValid: Bool {
    year >= 0 && year <= 9_999 && month >= 1 && month <= 12 && day >= 1
      && day <= dayCount(year: year, month: month) && hour <= 23 && minute <= 59 && second <= 60
  }

  /// Seconds since 1970 as if the zone were UTC; second 60 is the next minute's 0.
  var secondsSince1970: Int64 {
    let days = Int64(daysSince1970(year: year, month: month, day: day))
    return days * 86_400 + Int64(hour) * 3_600 + Int64(minute) * 60 + Int64(second)
  }
}
