import Bytes

/// Random numbers that depend on a seed, a name and a key alone: SplitMix64.
struct SeededNumbers {
  private var state: UInt64

  init(_ seed: Int64, _ name: [UInt8], _ key: UInt64) {
    var text = name
    for value in [UInt64(bitPattern: seed), key] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        text.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
    // SHA-256, because these numbers decide written bytes and must never change.
    state = SHA256.hash(text).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }

  /// A number below `count`.
  mutating func next(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(max(count, 1))).high)
  }

  func first(below count: Int) -> Int {
    var numbers = self
    return numbers.next(below: count)
  }
}
