import CKernels

typealias BytePointer = UnsafePointer<UInt8>

/// Walks one JSON text byte by byte, strict by RFC 8259, without building anything.
///
/// Every method takes the place where its token starts and returns the place after it, or nil when
/// the text is broken; then `fault` and `faultPlace` say why and where.
///
/// - Invariants: the byte at the end of the buffer's text is below U+0020 and 64 readable bytes
///   follow it, so strings stop at the end by themselves; whitespace stops at `end`.
/// - Source: RFC 8259.
struct JSONScanner: ~Copyable {
  /// The end of the message.
  var end: BytePointer
  var fault = Fault.none
  var faultPlace: BytePointer
  /// Whether the string skipped last holds an escape.
  var hasEscape = false
  /// For each open level above the caller's: 1 for an object, 0 for an array.
  private let isObject: UnsafeMutablePointer<UInt8>

  init(end: BytePointer) {
    self.end = end
    faultPlace = end
    isObject = .allocate(capacity: Limits.nestingDepth + 1)
  }

  deinit { isObject.deallocate() }

  @inline(never)
  mutating func fail(_ fault: Fault, _ place: BytePointer) -> BytePointer? {
    self.fault = fault
    faultPlace = place
    return nil
  }

  @inline(__always)
  func skipWhitespace(_ place: BytePointer) -> BytePointer {
    place.pointee > 0x20 ? place : skipBlanks(place, end)
  }

  /// Skips a string from the byte after its opening quote to the byte after its closing one.
  @inline(__always)
  mutating func skipString(_ start: BytePointer) -> BytePointer? {
    let stop = daybook_string_stop(start)
    hasEscape = false
    if stop.pointee == UInt8(ascii: "\"") { return stop + 1 }
    return skipEscapedString(stop)
  }

  /// The rest of a string from its first byte that is not plain.
  @inline(never)
  mutating func skipEscapedString(_ first: BytePointer) -> BytePointer? {
    var place = first
    hasEscape = true
    while true {
      switch place.pointee {
      case UInt8(ascii: "\""): return place + 1
      case UInt8(ascii: "\\"): break
      default: return fail(.control, place)
      }
      switch place[1] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
        UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        place += 2
      case UInt8(ascii: "u"):
        guard let unit = hexUnit(place + 2) else { return fail(.escape, place) }
        place += 6
        if unit & 0xf800 != 0xd800 { break }
        guard unit < 0xdc00, place[0] == UInt8(ascii: "\\"), place[1] == UInt8(ascii: "u"),
          let low = hexUnit(place + 2), low & 0xfc00 == 0xdc00
        else { return fail(.surrogate, place) }
        place += 6
      default: return fail(.escape, place)
      }
      place = daybook_string_stop(place)
    }
  }

  /// Skips a number: RFC 8259 §6.
  @inline(__always)
  mutating func skipNumber(_ start: BytePointer) -> BytePointer? {
    var place = start
    if place.pointee == UInt8(ascii: "-") { place += 1 }
    if place.pointee == UInt8(ascii: "0") {
      place += 1
    } else {
      let first = place
      while place.pointee &- 0x30 <= 9 { place += 1 }
      if place == first { return fail(.number, start) }
    }
    let byte = place.pointee
    if byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") || byte &- 0x30 <= 9 {
      return skipFraction(start, place)
    }
    return place
  }

  @inline(never)
  private mutating func skipFraction(_ start: BytePointer, _ dot: BytePointer) -> BytePointer? {
    var place = dot
    if place.pointee == UInt8(ascii: ".") {
      place += 1
      let first = place
      while place.pointee &- 0x30 <= 9 { place += 1 }
      if place == first { return fail(.number, start) }
    }
    if place.pointee | 0x20 == UInt8(ascii: "e") {
      place += 1
      if place.pointee == UInt8(ascii: "+") || place.pointee == UInt8(ascii: "-") { place += 1 }
      let first = place
      while place.pointee &- 0x30 <= 9 { place += 1 }
      if place == first { return fail(.number, start) }
    }
    // A digit here follows a leading zero.
    return place.pointee &- 0x30 <= 9 ? fail(.number, start) : place
  }

  /// Skips `true`, `false` or `null`.
  @inline(__always)
  mutating func skipLiteral(_ start: BytePointer) -> BytePointer? {
    let word = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self).littleEndian
    switch word {
    case 0x6575_7274, 0x6c6c_756e: return start + 4
    case 0x736c_6166 where start[4] == UInt8(ascii: "e"): return start + 5
    default: return fail(.syntax, start)
    }
  }

  /// Skips any value that starts at `start`, inside `depth` open levels.
  @inline(__always)
  mutating func skipValue(_ start: BytePointer, depth: Int) -> BytePointer? {
    switch start.pointee {
    case UInt8(ascii: "\""): return skipString(start + 1)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return skipContainer(start, depth: depth)
    default: return skipScalar(start)
    }
  }

  @inline(__always)
  private mutating func skipScalar(_ start: BytePointer) -> BytePointer? {
    switch start.pointee {
    case UInt8(ascii: "-"), 0x30...0x39: skipNumber(start)
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): skipLiteral(start)
    default: fail(.syntax, start)
    }
  }

  /// Skips an object or array with all that is in it; levels are counted, not recursed.
  @inline(never)
  private mutating func skipContainer(_ start: BytePointer, depth: Int) -> BytePointer? {
    var place = start
    var level = depth
    while true {
      // A value starts here.
      let byte = place.pointee
      var isClosed = true
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        level += 1
        if level > Limits.nestingDepth { return fail(.depth, place) }
        isObject[level] = byte == UInt8(ascii: "{") ? 1 : 0
        place = skipWhitespace(place + 1)
        if place.pointee == byte + 2 {
          place += 1
          level -= 1
        } else {
          isClosed = false
        }
      } else if byte == UInt8(ascii: "\"") {
        guard let next = skipString(place + 1) else { return nil }
        place = next
      } else {
        guard let next = skipScalar(place) else { return nil }
        place = next
      }
      // After a value: close what ends here, then step to the next value.
      while isClosed {
        if level == depth { return place }
        place = skipWhitespace(place)
        let closer = isObject[level] == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]")
        if place.pointee == closer {
          place += 1
          level -= 1
        } else if place.pointee == UInt8(ascii: ",") {
          place = skipWhitespace(place + 1)
          isClosed = false
        } else {
          return fail(.syntax, place)
        }
      }
      if isObject[level] == 1 {
        guard let next = skipKey(place) else { return nil }
        place = next
      }
    }
  }

  /// Skips a key, its colon and the whitespace around it, up to the value.
  @inline(__always)
  private mutating func skipKey(_ start: BytePointer) -> BytePointer? {
    guard start.pointee == UInt8(ascii: "\"") else { return fail(.syntax, start) }
    guard let afterKey = skipString(start + 1) else { return nil }
    let colon = skipWhitespace(afterKey)
    guard colon.pointee == UInt8(ascii: ":") else { return fail(.syntax, colon) }
    return skipWhitespace(colon + 1)
  }
}

/// Skips JSON's whitespace up to `end`.
///
/// A free function: as a method it would make its caller copy the scanner, byte-wise fields just
/// written and all, which stalls the processor.
@inline(never)
private func skipBlanks(_ start: BytePointer, _ end: BytePointer) -> BytePointer {
  var place = start
  while place < end {
    switch place.pointee {
    case 0x20, 0x09, 0x0a, 0x0d: place += 1
    default: return place
    }
  }
  return place
}

/// The UTF-16 unit that four hexadecimal digits write, or nil.
@inline(__always)
func hexUnit(_ start: BytePointer) -> UInt32? {
  var unit: UInt32 = 0
  for index in 0..<4 {
    let byte = start[index]
    switch byte {
    case 0x30...0x39: unit = unit << 4 | UInt32(byte &- 0x30)
    case 0x41...0x46, 0x61...0x66: unit = unit << 4 | UInt32((byte | 0x20) &- 0x57)
    default: return nil
    }
  }
  return unit
}
