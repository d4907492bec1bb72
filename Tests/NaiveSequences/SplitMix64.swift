/// A small random generator: the same seed gives the same numbers on every machine.
package struct SplitMix64 {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, not including, `count`; 0 where `count` is less than 1.
  package mutating func below(_ count: Int) -> Int {
    count < 1 ? 0 : Int(next() % UInt64(count))
  }

  /// True `percent` times in a hundred.
  package mutating func chance(_ percent: Int) -> Bool {
    below(100) < percent
  }

  /// One of the values, which must not be empty.
  package mutating func pick<Value>(_ values: [Value]) -> Value {
    values[below(values.count)]
  }

  /// The values in another order.
  package mutating func shuffled<Value>(_ values: [Value]) -> [Value] {
    var values = values
    for index in values.indices.dropFirst() { values.swapAt(index, below(index + 1)) }
    return values
  }
}
