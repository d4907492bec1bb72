import ConfigurationFiles

extension TimeFormat {
  /// Reads a pattern such as `yyyy-MM-dd HH:mm:ss[.SSS] UTC`.
  ///
  /// - Shape: letters as in Unicode's date patterns; other characters stand for themselves, text in
  ///   single quotes too, as do `T`, `Z`, `UTC` and `GMT`; what is in brackets may be missing.
  /// - Source: Unicode Technical Standard #35, part 4, date field symbols.
  static func steps(
    pattern node: ConfigurationNode
  ) throws(ConfigurationError) -> [Step] {
    let pattern = Array(try node.text().utf8)
    var steps: [Step] = []
    var openOptional: Int?
    var index = 0
    while index < pattern.count {
      let byte = pattern[index]
      let run = pattern[index...].prefix { $0 == byte }.count
      switch byte {
      case UInt8(ascii: "'"):
        guard let end = pattern[(index + 1)...].firstIndex(of: byte) else {
          throw node.error("the pattern has a quote that is not closed")
        }
        steps += pattern[(index + 1)..<end].map { Step.literal($0) }
        index = end + 1
      case UInt8(ascii: "["):
        guard openOptional == nil else { throw node.error("brackets of a pattern cannot nest") }
        openOptional = steps.count
        steps.append(.optionalStart(end: 0))
        index += 1
      case UInt8(ascii: "]"):
        guard let start = openOptional else {
          throw node.error("the pattern closes a bracket that it did not open")
        }
        steps.append(.optionalEnd)
        steps[start] = .optionalStart(end: steps.count)
        openOptional = nil
        index += 1
      case 97...122, 65...90:
        if let word = literalWord(pattern[index...]) {
          steps += word.map { Step.literal($0) }
          index += word.count
        } else {
          steps.append(try step(byte, count: run, node))
          index += run
        }
      default:
        steps.append(.literal(byte))
        index += 1
      }
    }
    guard openOptional == nil else {
      throw node.error("the pattern has a bracket that is not closed")
    }
    try checkWhole(steps, node)
    return steps
  }

  private static func literalWord(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    for word in ["UTC", "GMT", "T", "Z"] where rest.starts(with: word.utf8) {
      return rest.prefix(word.utf8.count)
    }
    return nil
  }

  private static func step(
    _ letter: UInt8, count: Int, _ node: ConfigurationNode
  ) throws(ConfigurationError) -> Step {
    let name = String(UnicodeScalar(letter))
    switch (name, count) {
    case ("y", 4): return .year
    case ("y", 2): return .shortYear
    case ("M", 1...2): return .month(isFixed: count == 2)
    case ("M", 3): return .monthName
    case ("d", 1...2): return .day(isFixed: count == 2)
    case ("H", 1...2): return .hour(isFixed: count == 2)
    case ("h", 1...2): return .halfDayHour(isFixed: count == 2)
    case ("m", 1...2): return .minute(isFixed: count == 2)
    case ("s", 1...2): return .second(isFixed: count == 2)
    case ("S", 1...9): return .fraction
    case ("E", 1...3): return .weekdayName
    case ("a", 1): return .halfDay
    case ("X", 1...3): return .offset
    default:
      let written = String(repeating: name, count: count)
      let known = [
        "yyyy", "yy", "M", "MM", "MMM", "d", "dd", "H", "HH", "h", "hh", "m", "mm", "s", "ss",
        "SSS", "a", "EEE", "X",
      ]
      // A day or a year in capitals is the commonest slip; minutes are no months.
      let nearest =
        known.first { $0.lowercased() == written.lowercased() }
        ?? nearestName(to: written, among: known)
      throw node.error(
        "'\(written)' is not a part of a time pattern", nearest: nearest,
        advice: "Parts: \(known.joined(separator: " ")); put other letters in single quotes.")
    }
  }

  private static func checkWhole(
    _ steps: [Step], _ node: ConfigurationNode
  ) throws(ConfigurationError) {
    let hasYear = steps.contains { $0 == .year || $0 == .shortYear }
    let hasMonth = steps.contains {
      $0 == .monthName || $0 == .month(isFixed: true) || $0 == .month(isFixed: false)
    }
    let hasDay = steps.contains { $0 == .day(isFixed: true) || $0 == .day(isFixed: false) }
    guard hasYear, hasMonth, hasDay else {
      let missing = !hasYear ? "year (yyyy)" : !hasMonth ? "month (MM)" : "day (dd)"
      throw node.error("the pattern has no \(missing)")
    }
    let usesHalfDays = steps.contains {
      $0 == .halfDayHour(isFixed: true) || $0 == .halfDayHour(isFixed: false)
    }
    guard usesHalfDays == steps.contains(.halfDay) else {
      throw node.error("hours of half a day (h) and AM or PM (a) go together", advice: "use H")
    }
  }
}
