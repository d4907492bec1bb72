/// Named limits of this target, each with its reason.
enum Limits {
  /// A worker's stack: room for 1,024 levels of JSON nesting with a wide margin.
  static let stackByteCount = 8 << 20
  /// A thread that yields gets a tenth of a core where others want all of them.
  static let yieldingNiceness: Int32 = 10
}
