/// Decodes PLAIN byte arrays: each behind its length in four bytes.
enum PlainByteArrayDecoding {
  /// Appends `count` strings and moves `position` behind them.
  static func decode(
    _ page: PageBytes, _ position: inout Int, count: Int, into values: inout ByteValues
  ) throws(ParquetError) {
    let room = page.count - position - 4 * count
    guard room >= 0 else {
      throw .corrupt(
        "PLAIN strings end early", expected: "\(count) lengths",
        found: "\(page.count - position) bytes")
    }
    // The lengths are walked first, so that exactly the bytes that are there are reserved.
    var cursor = position
    var total = 0
    let end = page.count
    for _ in 0..<count {
      guard end &- cursor >= 4 else { throw .corrupt("PLAIN strings end early") }
      let length = Int(page.word32(cursor))
      guard length <= end &- cursor &- 4 else {
        throw .corrupt(
          "a PLAIN string is longer than its page", expected: "at most \(end - cursor - 4) bytes",
          found: "\(length)")
      }
      cursor &+= 4 &+ length
      total &+= length
    }
    try ByteValuesAppending.check(values, total)
    let from = page.base + position
    var offset = UInt32(truncatingIfNeeded: values.bytes.count)
    try values.offsets.append(filling: count) { (offsets) throws(ParquetError) in
      var source = from
      for index in 0..<count {
        let length = UInt32(littleEndian: source.loadUnaligned(as: UInt32.self))
        source += 4 &+ Int(length)
        offset &+= length
        offsets[index] = offset
      }
    }
    try values.bytes.append(filling: total) { (bytes) throws(ParquetError) in
      var source = from
      var target = UnsafeMutableRawPointer(bytes)
      var left = total
      for _ in 0..<count {
        let length = Int(UInt32(littleEndian: source.loadUnaligned(as: UInt32.self)))
        ByteCopy.copy(source + 4, length, target, left: left)
        source += 4 &+ length
        target += length
        left &-= length
      }
    }
    position = cursor
  }

  /// Moves `position` behind `count` strings.
  static func skip(
    _ page: PageBytes, _ position: inout Int, count: Int
  ) throws(ParquetError) {
    for _ in 0..<count {
      guard page.count - position >= 4 else { throw .corrupt("PLAIN strings end early") }
      let length = Int(page.word32(position))
      guard length <= page.count - position - 4 else {
        throw .corrupt("a PLAIN string is longer than its page", found: "\(length) bytes")
      }
      position += 4 + length
    }
  }
}

/// Copies of short strings without a call each.
enum ByteCopy {
  /// Copies `length` bytes; `left` bytes are free at the target.
  @inline(__always)
  static func copy(
    _ source: UnsafeRawPointer, _ length: Int, _ target: UnsafeMutableRawPointer, left: Int
  ) {
    if length <= 16 && left >= 16 {
      // Sources have slack behind them and the target has room: two words, whatever the length.
      let low = source.loadUnaligned(as: UInt64.self)
      let high = source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      target.storeBytes(of: low, as: UInt64.self)
      target.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
    } else {
      target.copyMemory(from: source, byteCount: length)
    }
  }
}

/// The bound on what one batch may hold.
enum ByteValuesAppending {
  static func check(_ values: ByteValues, _ added: Int) throws(ParquetError) {
    guard added <= Limits.batchByteCount - values.bytes.count else {
      throw ParquetError(
        .limit, "the strings of one batch are too many bytes; read fewer rows at once",
        expected: "at most \(Limits.batchByteCount)",
        found: "\(values.bytes.count) and \(added) more")
    }
  }
}

/// Decodes DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
struct DeltaLengthDecoder {
  private var lengths: DeltaDecoder
  private let page: PageBytes
  private var position: Int

  init(_ page: PageBytes, valueLimit: Int) throws(ParquetError) {
    lengths = try DeltaDecoder(page, valueLimit: valueLimit)
    self.page = page
    position = try lengths.endPosition()
  }

  /// Appends `count` strings.
  mutating func decode(_ count: Int, into values: inout ByteValues) throws(ParquetError) {
    let start = position
    let first = values.count
    let sizes = try nextLengths(count)
    try ByteValuesAppending.check(values, position - start)
    values.bytes.append(contentsOf: page.slice(start, position - start).raw)
    var offset = values.offsets[first]
    try values.offsets.append(filling: count) { (offsets) throws(ParquetError) in
      for index in 0..<count {
        offset &+= UInt32(truncatingIfNeeded: sizes[index])
        offsets[index] = offset
      }
    }
  }

  /// Steps over `count` strings.
  mutating func skip(_ count: Int) throws(ParquetError) { _ = try nextLengths(count) }

  /// The bytes of the next `count` strings, which lie one behind the other, and their lengths.
  mutating func next(
    _ count: Int
  ) throws(ParquetError) -> (start: UnsafeRawPointer, lengths: [UInt64]) {
    let start = position
    return (page.base + start, try nextLengths(count))
  }

  private mutating func nextLengths(_ count: Int) throws(ParquetError) -> [UInt64] {
    let sizes = try lengths.decodeAll(count)
    var end = position
    for size in sizes {
      // Lengths are 32-bit numbers; negative ones wrap to huge ones.
      guard size <= UInt64(page.count - end) else {
        throw .corrupt(
          "a string is longer than its page", expected: "at most \(page.count - end) bytes",
          found: "\(Int64(bitPattern: size))")
      }
      end += Int(size)
    }
    position = end
    return sizes
  }
}

extension DeltaDecoder {
  /// The next `count` values in an array of their own.
  mutating func decodeAll(_ count: Int) throws(ParquetError) -> [UInt64] {
    guard count <= left else {
      throw .corrupt("delta-encoded values end early", expected: "\(count)", found: "\(left)")
    }
    var copy = self
    var failure: ParquetError?
    let values = [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let target = buffer.baseAddress else { return }
      do throws(ParquetError) {
        try copy.decode(count, into: target)
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    self = copy
    return values
  }
}

/// Decodes DELTA_BYTE_ARRAY: how much each string shares with the one before, then the rest.
struct DeltaByteArrayDecoder {
  private var prefixes: DeltaDecoder
  private var suffixes: DeltaLengthDecoder
  private var previous: [UInt8] = []

  init(_ page: PageBytes, valueLimit: Int) throws(ParquetError) {
    prefixes = try DeltaDecoder(page, valueLimit: valueLimit)
    suffixes = try DeltaLengthDecoder(
      page.from(try prefixes.endPosition()), valueLimit: valueLimit)
  }

  /// Appends `count` strings.
  mutating func decode(_ count: Int, into values: inout ByteValues) throws(ParquetError) {
    let shared = try prefixes.decodeAll(count)
    var (source, own) = try suffixes.next(count)
    var total = 0
    var length = previous.count
    for index in 0..<count {
      guard shared[index] <= UInt64(length) else {
        throw .corrupt(
          "a string shares more than the one before has", expected: "at most \(length) bytes",
          found: "\(Int64(bitPattern: shared[index]))")
      }
      length = Int(shared[index]) + Int(own[index])
      total += length
      // Each string may repeat the one before it: bytes grow without the page growing.
      try ByteValuesAppending.check(values, total)
    }
    let start = values.bytes.count
    let last = previous
    try values.bytes.append(filling: total) { (bytes) throws(ParquetError) in
      last.withUnsafeBufferPointer { last in
        var target = UnsafeMutableRawPointer(bytes)
        var before = last.baseAddress.map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(bytes)
        for index in 0..<count {
          let prefix = Int(shared[index])
          let suffix = Int(own[index])
          target.copyMemory(from: before, byteCount: prefix)
          (target + prefix).copyMemory(from: source, byteCount: suffix)
          source += suffix
          before = UnsafeRawPointer(target)
          target += prefix + suffix
        }
      }
    }
    var offset = UInt32(truncatingIfNeeded: start)
    try values.offsets.append(filling: count) { (offsets) throws(ParquetError) in
      for index in 0..<count {
        offset &+= UInt32(truncatingIfNeeded: shared[index] &+ own[index])
        offsets[index] = offset
      }
    }
    if count > 0 { previous = Array(values.bytes.suffix(length)) }
  }
}
