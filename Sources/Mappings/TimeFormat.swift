import Bytes
import ConfigurationFiles

/// How a time is written in other people's files.
struct TimeFormat: Sendable {
  /// What stands next in a pattern. Numbers take up to `width` digits, and exactly as many when the
  /// pattern repeats the letter.
  enum Step: Sendable, Equatable {
    case year, shortYear, month(isFixed: Bool), monthName, day(isFixed: Bool)
    case hour(isFixed: Bool), halfDayHour(isFixed: Bool), minute(isFixed: Bool)
    case second(isFixed: Bool), fraction, halfDay, weekdayName, offset
    case literal(UInt8), optionalStart(end: Int), optionalEnd
  }

  enum Kind: Sendable {
    /// Units of one epoch step in microseconds: seconds 1,000,000 and so on; a fraction may follow.
    case epoch(unit: Int64)
    case rfc3339
    case pattern([Step])
  }

  var kind: Kind
  var zone: ZoneRules

  static let names = ["epoch_s", "epoch_ms", "epoch_us", "rfc3339"]

  /// Microseconds since 1970 UTC of text in this format, or nil.
  func microseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    switch kind {
    case .epoch(let unit): return parseEpoch(text, unit: unit)
    case .rfc3339:
      var cursor = TimeCursor(text: text)
      return cursor.rfc3339()
    case .pattern(let steps):
      var cursor = TimeCursor(text: text)
      return cursor.match(steps, zone: zone)
    }
  }
}

/// `1411990498.509` in units of `unit` microseconds; digits finer than a microsecond are cut off.
func parseEpoch(_ text: UnsafeBufferPointer<UInt8>, unit: Int64) -> Int64? {
  var index = 0
  var isNegative = false
  if text.first == UInt8(ascii: "-") {
    isNegative = true
    index = 1
  }
  let firstDigit = index
  var value: Int64 = 0
  while index < text.count, case let digit = text[index] &- 48, digit <= 9 {
    let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, carry) = tens.addingReportingOverflow(Int64(digit))
    if overflow || carry { return nil }
    value = sum
    index += 1
  }
  guard index > firstDigit else { return nil }
  let (scaled, overflow) = value.multipliedReportingOverflow(by: unit)
  if overflow { return nil }
  guard scaled <= TimeRange.last else { return nil }
  var microseconds = scaled
  var hasFinerDigits = false
  if index < text.count {
    guard text[index] == UInt8(ascii: "."), index + 1 < text.count else { return nil }
    var place = unit / 10
    for byte in text[(index + 1)...] {
      guard case let digit = byte &- 48, digit <= 9 else { return nil }
      microseconds += Int64(digit) * place
      if place == 0, digit != 0 { hasFinerDigits = true }
      place /= 10
    }
  }
  // Cutting off goes towards the past, before 1970 too.
  return isNegative ? -microseconds - (hasFinerDigits ? 1 : 0) : microseconds
}

/// Reads a time from left to right.
struct TimeCursor {
  let text: UnsafeBufferPointer<UInt8>
  var index = 0

  init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

  private var next: UInt8 { index < text.count ? text[index] : 0 }

  mutating func rfc3339() -> Int64? {
    var time = CivilTime()
    guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2)
    else { return nil }
    guard take("T") || take("t") || take(" ") else { return nil }
    guard let hour = digits(2), take(":"), let minute = digits(2), take(":"),
      let second = digits(2)
    else { return nil }
    time = CivilTime(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    if take(".") {
      guard let fraction = fraction() else { return nil }
      time.microsecond = fraction
    }
    guard let offset = offset(needsColon: true), index == text.count, time.isValid else {
      return nil
    }
    return (time.secondsSince1970 - offset) * 1_000_000 + Int64(time.microsecond)
  }

  mutating func match(_ steps: [TimeFormat.Step], zone: ZoneRules) -> Int64? {
    var time = CivilTime()
    var isAfternoon: Bool?
    var ownOffset: Int64?
    var stepIndex = 0
    var resume: (step: Int, index: Int, time: CivilTime)?
    while stepIndex < steps.count {
      if apply(steps[stepIndex], &time, &isAfternoon, &ownOffset) {
        switch steps[stepIndex] {
        case .optionalStart(let end): resume = (end, index, time)
        case .optionalEnd: resume = nil
        default: break
        }
        stepIndex += 1
      } else {
        guard let saved = resume else { return nil }
        (stepIndex, index, time) = saved
        resume = nil
      }
    }
    if let isAfternoon {
      guard time.hour >= 1, time.hour <= 12 else { return nil }
      time.hour = time.hour % 12 + (isAfternoon ? 12 : 0)
    }
    guard index == text.count, time.isValid else { return nil }
    let local = time.secondsSince1970
    let offset = ownOffset ?? zone.offset(local: local)
    return (local - offset) * 1_000_000 + Int64(time.microsecond)
  }

  private mutating func apply(
    _ step: TimeFormat.Step, _ time: inout CivilTime, _ isAfternoon: inout Bool?,
    _ ownOffset: inout Int64?
  ) -> Bool {
    switch step {
    case .literal(let byte):
      guard next == byte, index < text.count else { return false }
      index += 1
      return true
    case .year: return number(4, true, &time.year)
    case .shortYear:
      guard number(2, true, &time.year) else { return false }
      // The POSIX pivot: 69 to 99 are the nineteen hundreds.
      time.year += time.year >= 69 ? 1_900 : 2_000
      return true
    case .month(let isFixed): return number(2, isFixed, &time.month)
    case .day(let isFixed): return number(2, isFixed, &time.day)
    case .hour(let isFixed), .halfDayHour(let isFixed): return number(2, isFixed, &time.hour)
    case .minute(let isFixed): return number(2, isFixed, &time.minute)
    case .second(let isFixed): return number(2, isFixed, &time.second)
    case .fraction:
      guard let value = fraction() else { return false }
      time.microsecond = value
      return true
    case .halfDay:
      guard index + 1 < text.count, text[index + 1] | 0x20 == UInt8(ascii: "m") else {
        return false
      }
      let letter = text[index] | 0x20
      guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p") else { return false }
      isAfternoon = letter == UInt8(ascii: "p")
      index += 2
      return true
    case .monthName:
      guard let place = name("janfebmaraprmayjunjulaugsepoctnovdec") else { return false }
      time.month = place + 1
      return true
    case .weekdayName: return name("sunmontuewedthufrisat") != nil
    case .offset:
      ownOffset = offset(needsColon: false)
      return ownOffset != nil
    case .optionalStart, .optionalEnd: return true
    }
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard index < text.count, text[index] == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  private mutating func digits(_ count: Int) -> Int? {
    var value = 0
    return number(count, true, &value) ? value : nil
  }

  @inline(__always)
  private mutating func number(_ width: Int, _ isFixed: Bool, _ value: inout Int) -> Bool {
    var result = 0
    var count = 0
    while count < width, index < text.count, case let digit = text[index] &- 48, digit <= 9 {
      result = result * 10 + Int(digit)
      index += 1
      count += 1
    }
    guard count == width || (!isFixed && count > 0) else { return false }
    value = result
    return true
  }

  /// Digits after the point as microseconds; finer ones are cut off.
  private mutating func fraction() -> Int? {
    var value = 0
    var count = 0
    while index < text.count, case let digit = text[index] &- 48, digit <= 9 {
      if count < 6 { value = value * 10 + Int(digit) }
      count += 1
      index += 1
    }
    guard count > 0 else { return nil }
    while count < 6 {
      value *= 10
      count += 1
    }
    return value
  }

  private mutating func name(_ table: StaticString) -> Int? {
    guard index + 3 <= text.count else { return nil }
    for place in 0..<table.utf8CodeUnitCount / 3 {
      let word = table.utf8Start + place * 3
      if text[index] | 0x20 == word[0], text[index + 1] | 0x20 == word[1],
        text[index + 2] | 0x20 == word[2]
      {
        index += 3
        return place
      }
    }
    return nil
  }

  /// `Z`, `+02:00` or, unless a colon is asked for, `+0200`, as seconds east of UTC.
  private mutating func offset(needsColon: Bool) -> Int64? {
    if take("Z") || take("z") { return 0 }
    let isNegative = next == UInt8(ascii: "-")
    guard isNegative || next == UInt8(ascii: "+") else { return nil }
    index += 1
    guard let hours = digits(2), take(":") || !needsColon, let minutes = digits(2), hours <= 23,
      minutes <= 59
    else { return nil }
    let seconds = Int64(hours * 3_600 + minutes * 60)
    return isNegative ? -seconds : seconds
  }
}
