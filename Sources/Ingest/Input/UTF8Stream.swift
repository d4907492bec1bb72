/// Checks UTF-8 that comes in pieces (RFC 3629): no overlong forms, surrogates or beyond U+10FFFF.
struct UTF8Stream {
  /// Continuation bytes still due, and the range that the next of them must lie in.
  private var dueCount = 0
  private var allowed: ClosedRange<UInt8> = 0x80...0xbf
  private var hasFailed = false

  /// Whether all so far is whole and valid.
  var isValid: Bool { !hasFailed && dueCount == 0 }

  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes where !(dueCount == 0 && byte < 0x80) { takeNonASCII(byte) }
  }

  private mutating func takeNonASCII(_ byte: UInt8) {
    if dueCount > 0 {
      if !allowed.contains(byte) { hasFailed = true }
      allowed = 0x80...0xbf
      dueCount -= 1
      return
    }
    switch byte {
    case 0xc2...0xdf: dueCount = 1
    case 0xe0: (dueCount, allowed) = (2, 0xa0...0xbf)
    case 0xed: (dueCount, allowed) = (2, 0x80...0x9f)
    case 0xe1...0xef: dueCount = 2
    case 0xf0: (dueCount, allowed) = (3, 0x90...0xbf)
    case 0xf4: (dueCount, allowed) = (3, 0x80...0x8f)
    case 0xf1...0xf3: dueCount = 3
    default: hasFailed = true
    }
  }
}
