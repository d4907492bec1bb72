import Bytes

/// Reads times of one form quickly and all others correctly.
///
/// Events of one file share their days, so the calendar is asked once a day: a time whose first
/// ten bytes are those of the last one needs only its clock read. Everything but
/// `YYYY-MM-DDThh:mm:ss[.digits]Z` goes to `parseRFC3339`.
struct TimeScanner {
  private var dateLow: UInt64 = 0
  private var dateHigh: UInt16 = 0
  private var dayStart: Int64 = 0

  /// Microseconds since 1970 UTC, or nil; 27 bytes from `start` on must be readable.
  @inline(__always)
  mutating func parse(_ start: BytePointer, _ count: Int) -> Int64? {
    let raw = UnsafeRawPointer(start)
    guard count >= 20, start[10] == UInt8(ascii: "T"),
      start[count - 1] == UInt8(ascii: "Z"),
      raw.loadUnaligned(as: UInt64.self) == dateLow,
      raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self) == dateHigh,
      let clock = clock(
        UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 11, as: UInt64.self)))
    else { return parseSlowly(start, count) }
    if count == 20 { return dayStart &+ clock }
    guard start[19] == UInt8(ascii: "."), count >= 22 else { return parseSlowly(start, count) }
    var fraction: Int64 = 0
    var unit: Int64 = 100_000
    for index in 20..<count - 1 {
      let digit = start[index] &- 0x30
      if digit > 9 { return nil }
      fraction &+= Int64(digit) &* unit
      unit /= 10
    }
    return dayStart &+ clock &+ fraction
  }

  /// Microseconds of `hh:mm:ss` written in eight bytes, or nil when it is another form.
  @inline(__always)
  private func clock(_ text: UInt64) -> Int64? {
    let digits = text ^ 0x3030_3a30_303a_3030
    // Colons become zero; a digit stays below ten, so adding six leaves its high half zero.
    let high = (digits | (digits &+ 0x0606_0606_0606_0606)) & 0xf0f0_f0f0_f0f0_f0f0
    if high != 0 || digits & 0x0000_ff00_00ff_0000 != 0 { return nil }
    let hour = Int64(digits & 15) &* 10 &+ Int64(digits >> 8 & 15)
    let minute = Int64(digits >> 24 & 15) &* 10 &+ Int64(digits >> 32 & 15)
    let second = Int64(digits >> 48 & 15) &* 10 &+ Int64(digits >> 56 & 15)
    if hour > 23 || minute > 59 || second > 59 { return nil }
    return (hour &* 3_600 &+ minute &* 60 &+ second) &* 1_000_000
  }

  @inline(never)
  private mutating func parseSlowly(_ start: BytePointer, _ count: Int) -> Int64? {
    let text = UnsafeRawBufferPointer(start: start, count: count)
    guard let microseconds = parseRFC3339(text) else { return nil }
    // With the offset Z the day in the text is the day in UTC, but for a second 60 at its end.
    if text[count - 1] == UInt8(ascii: "Z"), text[17] != UInt8(ascii: "6") {
      let day: Int64 = 86_400_000_000
      let rest = microseconds % day
      dayStart = microseconds - (rest < 0 ? rest + day : rest)
      dateLow = text.loadUnaligned(as: UInt64.self)
      dateHigh = text.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
    }
    return microseconds
  }
}
