import Bytes

/// Strings of few distinct values, known to the whole computation by small integers.
///
/// Filled while links are gathered, then only read. Beyond its limits a string is not taken in and
/// is written out wherever it occurs; which ones these are changes no written byte.
struct SharedStrings: ~Copyable {
  private var table = InternTable()
  private var flags: [TextFlags] = []

  mutating func add(_ strings: ByteStrings) {
    strings.bytes.withUnsafeBytes { bytes in
      for index in 0..<strings.count {
        guard table.count < Limits.sharedStringCount,
          table.textByteCount < Limits.sharedStringByteCount
        else { return }
        let text = slice(bytes, strings.offsets, index)
        let code = table.intern(text)
        if code == flags.count { flags.append(textFlags(text)) }
      }
    }
  }

  func find(_ string: UnsafeRawBufferPointer) -> UInt32 { table.find(string) }

  @inline(__always) subscript(code: Int) -> TextSlice {
    let bytes = table[UInt32(truncatingIfNeeded: code)]
    return TextSlice(
      start: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: bytes.count,
      flags: flags[code])
  }
}

func textFlags(_ text: UnsafeRawBufferPointer) -> TextFlags {
  guard let start = text.baseAddress else { return [] }
  return TextFlags.of(start.assumingMemoryBound(to: UInt8.self), text.count)
}
