#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a string needs when it is written, found once where it enters.
struct TextFlags: OptionSet {
  let rawValue: UInt8
  /// Holds `"`, `\` or a control character.
  static let escapedInJSON = TextFlags(rawValue: 1)
  /// Holds `"`, a comma, CR or LF.
  static let quotedInCSV = TextFlags(rawValue: 2)

  /// One comparison clears most bytes: what matters is a backslash or lies below `0`.
  static func of(_ start: UnsafePointer<UInt8>, _ count: Int) -> TextFlags {
    var flags: TextFlags = []
    for index in 0..<count {
      let byte = start[index]
      if byte < 0x30 || byte == 0x5c {
        switch byte {
        case 0x22: flags.formUnion([.escapedInJSON, .quotedInCSV])
        case 0x0a, 0x0d: flags.formUnion([.escapedInJSON, .quotedInCSV])
        case 0x2c: flags.formUnion(.quotedInCSV)
        case 0x5c: flags.formUnion(.escapedInJSON)
        default: if byte < 0x20 { flags.formUnion(.escapedInJSON) }
        }
      }
    }
    return flags
  }
}

/// A string in somebody else's buffer; `start` is nil where the string is absent.
struct TextSlice {
  var start: UnsafePointer<UInt8>?
  var count: Int
  var flags: TextFlags

  static var absent: TextSlice { TextSlice(start: nil, count: 0, flags: []) }

  @inline(__always) init(start: UnsafePointer<UInt8>?, count: Int, flags: TextFlags) {
    self.start = start
    self.count = count
    self.flags = flags
  }

  @inline(__always) var isPresent: Bool { start != nil }

  @inline(__always) var raw: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: count)
  }
}

/// Order of two byte strings: below zero, zero, above zero.
@inline(__always)
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
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
