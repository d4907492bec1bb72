import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a string needs when it is written, found once where it enters.
struct TextFlags: OptionSet, Sendable {
  let rawValue: UInt8
  /// Holds `"`, `\` or a control character.
  static let escapedInJSON = TextFlags(rawValue: 1)
  /// Holds `"`, a comma, CR or LF.
  static let quotedInCSV = TextFlags(rawValue: 2)

  @inline(__always) static func of(_ start: UnsafePointer<UInt8>, _ count: Int) -> TextFlags {
    TextFlags(rawValue: UInt8(truncatingIfNeeded: daybook_text_flags(start, count)))
  }
}

/// A string in somebody else's buffer; `start` is nil where the string is absent.
///
/// - Shape: behind the string 32 bytes more can be read, whatever they are.
struct TextSlice {
  var start: UnsafePointer<UInt8>?
  /// The length times four, and the flags below it; a message has less than 2³⁰ bytes.
  private var sizeAndFlags: UInt32

  static var absent: TextSlice { TextSlice(start: nil, count: 0, flags: []) }

  @inline(__always) init(start: UnsafePointer<UInt8>?, count: Int, flags: TextFlags) {
    self.start = start
    sizeAndFlags = UInt32(truncatingIfNeeded: count) << 2 | UInt32(flags.rawValue)
  }

  @inline(__always) init(start: UnsafePointer<UInt8>, sizeAndFlags: Int) {
    self.start = start
    self.sizeAndFlags = UInt32(truncatingIfNeeded: sizeAndFlags)
  }

  @inline(__always) var count: Int { Int(sizeAndFlags >> 2) }
  @inline(__always) var flags: TextFlags {
    TextFlags(rawValue: UInt8(truncatingIfNeeded: sizeAndFlags & 3))
  }
  @inline(__always) var isPresent: Bool { start != nil }

  @inline(__always) var raw: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: count)
  }
}

/// Order of two byte strings: below zero, zero, above zero.
@inline(__always)
package func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let shared = min(left.count, right.count)
  if shared > 0, let first = left.baseAddress, let second = right.baseAddress {
    let order = memcmp(first, second, shared)
    if order != 0 { return Int(order) }
  }
  return left.count - right.count
}

@inline(__always)
func equalBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
  guard left.count == right.count else { return false }
  guard left.count > 0, let first = left.baseAddress, let second = right.baseAddress else {
    return true
  }
  if left.count >= 8 && left.count <= 16 {
    // Two words that may overlap: most ids, without a call.
    let tail = left.count &- 8
    return first.loadUnaligned(as: UInt64.self) == second.loadUnaligned(as: UInt64.self)
      && first.loadUnaligned(fromByteOffset: tail, as: UInt64.self)
        == second.loadUnaligned(fromByteOffset: tail, as: UInt64.self)
  }
  return memcmp(first, second, left.count) == 0
}

/// The first eight bytes as a big-endian number, so that numbers order as the strings do.
@inline(__always)
func prefixKey(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  if bytes.count >= 8 { return UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)) }
  var key: UInt64 = 0
  for byte in bytes { key = key << 8 | UInt64(byte) }
  return key << UInt64(8 * (8 - bytes.count))
}
