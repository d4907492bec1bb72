extension Array where Element: BitwiseCopyable {
  /// Appends `count` elements that `fill` stores through a pointer to the first.
  ///
  /// - Shape: `fill` stores all of them or throws, and then the array stays as it was.
  @inline(__always)
  mutating func append(
    filling count: Int, _ fill: (UnsafeMutablePointer<Element>) throws(ParquetError) -> Void
  ) throws(ParquetError) {
    guard count > 0 else { return }
    try append(addingCapacity: count) { (span: inout OutputSpan<Element>) throws(ParquetError) in
      try span.withUnsafeMutableBufferPointer { (buffer, filled) throws(ParquetError) in
        guard let base = buffer.baseAddress else { return }
        try fill(base + filled)
        filled += count
      }
    }
  }
}
