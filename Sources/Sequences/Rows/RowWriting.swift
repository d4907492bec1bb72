import Bytes

/// The date of the last time that was written; most times share it with the one before.
struct DayCache {
  private static let day: Int64 = 86_400_000_000
  private var firstMicrosecond = Int64.max
  /// `YYYY-MM-DDT00:00:00.000000Z` and five bytes that do not count.
  private var text: SIMD32<UInt8> = .zero

  /// Writes `YYYY-MM-DDThh:mm:ss.ffffffZ`, 27 bytes.
  @inline(__always) mutating func write(_ time: Int64, to out: inout ByteCursor) {
    if time < firstMicrosecond || time &- firstMicrosecond >= DayCache.day { turn(to: time) }
    let clamped = min(max(time, TimeRange.first), TimeRange.last)
    let rest = UInt64(bitPattern: clamped &- firstMicrosecond)
    let seconds = UInt32(truncatingIfNeeded: rest / 1_000_000)
    let fraction = UInt32(truncatingIfNeeded: rest % 1_000_000)
    let start = UnsafeMutableRawPointer(out.place)
    start.storeBytes(of: text, as: SIMD32<UInt8>.self)
    let hours = seconds / 3_600
    let minutes = seconds / 60 &- hours &* 60
    pair(start + 11, hours)
    pair(start + 14, minutes)
    pair(start + 17, seconds % 60)
    pair(start + 20, fraction / 10_000)
    pair(start + 22, fraction / 100 % 100)
    pair(start + 24, fraction % 100)
    out.place += 27
  }

  @inline(__always) private func pair(_ place: UnsafeMutableRawPointer, _ value: UInt32) {
    place.storeBytes(of: digitPair(value), as: UInt16.self)
  }

  @inline(never) private mutating func turn(to time: Int64) {
    let clamped = min(max(time, TimeRange.first), TimeRange.last)
    let days =
      clamped >= 0 ? clamped / DayCache.day : (clamped - (DayCache.day - 1)) / DayCache.day
    firstMicrosecond = days * DayCache.day
    let date = civilDate(daysSince1970: Int(days))
    let zero: StaticString = "0000-00-00T00:00:00.000000Z"
    for place in 0..<27 { text[place] = zero.utf8Start[place] }
    var rest = date.year
    for place in [3, 2, 1, 0] {
      text[place] = UInt8(truncatingIfNeeded: rest % 10) + 48
      rest /= 10
    }
    text[5] = UInt8(truncatingIfNeeded: date.month / 10) + 48
    text[6] = UInt8(truncatingIfNeeded: date.month % 10) + 48
    text[8] = UInt8(truncatingIfNeeded: date.day / 10) + 48
    text[9] = UInt8(truncatingIfNeeded: date.day % 10) + 48
  }
}

private let hexDigits: StaticString = "0123456789abcdef"

extension OutputBytes {
  /// Writes on through a cursor.
  @inline(__always) mutating func write(_ body: (inout ByteCursor) -> Void) {
    var cursor = self.cursor()
    body(&cursor)
    take(cursor)
  }
}

extension ByteCursor {
  /// 16 lower-case hex digits.
  @inline(__always) mutating func put(hex value: UInt64) {
    // Each byte becomes two: nibbles are spread over two words, then turned into digits at once.
    put(raw: ByteCursor.hexDigits(UInt32(truncatingIfNeeded: value >> 32)))
    put(raw: ByteCursor.hexDigits(UInt32(truncatingIfNeeded: value)))
  }

  /// The eight digits of a word, as they lie in memory.
  @inline(__always) private static func hexDigits(_ value: UInt32) -> UInt64 {
    var nibbles = UInt64(value.byteSwapped)
    nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff
    nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff
    nibbles = (nibbles >> 4 | nibbles << 8) & 0x0f0f_0f0f_0f0f_0f0f
    // 10 and more are letters: 39 beyond the digits' place.
    let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return (nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39).littleEndian
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
      place = ByteCursor.putEscaped(start, text.count, at: place)
    } else {
      put(slack: start, text.count)
    }
  }

  @inline(never) private static func putEscaped(
    _ start: UnsafePointer<UInt8>, _ length: Int, at place: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    var out = ByteCursor(base: place, count: 0, capacity: 0)
    for index in 0..<length {
      let byte = start[index]
      if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
        out.put(byte)
        continue
      }
      out.put(UInt8(ascii: "\\"))
      switch byte {
      case 0x0a: out.put(UInt8(ascii: "n"))
      case 0x0d: out.put(UInt8(ascii: "r"))
      case 0x09: out.put(UInt8(ascii: "t"))
      case 0x08: out.put(UInt8(ascii: "b"))
      case 0x0c: out.put(UInt8(ascii: "f"))
      case 0..<0x20:
        out.put("u00")
        out.put(Sequences.hexDigits.utf8Start[Int(byte >> 4)])
        out.put(Sequences.hexDigits.utf8Start[Int(byte & 15)])
      default: out.put(byte)
      }
    }
    return out.place
  }

  /// A CSV field by RFC 4180; needs two bytes a byte, and two. Absent is empty without quotes, the
  /// empty string is empty with quotes.
  @inline(__always) mutating func put(csv text: TextSlice) {
    guard let start = text.start else { return }
    if text.count > 0 && !text.flags.contains(.quotedInCSV) {
      put(slack: start, text.count)
    } else {
      place = ByteCursor.putQuoted(start, text.count, at: place)
    }
  }

  @inline(never) private static func putQuoted(
    _ start: UnsafePointer<UInt8>, _ length: Int, at place: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    var out = ByteCursor(base: place, count: 0, capacity: 0)
    out.put(UInt8(ascii: "\""))
    for index in 0..<length {
      if start[index] == UInt8(ascii: "\"") { out.put(UInt8(ascii: "\"")) }
      out.put(start[index])
    }
    out.put(UInt8(ascii: "\""))
    return out.place
  }
}
