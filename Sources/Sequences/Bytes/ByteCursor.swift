/// Writes into a buffer through a pointer that stays in a register.
///
/// Taken from an `OutputBytes` and given back to it. As with that one, every `put` relies on a
/// `reserve` that covered it; `slackByteCount` bytes more may be overwritten by any of them, so
/// that short strings are copied in whole words.
struct ByteCursor {
  static let slackByteCount = 64

  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var end: UnsafeMutablePointer<UInt8>
  var place: UnsafeMutablePointer<UInt8>

  init(base: UnsafeMutablePointer<UInt8>, count: Int, capacity: Int) {
    self.base = base
    place = base + count
    end = base + capacity
  }

  @inline(__always) var count: Int { place - base }

  /// Makes room for `extra` more bytes.
  @inline(__always) mutating func reserve(_ extra: Int) {
    // By value, so that the cursor itself never needs an address.
    if end - place < extra { self = ByteCursor.grown(self, extra) }
  }

  @inline(never) private static func grown(_ cursor: ByteCursor, _ extra: Int) -> ByteCursor {
    let count = cursor.count
    let capacity = max((cursor.end - cursor.base) * 2, count + extra)
    let base = growMemory(cursor.base, to: capacity + slackByteCount)
    return ByteCursor(base: base, count: count, capacity: capacity)
  }

  @inline(__always) mutating func put(_ byte: UInt8) {
    place.pointee = byte
    place += 1
  }

  @inline(__always) mutating func put(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    place.update(from: text.utf8Start, count: length)
    place += length
  }

  /// Bytes behind which 32 more can be read.
  @inline(__always) mutating func put(slack start: UnsafePointer<UInt8>, _ length: Int) {
    let from = UnsafeRawPointer(start)
    let target = UnsafeMutableRawPointer(place)
    if length <= 32 {
      target.storeBytes(of: from.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
      if length > 16 {
        target.storeBytes(
          of: from.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self), toByteOffset: 16,
          as: SIMD16<UInt8>.self)
      }
    } else {
      target.copyMemory(from: from, byteCount: length)
    }
    place += length
  }

  @inline(__always) mutating func put(exact start: UnsafePointer<UInt8>, _ length: Int) {
    UnsafeMutableRawPointer(place).copyMemory(from: start, byteCount: length)
    place += length
  }

  @inline(__always) mutating func put(raw value: some BitwiseCopyable) {
    UnsafeMutableRawPointer(place).storeBytes(of: value, as: type(of: value))
    place += MemoryLayout.size(ofValue: value)
  }

  /// An unsigned number of up to ten bytes, seven bits each, lowest first.
  @inline(__always) mutating func put(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      put(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    put(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always) mutating func put(zigzag value: Int64) {
    put(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// A number in decimal digits, at most 20 bytes.
  @inline(__always) mutating func put(decimal value: Int64) {
    if value >= 0 && value < 10 {
      put(UInt8(truncatingIfNeeded: value) &+ 48)
    } else if value >= 0 && value < 100_000_000 {
      putShort(decimal: UInt32(truncatingIfNeeded: value))
    } else {
      place = ByteCursor.putLong(decimal: value, at: place)
    }
  }

  /// A number from 10 to 99,999,999, two digits at a time from the last.
  @inline(__always) private mutating func putShort(decimal value: UInt32) {
    var length = value < 100 ? 2 : 3
    if value >= 1_000 { length = value < 10_000 ? 4 : 5 }
    if value >= 100_000 { length = value < 1_000_000 ? 6 : value < 10_000_000 ? 7 : 8 }
    var target = UnsafeMutableRawPointer(place + length)
    place += length
    var rest = value
    while rest >= 10 {
      target -= 2
      target.storeBytes(of: digitPair(rest % 100), as: UInt16.self)
      rest /= 100
      if rest == 0 { return }
    }
    target -= 1
    target.storeBytes(of: UInt8(truncatingIfNeeded: rest) &+ 48, as: UInt8.self)
  }

  @inline(never) private static func putLong(
    decimal value: Int64, at start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    var place = start
    if value < 0 {
      place.pointee = UInt8(ascii: "-")
      place += 1
    }
    var length = 1
    var rest = value.magnitude
    while rest >= 10 {
      rest /= 10
      length += 1
    }
    rest = value.magnitude
    for index in stride(from: length - 1, through: 0, by: -1) {
      place[index] = UInt8(truncatingIfNeeded: rest % 10) + 48
      rest /= 10
    }
    return place + length
  }
}

/// The two digits of a number below 100, as they lie in memory.
@inline(__always) func digitPair(_ value: UInt32) -> UInt16 {
  UnsafeRawPointer(digitPairs.utf8Start).loadUnaligned(
    fromByteOffset: 2 * Int(truncatingIfNeeded: value), as: UInt16.self)
}

private let digitPairs: StaticString = """
  00010203040506070809101112131415161718192021222324252627282930313233343536373839\
  40414243444546474849505152535455565758596061626364656667686970717273747576777879\
  8081828384858687888990919293949596979899
  """
