import Bytes

/// Numbers for strings as they come: equal strings get the number of the first.
///
/// - Shape: an open-addressing table of numbers into a growing dictionary.
struct Interner {
  private(set) var values: ByteValues
  /// Number of the string plus one; zero is a free place.
  private var table: [UInt32]
  private var mask: Int

  /// Starts from strings that have their numbers already; the first of equal ones is found.
  init(_ values: ByteValues) {
    self.values = values
    var size = 1024
    while size < values.count * 2 { size *= 2 }
    table = [UInt32](repeating: 0, count: size)
    mask = size - 1
    fill()
  }

  /// Stores a number for each of `strings`.
  mutating func codes(
    of strings: ByteValues, into codes: UnsafeMutablePointer<UInt32>
  ) throws(ParquetError) {
    for index in 0..<strings.count {
      let slice = Int(strings.offsets[index])..<Int(strings.offsets[index + 1])
      codes[index] = strings.bytes.withUnsafeBytes { bytes in
        code(UnsafeRawBufferPointer(rebasing: bytes[slice]))
      }
      guard values.bytes.count <= Limits.batchByteCount else {
        throw ParquetError(
          .limit, "the distinct strings of a column chunk are too many bytes",
          expected: "at most \(Limits.batchByteCount)")
      }
    }
  }

  private mutating func code(_ string: UnsafeRawBufferPointer) -> UInt32 {
    var place = Int(truncatingIfNeeded: fastHash(string, seed: 0)) & mask
    while table[place] != 0 {
      let candidate = Int(table[place]) - 1
      if isEqual(candidate, string) { return UInt32(candidate) }
      place = (place + 1) & mask
    }
    let fresh = values.count
    values.append(string)
    table[place] = UInt32(fresh) + 1
    if values.count * 2 > table.count {
      table = [UInt32](repeating: 0, count: table.count * 2)
      mask = table.count - 1
      fill()
    }
    return UInt32(fresh)
  }

  private func isEqual(_ index: Int, _ string: UnsafeRawBufferPointer) -> Bool {
    let start = Int(values.offsets[index])
    let end = Int(values.offsets[index + 1])
    guard end - start == string.count else { return false }
    return values.bytes.withUnsafeBytes { bytes in
      UnsafeRawBufferPointer(rebasing: bytes[start..<end]).elementsEqual(string)
    }
  }

  private mutating func fill() {
    values.bytes.withUnsafeBytes { bytes in
      for index in 0..<values.count {
        let range = Int(values.offsets[index])..<Int(values.offsets[index + 1])
        let string = UnsafeRawBufferPointer(rebasing: bytes[range])
        var place = Int(truncatingIfNeeded: fastHash(string, seed: 0)) & mask
        while table[place] != 0 { place = (place + 1) & mask }
        table[place] = UInt32(index) + 1
      }
    }
  }
}
