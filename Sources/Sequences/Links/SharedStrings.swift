import Bytes

/// Strings of few distinct values, known to the whole computation by small integers.
///
/// Filled while links are gathered, then only read. Beyond its limits a string is not taken in and
/// is written out wherever it occurs; which ones these are changes no written byte.
struct SharedStrings: ~Copyable {
  private var table = InternTable()
  /// Where each string lies, once the table no longer changes.
  private var slices: [TextSlice] = []

  mutating func add(_ strings: ByteStrings) {
    strings.bytes.withUnsafeBytes { bytes in
      for index in 0..<strings.count {
        guard table.count < Limits.sharedStringCount,
          table.textByteCount < Limits.sharedStringByteCount
        else { return }
        let text = slice(bytes, strings.offsets, index)
        _ = table.intern(text)
      }
    }
  }

  func find(_ string: UnsafeRawBufferPointer) -> UInt32 { table.find(string) }

  func findAll(_ strings: ByteStrings) -> [UInt32] {
    strings.bytes.withUnsafeBytes { bytes in
      (0..<strings.count).map { find(slice(bytes, strings.offsets, $0)) }
    }
  }

  var count: Int { table.count }

  /// Finds the places of all strings; nothing is added afterwards.
  mutating func freeze() {
    slices = (0..<UInt32(table.count)).map { code in
      let bytes = table[code]
      return TextSlice(
        start: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: bytes.count,
        flags: textFlags(bytes))
    }
  }

  @inline(__always) subscript(code: Int) -> TextSlice { slices[code] }
}

func textFlags(_ text: UnsafeRawBufferPointer) -> TextFlags {
  guard let start = text.baseAddress else { return [] }
  return TextFlags.of(start.assumingMemoryBound(to: UInt8.self), text.count)
}
