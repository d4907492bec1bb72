import CKernels

/// Whether bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
///
/// - Source: Unicode 15, table 3-7.
package func isUTF8(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  daybook_is_utf8(bytes, count) == 1
}

/// Whether bytes are well-formed UTF-8.
package func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  guard let base = bytes.baseAddress else { return true }
  return isUTF8(base, bytes.count)
}
