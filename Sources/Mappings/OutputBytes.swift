import Bytes

/// A growing run of bytes, written front to back; its memory is kept for the next use.
struct OutputBytes: ~Copyable {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var capacity: Int
  var count = 0

  init(capacity: Int) {
    self.capacity = max(64, capacity)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  @inline(__always)
  mutating func reserve(_ additional: Int) {
    if capacity - count < additional { grow(additional) }
  }

  @inline(never)
  private mutating func grow(_ additional: Int) {
    let wanted = max(capacity * 2, count + additional)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
    capacity = wanted
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafePointer<UInt8>, _ byteCount: Int) {
    reserve(byteCount + 16)
    copyShort(bytes, to: base + count, byteCount)
    count += byteCount
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    reserve(16)
    base[count] = byte
    count += 1
  }

  @inline(__always)
  mutating func append(_ text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

  /// A whole number in decimal digits.
  mutating func append(decimal value: Int64) {
    reserve(24)
    var rest = value.magnitude
    var digits = 1
    var bound: UInt64 = 10
    while digits < 19, rest >= bound {
      digits += 1
      bound *= 10
    }
    if digits == 19, rest >= 10_000_000_000_000_000_000 { digits = 20 }
    if value < 0 {
      base[count] = UInt8(ascii: "-")
      count += 1
    }
    var place = count + digits
    count = place
    while digits > 0 {
      place -= 1
      base[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      digits -= 1
    }
  }

  /// Text between the quotes of a JSON string.
  ///
  /// - Shape: `"` and `\` get a backslash, control characters `\u00xx`; all else stays. Tells
  ///   whether there was a control character.
  @inline(__always)
  @discardableResult
  mutating func append(escaping bytes: UnsafePointer<UInt8>, _ byteCount: Int) -> Bool {
    reserve(byteCount + 16)
    let target = base + count
    var index = 0
    while index + 8 <= byteCount {
      let word = UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self)
      if needsEscape(word) { break }
      UnsafeMutableRawPointer(target + index).storeBytes(of: word, as: UInt64.self)
      index += 8
    }
    if index + 8 > byteCount, index > 0 {
      // The last word overlaps the one before it, so that there is no loop over single bytes.
      let word = UnsafeRawPointer(bytes + byteCount - 8).loadUnaligned(as: UInt64.self)
      if !needsEscape(word) {
        UnsafeMutableRawPointer(target + byteCount - 8).storeBytes(of: word, as: UInt64.self)
        count += byteCount
        return false
      }
    }
    while index < byteCount, case let byte = bytes[index], !needsEscape(byte) {
      target[index] = byte
      index += 1
    }
    count += index
    return index < byteCount && appendSlowly(bytes + index, byteCount - index)
  }

  @inline(never)
  private mutating func appendSlowly(_ bytes: UnsafePointer<UInt8>, _ byteCount: Int) -> Bool {
    var hasControls = false
    for index in 0..<byteCount {
      reserve(8)
      let byte = bytes[index]
      if byte >= 32 {
        if needsEscape(byte) { append(UInt8(ascii: "\\")) }
        append(byte)
      } else {
        hasControls = true
        append("\\u00")
        append(hexDigit(byte >> 4))
        append(hexDigit(byte & 15))
      }
    }
    return hasControls
  }

  /// A JSON value without the white space between its parts.
  mutating func append(minifying bytes: UnsafePointer<UInt8>, _ byteCount: Int) {
    reserve(byteCount + 16)
    var inString = false
    var index = 0
    while index < byteCount {
      let byte = bytes[index]
      if inString {
        if byte == UInt8(ascii: "\\"), index + 1 < byteCount {
          append(byte)
          index += 1
          append(bytes[index])
          index += 1
          continue
        }
        if byte == UInt8(ascii: "\"") { inString = false }
        append(byte)
      } else if byte > 32 {
        if byte == UInt8(ascii: "\"") { inString = true }
        append(byte)
      }
      index += 1
    }
  }

  /// A time as `2019-10-01T00:00:00Z`, with three or six digits of fraction where there is one.
  mutating func append(time microseconds: Int64) {
    reserve(40)
    let day = Int((microseconds / 86_400_000_000))
    var rest = Int(microseconds % 86_400_000_000)
    let days = rest < 0 ? day - 1 : day
    if rest < 0 { rest += 86_400_000_000 }
    let date = civilDate(daysSince1970: days)
    put(date.year / 100)
    put(date.year % 100)
    putByte(UInt8(ascii: "-"))
    put(date.month)
    putByte(UInt8(ascii: "-"))
    put(date.day)
    putByte(UInt8(ascii: "T"))
    let seconds = rest / 1_000_000
    let fraction = rest % 1_000_000
    put(seconds / 3_600)
    putByte(UInt8(ascii: ":"))
    put(seconds / 60 % 60)
    putByte(UInt8(ascii: ":"))
    put(seconds % 60)
    if fraction != 0 {
      putByte(UInt8(ascii: "."))
      let thousandths = fraction / 1_000
      putByte(48 + UInt8(truncatingIfNeeded: thousandths / 100))
      put(thousandths % 100)
      let finer = fraction % 1_000
      if finer != 0 {
        putByte(48 + UInt8(truncatingIfNeeded: finer / 100))
        put(finer % 100)
      }
    }
    putByte(UInt8(ascii: "Z"))
  }

  /// Two digits; the room was reserved.
  @inline(__always)
  private mutating func put(_ value: Int) {
    base[count] = 48 + UInt8(truncatingIfNeeded: value / 10)
    base[count + 1] = 48 + UInt8(truncatingIfNeeded: value % 10)
    count += 2
  }

  @inline(__always)
  private mutating func putByte(_ byte: UInt8) {
    base[count] = byte
    count += 1
  }
}

@inline(__always)
private func needsEscape(_ byte: UInt8) -> Bool {
  byte < 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

/// Whether any of eight bytes needs an escape; may say yes for bytes above 127 as well.
@inline(__always)
private func needsEscape(_ word: UInt64) -> Bool {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let quotes = word ^ (ones &* 0x22)
  let backslashes = word ^ (ones &* 0x5c)
  let found =
    (word &- (ones &* 0x20)) | (quotes &- ones) | (backslashes &- ones) | word
  return found & (ones &* 0x80) != 0
}

/// Copies a run of bytes that is mostly short: in words that may overlap, without a call.
@inline(__always)
private func copyShort(
  _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, _ count: Int
) {
  let from = UnsafeRawPointer(source)
  let to = UnsafeMutableRawPointer(target)
  if count > 32 {
    to.copyMemory(from: from, byteCount: count)
  } else if count >= 16 {
    let first = from.loadUnaligned(as: SIMD16<UInt8>.self)
    let last = from.loadUnaligned(fromByteOffset: count - 16, as: SIMD16<UInt8>.self)
    to.storeBytes(of: first, as: SIMD16<UInt8>.self)
    to.storeBytes(of: last, toByteOffset: count - 16, as: SIMD16<UInt8>.self)
  } else if count >= 8 {
    let first = from.loadUnaligned(as: UInt64.self)
    let last = from.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    to.storeBytes(of: first, as: UInt64.self)
    to.storeBytes(of: last, toByteOffset: count - 8, as: UInt64.self)
  } else {
    for index in 0..<count { target[index] = source[index] }
  }
}
