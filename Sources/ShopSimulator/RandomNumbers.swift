/// Seeded random numbers (SplitMix64): the same seed gives the same shop on every machine.
///
/// Only integer and basic IEEE 754 operations are used, never the platform's `log`, so that no
/// library version changes a byte.
struct RandomNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func bits() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// A whole number from 0 up to but not including `bound`.
  mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a bound is above zero")
    return Int(bits().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number from 0 up to but not including 1.
  mutating func fraction() -> Double { Double(bits() >> 11) * 0x1p-53 }

  mutating func chance(_ probability: Double) -> Bool { fraction() < probability }

  /// An exponentially distributed span, in whole units of `mean`'s unit.
  mutating func exponential(mean: Double) -> Int64 {
    Int64(-naturalLogarithm(1 - fraction()) * mean)
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// The natural logarithm for arguments in (0, 1], to about 1e-12, from basic operations only.
private func naturalLogarithm(_ value: Double) -> Double {
  let mantissa = value.significand
  let exponent = Double(value.exponent)
  // log(m) = 2 artanh((m - 1) / (m + 1)), a quickly converging odd series on [1, 2).
  let ratio = (mantissa - 1) / (mantissa + 1)
  let square = ratio * ratio
  var term = ratio
  var sum = 0.0
  for divisor in stride(from: 1.0, through: 23.0, by: 2.0) {
    sum += term / divisor
    term *= square
  }
  return 2 * sum + exponent * 0.693_147_180_559_945_3
}

/// Items with a popularity that falls like a power of their rank.
struct Assortment {
  let prices: [Int64]
  private let cumulative: [UInt64]

  init(itemCount: Int, random: inout RandomNumbers) {
    var sum: UInt64 = 0
    var cumulative: [UInt64] = []
    var prices: [Int64] = []
    cumulative.reserveCapacity(itemCount)
    prices.reserveCapacity(itemCount)
    for rank in 0..<itemCount {
      sum += 1_000_000_000 / UInt64(rank + 10)
      cumulative.append(sum)
      prices.append(Int64(199 + random.below(19_800)))
    }
    self.cumulative = cumulative
    self.prices = prices
  }

  func pick(_ random: inout RandomNumbers) -> Int {
    let target = UInt64(random.below(Int(cumulative[cumulative.count - 1])))
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
