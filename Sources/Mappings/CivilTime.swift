import Bytes

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
      && day <= dayCount(ofMonth: month, year: year) && hour <= 23 && minute <= 59 && second <= 60
  }

  /// Seconds since 1970 as if the zone were UTC; second 60 is the next minute's 0.
  var secondsSince1970: Int64 {
    let days = Int64(daysSince1970(year: year, month: month, day: day))
    return days * 86_400 + Int64(hour) * 3_600 + Int64(minute) * 60 + Int64(second)
  }
}
