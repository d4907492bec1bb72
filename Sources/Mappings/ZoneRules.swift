/// How far local clocks of a place were from UTC, and since when.
///
/// A time that clocks show twice (autumn) is taken as the first of the two; one that they skip
/// (spring) is read with the offset before the change.
///
/// - Source: RFC 9636 (TZif), with the rule of its footer written out up to `Limits.lastZoneYear`.
struct ZoneRules: Sendable, Equatable {
  /// Offset before the first change, in seconds east of UTC.
  var firstOffset: Int64
  /// Local times, in seconds since 1970, from which `offsets` at the same place hold; ascending.
  var changes: [Int64] = []
  var offsets: [Int64] = []

  static let utc = ZoneRules(firstOffset: 0)

  /// The offset at a local time.
  func offset(local: Int64) -> Int64 {
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] <= local { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? firstOffset : offsets[low - 1]
  }

  private mutating func append(instant: Int64, offset: Int64) {
    let before = offsets.last ?? firstOffset
    guard offset != before else { return }
    // A gap ends at the new offset's reading, an overlap at the old one's.
    let local = instant + max(before, offset)
    guard changes.last.map({ $0 < local }) ?? true else { return }
    changes.append(local)
    offsets.append(offset)
  }

  /// `+02:00`, `-0530`, `Z` or `UTC`.
  init?(fixed text: String) {
    if text == "UTC" || text == "Z" || text == "GMT" {
      self = .utc
      return
    }
    let digits = text.utf8.dropFirst().filter { $0 != UInt8(ascii: ":") }.map { Int64($0) - 48 }
    guard let sign = text.utf8.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      digits.count == 4, digits.allSatisfy({ $0 >= 0 && $0 <= 9 })
    else { return nil }
    let hours = digits[0] * 10 + digits[1]
    let minutes = digits[2] * 10 + digits[3]
    guard hours <= 23, minutes <= 59 else { return nil }
    let seconds = hours * 3_600 + minutes * 60
    self.init(firstOffset: sign == UInt8(ascii: "-") ? -seconds : seconds)
  }

  init(firstOffset: Int64) { self.firstOffset = firstOffset }

  /// Reads a TZif file of version 2 or later; nil when the bytes are not one.
  init?(tzif bytes: [UInt8]) {
    var reader = TZifReader(bytes: bytes)
    guard let header = reader.header(), header.version >= UInt8(ascii: "2"),
      reader.skip(header.byteCount(timeByteCount: 4)), let wide = reader.header(),
      let times = reader.integers(wide.timeCount, byteCount: 8),
      let types = reader.integers(wide.timeCount, byteCount: 1),
      let records = reader.records(wide.typeCount), !records.isEmpty,
      reader.skip(
        wide.characterCount + wide.leapCount * 12 + wide.standardCount + wide.universalCount)
    else { return nil }
    self.init(firstOffset: records[0])
    for (time, type) in zip(times, types) {
      guard type >= 0, Int(type) < records.count, abs(time) < 1 << 45 else { continue }
      append(instant: time, offset: records[Int(type)])
    }
    guard let footer = reader.footer() else { return nil }
    guard !footer.isEmpty else { return }
    guard let rule = ZoneFooter(footer) else { return nil }
    extend(by: rule, after: times.last ?? -(1 << 40))
  }

  private mutating func extend(by rule: ZoneFooter, after last: Int64) {
    guard let daylight = rule.daylight else {
      append(instant: last, offset: rule.standardOffset)
      return
    }
    for year in 1_970...Limits.lastZoneYear {
      let starts = daylight.start.seconds(year: year) - rule.standardOffset
      let ends = daylight.end.seconds(year: year) - daylight.offset
      let both = [(starts, daylight.offset), (ends, rule.standardOffset)]
      for (instant, offset) in both.sorted(by: { $0.0 < $1.0 }) where instant > last {
        append(instant: instant, offset: offset)
      }
    }
  }
}

/// Walks the big-endian blocks of a TZif file.
private struct TZifReader {
  struct Header {
    var version: UInt8
    var universalCount = 0
    var standardCount = 0
    var leapCount = 0
    var timeCount = 0
    var typeCount = 0
    var characterCount = 0

    func byteCount(timeByteCount: Int) -> Int {
      timeCount * (timeByteCount + 1) + typeCount * 6 + characterCount
        + leapCount * (timeByteCount + 4) + standardCount + universalCount
    }
  }

  let bytes: [UInt8]
  var offset = 0

  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, count <= bytes.count - offset else { return false }
    offset += count
    return true
  }

  mutating func integers(_ count: Int, byteCount: Int) -> [Int64]? {
    guard count >= 0, count <= (bytes.count - offset) / byteCount else { return nil }
    return (0..<count).map { _ in integer(byteCount) }
  }

  private mutating func integer(_ byteCount: Int) -> Int64 {
    var value: UInt64 = 0
    for byte in bytes[offset..<offset + byteCount] { value = value << 8 | UInt64(byte) }
    offset += byteCount
    return byteCount == 8 ? Int64(bitPattern: value) : Int64(value)
  }

  mutating func header() -> Header? {
    guard bytes.count - offset >= 44, bytes[offset..<offset + 4].elementsEqual("TZif".utf8) else {
      return nil
    }
    var header = Header(version: bytes[offset + 4])
    offset += 20
    guard let counts = integers(6, byteCount: 4) else { return nil }
    header.universalCount = Int(counts[0])
    header.standardCount = Int(counts[1])
    header.leapCount = Int(counts[2])
    header.timeCount = Int(counts[3])
    header.typeCount = Int(counts[4])
    header.characterCount = Int(counts[5])
    return header
  }

  /// The UTC offsets of the local time types.
  mutating func records(_ count: Int) -> [Int64]? {
    guard count >= 0, count <= (bytes.count - offset) / 6 else { return nil }
    return (0..<count).map { _ in
      let value = Int64(Int32(truncatingIfNeeded: integer(4)))
      offset += 2
      return value
    }
  }

  mutating func footer() -> ArraySlice<UInt8>? {
    guard offset < bytes.count, bytes[offset] == 10 else { return nil }
    let text = bytes[(offset + 1)...]
    guard let end = text.firstIndex(of: 10) else { return nil }
    return text[..<end]
  }
}
