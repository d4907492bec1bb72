/// Decodes definition or repetition levels a few at a time.
///
/// - Shape: one byte a level, checked against the highest level of the column.
struct LevelDecoder {
  private enum Form {
    /// All levels are zero and nothing is stored.
    case absent
    case runs(RunLengthDecoder)
    /// Legacy: packed from the most significant bit; the state is the next bit.
    case reversed(PageBytes, bit: Int)
  }

  private var form: Form
  private let maximum: UInt8
  private let width: Int

  /// Levels that are all zero.
  init() {
    form = .absent
    maximum = 0
    width = 0
  }

  /// - Shape: `bytes` are the runs alone, without a length before them.
  init(runs bytes: PageBytes, maximum: Int) throws(ParquetError) {
    width = LevelDecoder.width(maximum)
    self.maximum = UInt8(clamping: maximum)
    form = .runs(try RunLengthDecoder(bytes, width: width))
  }

  /// - Shape: `bytes` start with the legacy packed levels of `count` values.
  init(reversed bytes: PageBytes, maximum: Int) {
    width = LevelDecoder.width(maximum)
    self.maximum = UInt8(clamping: maximum)
    form = .reversed(bytes, bit: 0)
  }

  /// Bits that hold levels up to `maximum`.
  static func width(_ maximum: Int) -> Int { Int.bitWidth - maximum.leadingZeroBitCount }

  /// Decodes exactly `count` levels.
  mutating func decode(
    _ count: Int, into target: UnsafeMutablePointer<UInt8>
  ) throws(ParquetError) {
    switch form {
    case .absent: target.update(repeating: 0, count: count)
    case .runs(var runs):
      try runs.decode(count, into: target)
      form = .runs(runs)
    case .reversed(let bytes, let bit):
      guard bit + count * width <= bytes.count * 8 else {
        throw .corrupt("levels end early", expected: "\(count) more")
      }
      BitUnpacking.unpackReversed(
        bytes.base, bitOffset: bit, width: width, count: count, into: target)
      form = .reversed(bytes, bit: bit + count * width)
    }
    try check(UnsafeBufferPointer(start: target, count: count))
  }

  /// Whether the next `count` levels are all the highest; takes them if so, nothing otherwise.
  ///
  /// This makes columns without nulls nearly free.
  mutating func takeMaximum(_ count: Int) throws(ParquetError) -> Bool {
    guard case .runs(var runs) = form else { return maximum == 0 && isAbsent }
    let before = runs
    if let value = try runs.takeRepeated(count), value == UInt32(maximum) {
      form = .runs(runs)
      return true
    }
    form = .runs(before)
    return false
  }

  private var isAbsent: Bool { if case .absent = form { true } else { false } }

  private func check(_ levels: UnsafeBufferPointer<UInt8>) throws(ParquetError) {
    // All bits of the width in use: no value can be too high.
    if Int(maximum) == (1 << width) - 1 { return }
    var highest: UInt8 = 0
    for level in levels { highest = max(highest, level) }
    guard highest <= maximum else {
      throw .corrupt("a level is too high", expected: "at most \(maximum)", found: "\(highest)")
    }
  }
}
