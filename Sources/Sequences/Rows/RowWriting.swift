import Bytes

/// The date of the last time that was written; most times share it with the one before.
struct DayCache {
  private static let day: Int64 = 86_400_000_000
  private var firstMicrosecond = Int64.max
  /// `YYYY-MM-DDT`.
  private var text: InlineArray<11, UInt8> = .init(repeating: 0)

  /// Writes `YYYY-MM-DDThh:mm:ss.ffffffZ`, 27 bytes.
  @inline(__always) mutating func write(_ time: Int64, to out: inout OutputBytes) {
    if time < firstMicrosecond || time &- firstMicrosecond >= DayCache.day { turn(to: time) }
    let clamped = min(max(time, TimeRange.first), TimeRange.last)
    let rest = UInt64(clamped - firstMicrosecond)
    let start = out.base + out.count
    for index in 0..<11 { start[index] = text[index] }
    let seconds = UInt32(rest / 1_000_000)
    let fraction = UInt32(rest % 1_000_000)
    pair(start + 11, seconds / 3_600)
    start[13] = UInt8(ascii: ":")
    pair(start + 14, seconds / 60 % 60)
    start[16] = UInt8(ascii: ":")
    pair(start + 17, seconds % 60)
    start[19] = UInt8(ascii: ".")
    pair(start + 20, fraction / 10_000)
    pair(start + 22, fraction / 100 % 100)
    pair(start + 24, fraction % 100)
    start[26] = UInt8(ascii: "Z")
    out.count &+= 27
  }

  @inline(__always) private func pair(_ place: UnsafeMutablePointer<UInt8>, _ value: UInt32) {
    place[0] = UInt8(truncatingIfNeeded: value / 10) &+ 48
    place[1] = UInt8(truncatingIfNeeded: value % 10) &+ 48
  }

  private mutating func turn(to time: Int64) {
    let clamped = min(max(time, TimeRange.first), TimeRange.last)
    let days =
      clamped >= 0 ? clamped / DayCache.day : (clamped - (DayCache.day - 1)) / DayCache.day
    firstMicrosecond = days * DayCache.day
    let date = civilDate(daysSince1970: Int(days))
    var rest = date.year
    for place in [3, 2, 1, 0] {
      text[place] = UInt8(truncatingIfNeeded: rest % 10) + 48
      rest /= 10
    }
    text[4] = UInt8(ascii: "-")
    text[5] = UInt8(truncatingIfNeeded: date.month / 10) + 48
    text[6] = UInt8(truncatingIfNeeded: date.month % 10) + 48
    text[7] = UInt8(ascii: "-")
    text[8] = UInt8(truncatingIfNeeded: date.day / 10) + 48
    text[9] = UInt8(truncatingIfNeeded: date.day % 10) + 48
    text[10] = UInt8(ascii: "T")
  }
}

private let hexDigits: StaticString = "0123456789abcdef"

extension OutputBytes {
  /// 16 lower-case hex digits.
  @inline(__always) mutating func put(hex value: UInt64) {
    let digits = hexDigits.utf8Start
    for place in 0..<16 {
      base[count + 15 - place] = digits[Int(truncatingIfNeeded: value >> UInt64(4 * place) & 15)]
    }
    count &+= 16
  }

  /// A JSON string with its quotes; needs six bytes a byte, and two.
  @inline(__always) mutating func put(json text: TextSlice) {
    put(UInt8(ascii: "\""))
    putInside(json: text)
    put(UInt8(ascii: "\""))
  }

  @inline(__always) mutating func putInside(json text: TextSlice) {
    guard let start = text.start else { return }
    if text.flags.contains(.escapedInJSON) {
      putEscaped(start, text.count)
    } else {
      put(start, text.count)
    }
  }

  @inline(never) private mutating func putEscaped(_ start: UnsafePointer<UInt8>, _ length: Int) {
    for index in 0..<length {
      let byte = start[index]
      if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
        put(byte)
        continue
      }
      put(UInt8(ascii: "\\"))
      switch byte {
      case 0x0a: put(UInt8(ascii: "n"))
      case 0x0d: put(UInt8(ascii: "r"))
      case 0x09: put(UInt8(ascii: "t"))
      case 0x08: put(UInt8(ascii: "b"))
      case 0x0c: put(UInt8(ascii: "f"))
      case 0..<0x20:
        put("u00")
        put(hexDigits.utf8Start[Int(byte >> 4)])
        put(hexDigits.utf8Start[Int(byte & 15)])
      default: put(byte)
      }
    }
  }

  /// A CSV field by RFC 4180; needs two bytes a byte, and two. Absent is empty without quotes, the
  /// empty string is empty with quotes.
  @inline(__always) mutating func put(csv text: TextSlice) {
    guard let start = text.start else { return }
    if text.count > 0 && !text.flags.contains(.quotedInCSV) {
      put(start, text.count)
      return
    }
    put(UInt8(ascii: "\""))
    for index in 0..<text.count {
      if start[index] == UInt8(ascii: "\"") { put(UInt8(ascii: "\"")) }
      put(start[index])
    }
    put(UInt8(ascii: "\""))
  }
}
