/// Bit-packed integers, least significant bit first, any width up to 64 bits.
///
/// The pointers are those of a `PageBuffer`, behind which whole words may be loaded; callers have
/// checked that the values themselves lie within the page.
enum BitUnpacking {
  /// Unpacks values of at most 32 bits from any bit position.
  @inline(__always)
  static func unpack<Value: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeRawPointer, bitOffset: Int, width: Int, count: Int,
    into target: UnsafeMutablePointer<Value>
  ) {
    if width == 0 {
      target.update(repeating: 0, count: count)
      return
    }
    let mask: UInt64 = (1 << UInt64(width)) &- 1
    var done = 0
    if bitOffset & 7 == 0 && width <= 8 {
      done = unpackEights(
        source + bitOffset >> 3, UInt64(truncatingIfNeeded: width), count & ~7, mask, target)
    } else if bitOffset & 7 == 0 && width <= 16 {
      done = unpackFours(
        source + bitOffset >> 3, UInt64(truncatingIfNeeded: width), count & ~7, mask, target)
    }
    var bit = bitOffset &+ done &* width
    while done < count {
      let word = UInt64(
        littleEndian: source.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
      target[done] = Value(
        truncatingIfNeeded: (word &>> UInt64(truncatingIfNeeded: bit & 7)) & mask)
      bit &+= width
      done &+= 1
    }
  }

  /// Eight values of at most 8 bits lie in one word.
  @inline(__always)
  private static func unpackEights<Value: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeRawPointer, _ width: UInt64, _ count: Int, _ mask: UInt64,
    _ target: UnsafeMutablePointer<Value>
  ) -> Int {
    let step = Int(truncatingIfNeeded: width)
    var from = source
    var done = 0
    while done < count {
      let word = UInt64(littleEndian: from.loadUnaligned(as: UInt64.self))
      let out = target + done
      out[0] = Value(truncatingIfNeeded: word & mask)
      out[1] = Value(truncatingIfNeeded: (word &>> width) & mask)
      out[2] = Value(truncatingIfNeeded: (word &>> (2 &* width)) & mask)
      out[3] = Value(truncatingIfNeeded: (word &>> (3 &* width)) & mask)
      out[4] = Value(truncatingIfNeeded: (word &>> (4 &* width)) & mask)
      out[5] = Value(truncatingIfNeeded: (word &>> (5 &* width)) & mask)
      out[6] = Value(truncatingIfNeeded: (word &>> (6 &* width)) & mask)
      out[7] = Value(truncatingIfNeeded: (word &>> (7 &* width)) & mask)
      from += step
      done &+= 8
    }
    return count
  }

  /// Four values of 9 to 14 bits lie in one word behind a possible half byte; 15 and 16 bits too,
  /// when the first starts on a byte, so the second four start from their own byte.
  @inline(__always)
  private static func unpackFours<Value: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeRawPointer, _ width: UInt64, _ count: Int, _ mask: UInt64,
    _ target: UnsafeMutablePointer<Value>
  ) -> Int {
    let step = Int(truncatingIfNeeded: width)
    let half = step &* 4
    let shift = UInt64(truncatingIfNeeded: half & 7)
    // With an odd width the second four start in the middle of a byte, where 16 bits times four
    // would not fit a word; those widths are at most 15, and 4 + 60 bits do.
    var from = source
    var done = 0
    while done < count {
      let low = UInt64(littleEndian: from.loadUnaligned(as: UInt64.self))
      let high =
        UInt64(littleEndian: from.loadUnaligned(fromByteOffset: half >> 3, as: UInt64.self))
        &>> shift
      let out = target + done
      out[0] = Value(truncatingIfNeeded: low & mask)
      out[1] = Value(truncatingIfNeeded: (low &>> width) & mask)
      out[2] = Value(truncatingIfNeeded: (low &>> (2 &* width)) & mask)
      out[3] = Value(truncatingIfNeeded: (low &>> (3 &* width)) & mask)
      out[4] = Value(truncatingIfNeeded: high & mask)
      out[5] = Value(truncatingIfNeeded: (high &>> width) & mask)
      out[6] = Value(truncatingIfNeeded: (high &>> (2 &* width)) & mask)
      out[7] = Value(truncatingIfNeeded: (high &>> (3 &* width)) & mask)
      from += step
      done &+= 8
    }
    return count
  }

  /// Unpacks values of up to 64 bits from any bit position.
  static func unpackWide(
    _ source: UnsafeRawPointer, bitOffset: Int, width: Int, count: Int,
    into target: UnsafeMutablePointer<UInt64>
  ) {
    if width <= 32 {
      unpack(source, bitOffset: bitOffset, width: width, count: count, into: target)
      return
    }
    let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) &- 1
    var bit = bitOffset
    for index in 0..<count {
      let shift = UInt64(truncatingIfNeeded: bit & 7)
      let low = UInt64(
        littleEndian: source.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
      let high = UInt64(source.load(fromByteOffset: bit >> 3 &+ 8, as: UInt8.self))
      // Shifting twice keeps a shift of zero from reaching 64 bits.
      target[index] = (low &>> shift | (high &<< 1) &<< (63 &- shift)) & mask
      bit &+= width
    }
  }

  /// Unpacks legacy levels, most significant bit first.
  static func unpackReversed(
    _ source: UnsafeRawPointer, bitOffset: Int, width: Int, count: Int,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    var bit = bitOffset
    for index in 0..<count {
      var value: UInt32 = 0
      for _ in 0..<width {
        let byte = source.load(fromByteOffset: bit >> 3, as: UInt8.self)
        value = value << 1 | UInt32(byte >> UInt8(7 - bit & 7) & 1)
        bit += 1
      }
      target[index] = UInt8(truncatingIfNeeded: value)
    }
  }
}
