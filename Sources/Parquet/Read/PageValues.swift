/// The values of one data page, decoded as somebody wants them; nulls are not among them.
///
/// - Shape: every call takes exactly `count` values or throws; callers ask for no more than
///   `Limits.levelChunkCount` where a scratch buffer of codes is handed in.
struct PageValues {
  private enum Form {
    case plain
    case bits
    case runs(RunLengthDecoder)
    case codes(RunLengthDecoder)
    case delta(DeltaDecoder)
    case deltaLength(DeltaLengthDecoder)
    case deltaBytes(DeltaByteArrayDecoder)
    case split(total: Int)
  }

  private var form: Form
  private let page: PageBytes
  /// PLAIN: bytes taken; bits and split values: values taken.
  private var position = 0
  private let type: PhysicalType
  private let width: Int

  /// - Shape: `valueLimit` is the number of values of the page with nulls.
  init(
    _ page: PageBytes, _ encoding: Encoding, _ column: ColumnDescriptor, valueLimit: Int
  ) throws(ParquetError) {
    self.page = page
    type = column.physicalType
    width = column.valueByteCount ?? 0
    let isInteger = type == .int32 || type == .int64
    let isString = type == .byteArray
    switch encoding {
    case .plain: form = type == .boolean ? .bits : .plain
    case .rle where type == .boolean:
      if page.count == 0 {
        form = .bits
      } else {
        guard page.count >= 4, Int(page.word32(0)) <= page.count - 4 else {
          throw .corrupt("run-length booleans are longer than their page")
        }
        form = .runs(try RunLengthDecoder(page.slice(4, Int(page.word32(0))), width: 1))
      }
    case .plainDictionary, .rleDictionary:
      if page.count == 0 {
        form = .bits
      } else {
        form = .codes(try RunLengthDecoder(page.from(1), width: Int(page[0])))
      }
    case .deltaBinaryPacked where isInteger:
      form = page.count == 0 ? .bits : .delta(try DeltaDecoder(page, valueLimit: valueLimit))
    case .deltaLengthByteArray where isString:
      form =
        page.count == 0
        ? .plain : .deltaLength(try DeltaLengthDecoder(page, valueLimit: valueLimit))
    case .deltaByteArray where isString || type == .fixedLengthByteArray:
      form =
        page.count == 0
        ? .plain : .deltaBytes(try DeltaByteArrayDecoder(page, valueLimit: valueLimit))
    case .byteStreamSplit where type != .boolean && !isString && type != .int96:
      form = .split(total: width == 0 ? 0 : page.count / width)
    default:
      throw ParquetError(.unsupported, "\(type) values are encoded as \(encoding)")
    }
  }

  /// Whether values are numbers of dictionary entries.
  var isCoded: Bool { if case .codes = form { true } else { false } }

  // MARK: Values of four or eight bytes

  mutating func words<Value: BitwiseCopyable & FixedWidthInteger>(
    _ count: Int, into target: UnsafeMutablePointer<Value>, _ dictionary: ChunkDictionary?,
    _ scratch: DecodingScratch
  ) throws(ParquetError) {
    switch form {
    case .plain: try plain(count, into: target)
    case .split: try split(count, into: target)
    case .codes:
      var done = 0
      while done < count {
        let step = min(count - done, Limits.levelChunkCount)
        let dictionary = try codes(step, into: scratch.codes, dictionary)
        dictionary.gather(scratch.codes, step, into: target + done)
        done += step
      }
    case .delta(var delta):
      var done = 0
      while done < count {
        let step = min(count - done, Limits.levelChunkCount)
        try delta.decode(step, into: scratch.wide)
        for index in 0..<step {
          target[done + index] = Value(truncatingIfNeeded: scratch.wide[index])
        }
        done += step
      }
      form = .delta(delta)
    default: throw endsEarly(count)
    }
  }

  // MARK: Values of any one size

  mutating func fixed(
    _ count: Int, into target: UnsafeMutableRawPointer, _ dictionary: ChunkDictionary?,
    _ scratch: DecodingScratch
  ) throws(ParquetError) {
    switch form {
    case .plain: try plain(count, into: target)
    case .split: try split(count, into: target)
    case .codes:
      var done = 0
      while done < count {
        let step = min(count - done, Limits.levelChunkCount)
        let dictionary = try codes(step, into: scratch.codes, dictionary)
        dictionary.gatherFixed(scratch.codes, step, into: target + done * width)
        done += step
      }
    case .deltaBytes(var delta):
      var values = ByteValues()
      try delta.decode(count, into: &values)
      form = .deltaBytes(delta)
      for index in 0..<count where Int(values.offsets[index + 1]) != (index + 1) * width {
        throw .corrupt(
          "a fixed-length value has another length", expected: "\(width) bytes",
          found: "\(values.offsets[index + 1] - values.offsets[index])")
      }
      values.bytes.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress {
          target.copyMemory(from: base, byteCount: count * width)
        }
      }
    default: throw endsEarly(count)
    }
  }

  // MARK: Booleans

  mutating func booleans(
    _ count: Int, into target: UnsafeMutablePointer<UInt8>
  ) throws(ParquetError) {
    switch form {
    case .bits:
      guard count <= page.count * 8 - position else { throw endsEarly(count) }
      BitUnpacking.unpack(page.base, bitOffset: position, width: 1, count: count, into: target)
      position += count
    case .runs(var runs):
      try runs.decode(count, into: target)
      form = .runs(runs)
    default: throw endsEarly(count)
    }
  }

  // MARK: Strings

  mutating func strings(
    _ count: Int, into values: inout ByteValues, _ dictionary: ChunkDictionary?,
    _ scratch: DecodingScratch
  ) throws(ParquetError) {
    switch form {
    case .plain:
      try PlainByteArrayDecoding.decode(page, &position, count: count, into: &values)
    case .codes:
      var done = 0
      while done < count {
        let step = min(count - done, Limits.levelChunkCount)
        let dictionary = try codes(step, into: scratch.codes, dictionary)
        try dictionary.gatherStrings(scratch.codes, step, into: &values)
        done += step
      }
    case .deltaLength(var delta):
      try delta.decode(count, into: &values)
      form = .deltaLength(delta)
    case .deltaBytes(var delta):
      try delta.decode(count, into: &values)
      form = .deltaBytes(delta)
    default: throw endsEarly(count)
    }
  }

  // MARK: Numbers of dictionary entries

  /// Decodes codes and checks that the dictionary has them.
  @discardableResult
  mutating func codes(
    _ count: Int, into target: UnsafeMutablePointer<UInt32>, _ dictionary: ChunkDictionary?
  ) throws(ParquetError) -> ChunkDictionary {
    guard case .codes(var runs) = form else { throw endsEarly(count) }
    guard let dictionary else {
      throw .corrupt("a page refers to a dictionary that is not there")
    }
    try runs.decode(count, into: target)
    form = .codes(runs)
    if count > 0 { try dictionary.check(target, count) }
    return dictionary
  }

  // MARK: Skipping

  /// Steps over values that need no decoding to be stepped over; false when they do.
  mutating func skip(_ count: Int) throws(ParquetError) -> Bool {
    switch form {
    case .plain where type == .byteArray:
      try PlainByteArrayDecoding.skip(page, &position, count: count)
      return true
    case .plain:
      guard count <= (page.count - position) / max(width, 1) else { throw endsEarly(count) }
      position += count * width
      return true
    case .split(let total):
      guard count <= total - position else { throw endsEarly(count) }
      position += count
      return true
    case .bits:
      guard count <= page.count * 8 - position else { throw endsEarly(count) }
      position += count
      return true
    case .deltaLength(var delta):
      try delta.skip(count)
      form = .deltaLength(delta)
      return true
    default: return false
    }
  }

  // MARK: Helpers

  private mutating func plain(
    _ count: Int, into target: UnsafeMutableRawPointer
  ) throws(ParquetError) {
    guard width == 0 || count <= (page.count - position) / width else { throw endsEarly(count) }
    target.copyMemory(from: page.base + position, byteCount: count * width)
    position += count * width
  }

  private mutating func split(
    _ count: Int, into target: UnsafeMutableRawPointer
  ) throws(ParquetError) {
    guard case .split(let total) = form, width == 0 || count <= total - position else {
      throw endsEarly(count)
    }
    ByteStreamSplitDecoding.decode(
      page, first: position, count: count, total: total, width: width, into: target)
    position += count
  }

  private func endsEarly(_ count: Int) -> ParquetError {
    .corrupt("the values of a page end early", expected: "\(count) more")
  }
}

/// Small buffers in which pages are decoded on the way to their place.
final class DecodingScratch {
  let codes: UnsafeMutablePointer<UInt32>
  let wide: UnsafeMutablePointer<UInt64>
  let levels: UnsafeMutablePointer<UInt8>
  let discarded: UnsafeMutablePointer<UInt64>

  init() {
    codes = .allocate(capacity: Limits.levelChunkCount)
    wide = .allocate(capacity: Limits.levelChunkCount)
    levels = .allocate(capacity: Limits.levelChunkCount)
    discarded = .allocate(capacity: Limits.levelChunkCount)
  }

  deinit {
    codes.deallocate()
    wide.deallocate()
    levels.deallocate()
    discarded.deallocate()
  }
}
