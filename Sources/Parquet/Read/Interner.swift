import Bytes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers for strings as they come: equal strings get the number of the first.
///
/// - Shape: an open-addressing table of entries into a growing dictionary. An entry is half of the
///   string's hash, then its number plus one; zero is a free place. The half hash gives the place
///   and rules out nearly all other strings, so growing and probing touch no string bytes.
struct Interner {
  private(set) var values: ByteValues
  private var table: [UInt64]
  private var mask: Int

  /// Starts from strings that have their numbers already; the first of equal ones is found.
  init(_ values: ByteValues) {
    self.values = values
    var size = 1024
    while size < values.count * 2 { size *= 2 }
    table = [UInt64](repeating: 0, count: size)
    mask = size - 1
    for index in 0..<values.count {
      let range = Int(values.offsets[index])..<Int(values.offsets[index + 1])
      let hash = values.bytes.withUnsafeBytes {
        Interner.half(UnsafeRawBufferPointer(rebasing: $0[range]))
      }
      insert(hash | UInt64(index + 1))
    }
  }

  /// Stores a number for each of `strings`.
  mutating func codes(
    of strings: ByteValues, into codes: UnsafeMutablePointer<UInt32>
  ) throws(ParquetError) {
    strings.bytes.withUnsafeBytes { bytes in
      strings.offsets.withUnsafeBufferPointer { offsets in
        for index in 0..<offsets.count &- 1 {
          let range = Int(offsets[index])..<Int(offsets[index &+ 1])
          codes[index] = code(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
      }
    }
    guard values.bytes.count <= Limits.batchByteCount else {
      throw ParquetError(
        .limit, "the distinct strings of a column chunk are too many bytes",
        expected: "at most \(Limits.batchByteCount)")
    }
  }

  private mutating func code(_ string: UnsafeRawBufferPointer) -> UInt32 {
    let hash = Interner.half(string)
    var place = Int(truncatingIfNeeded: hash >> 32) & mask
    while table[place] != 0 {
      let entry = table[place]
      let number = Int(truncatingIfNeeded: entry & 0xffff_ffff) &- 1
      if entry & ~0xffff_ffff == hash && isEqual(number, string) {
        return UInt32(truncatingIfNeeded: number)
      }
      place = (place &+ 1) & mask
    }
    let fresh = values.count
    values.bytes.append(contentsOf: string)
    values.offsets.append(UInt32(truncatingIfNeeded: values.bytes.count))
    table[place] = hash | UInt64(fresh + 1)
    if values.count * 2 > table.count { grow() }
    return UInt32(truncatingIfNeeded: fresh)
  }

  private func isEqual(_ index: Int, _ string: UnsafeRawBufferPointer) -> Bool {
    let start = Int(values.offsets[index])
    guard Int(values.offsets[index + 1]) - start == string.count else { return false }
    return values.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let other = string.baseAddress else { return true }
      return memcmp(base + start, other, string.count) == 0
    }
  }

  private mutating func grow() {
    let old = table
    table = [UInt64](repeating: 0, count: old.count * 2)
    mask = table.count - 1
    for entry in old where entry != 0 { insert(entry) }
  }

  private mutating func insert(_ entry: UInt64) {
    var place = Int(truncatingIfNeeded: entry >> 32) & mask
    while table[place] != 0 { place = (place &+ 1) & mask }
    table[place] = entry
  }

  private static func half(_ string: UnsafeRawBufferPointer) -> UInt64 {
    fastHash(string, seed: 0) & ~0xffff_ffff
  }
}
