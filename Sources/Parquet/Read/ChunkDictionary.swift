/// The distinct values of a column chunk, to which its pages refer by number.
struct ChunkDictionary {
  let count: Int
  /// Values of one size each, one behind the other.
  let fixed: [UInt8]
  let width: Int
  /// Values of byte array columns.
  let strings: ByteValues

  init(
    _ page: PageBytes, count: Int, type: PhysicalType, width: Int?
  ) throws(ParquetError) {
    self.count = count
    self.width = width ?? 0
    if let width {
      guard width == 0 || count <= page.count / width else {
        throw .corrupt(
          "the dictionary ends early", expected: "\(count) values of \(width) bytes",
          found: "\(page.count) bytes")
      }
      fixed = [UInt8](page.slice(0, count * width).raw)
      strings = ByteValues()
    } else {
      guard type == .byteArray else {
        throw .corrupt("a \(type) column has a dictionary")
      }
      var values = ByteValues()
      var position = 0
      try PlainByteArrayDecoding.decode(page, &position, count: count, into: &values)
      fixed = []
      strings = values
    }
  }

  /// Throws unless all codes are in the dictionary.
  func check(_ codes: UnsafePointer<UInt32>, _ codeCount: Int) throws(ParquetError) {
    var highest: UInt32 = 0
    for index in 0..<codeCount { highest = max(highest, codes[index]) }
    guard Int(highest) < count else {
      throw .corrupt(
        "a dictionary index is too high", expected: "below \(count)", found: "\(highest)")
    }
  }

  /// Stores the values of `codes`, already checked.
  @inline(__always)
  func gather<Value: BitwiseCopyable>(
    _ codes: UnsafePointer<UInt32>, _ codeCount: Int, into target: UnsafeMutablePointer<Value>
  ) {
    fixed.withUnsafeBytes { raw in
      guard let base = raw.baseAddress?.assumingMemoryBound(to: Value.self) else { return }
      for index in 0..<codeCount { target[index] = base[Int(codes[index])] }
    }
  }

  /// Stores values of any one size.
  func gatherFixed(
    _ codes: UnsafePointer<UInt32>, _ codeCount: Int, into target: UnsafeMutableRawPointer
  ) {
    fixed.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return }
      for index in 0..<codeCount {
        (target + index &* width).copyMemory(
          from: base + Int(codes[index]) &* width, byteCount: width)
      }
    }
  }

  /// Appends the strings of `codes`, already checked.
  func gatherStrings(
    _ codes: UnsafePointer<UInt32>, _ codeCount: Int, into values: inout ByteValues
  ) throws(ParquetError) {
    var total = 0
    strings.offsets.withUnsafeBufferPointer { offsets in
      for index in 0..<codeCount {
        let code = Int(codes[index])
        total &+= Int(offsets[code &+ 1] &- offsets[code])
      }
    }
    try ByteValuesAppending.check(values, total)
    var end = UInt32(truncatingIfNeeded: values.bytes.count)
    try values.offsets.append(filling: codeCount) { (target) throws(ParquetError) in
      strings.offsets.withUnsafeBufferPointer { offsets in
        for index in 0..<codeCount {
          let code = Int(codes[index])
          end &+= offsets[code &+ 1] &- offsets[code]
          target[index] = end
        }
      }
    }
    try values.bytes.append(filling: total) { (target) throws(ParquetError) in
      strings.offsets.withUnsafeBufferPointer { offsets in
        strings.bytes.withUnsafeBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          // The last strings have no slack behind them, so they are copied exactly.
          let wordLimit = bytes.count &- 16
          var out = UnsafeMutableRawPointer(target)
          var left = total
          for index in 0..<codeCount {
            let code = Int(codes[index])
            let from = Int(offsets[code])
            let length = Int(offsets[code &+ 1]) &- from
            ByteCopy.copy(base + from, length, out, left: from <= wordLimit ? left : 0)
            out += length
            left &-= length
          }
        }
      }
    }
  }
}
