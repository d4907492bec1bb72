/// The ids of one mixture: few of each kind, so that paths meet often.
struct HostileIDs {
  let visitors: [String]
  let customers: [String]
  let orders: [String]
  let carts: [String]
  let items: [String]
  let payments: [String]

  /// The values are JSON texts: a string in quotes, or a number.
  init(_ knobs: HostileKnobs, hubLimit: Int, _ random: inout SplitMix64) {
    // A hub needs more people than its limit.
    let most = knobs.hubs > 0 && random.chance(60) ? hubLimit + 2 : 2
    visitors = HostileIDs.names("v", random.chance(50) ? most : 1, knobs, &random)
    customers = HostileIDs.names("c", random.chance(70) ? most : 1, knobs, &random)
    orders = HostileIDs.names("o", random.pick([1, 2, 3, 4, 4]), knobs, &random)
    carts = HostileIDs.names("k", 1 + random.below(3), knobs, &random)
    items = HostileIDs.names("i", 1 + random.below(4), knobs, &random)
    payments = HostileIDs.names("p", 1 + random.below(2), knobs, &random)
  }

  private static func names(
    _ prefix: String, _ count: Int, _ knobs: HostileKnobs, _ random: inout SplitMix64
  ) -> [String] {
    (1...max(count, 1)).map { number in
      if random.chance(knobs.numberIDs) { return number < 3 ? "\(number)" : "\(number).0" }
      if random.chance(knobs.numberIDs) { return "\"\(number)\"" }
      if random.chance(knobs.unicode) { return "\"\(random.pick(oddNames))\"" }
      return "\"\(prefix)\(number)\""
    }
  }

  /// Pairs that a language's own string equality may take for one.
  private static let oddNames = [
    "\u{E9}", "e\u{301}", "\u{C5}", "A\u{30A}", "\u{212B}", "\u{FF41}", "\u{1F6D2}", "\u{E000}",
    "\u{FFFD}", "\u{A0}", " v1", "v1 ", "V1", "\u{212A}", "\\u00e9", "e\\u0301", "\\ud83d\\uded2",
    "a\\nb", "\\u0000", "q\\\"q", "b\\\\b", "\u{7F}", "\u{2028}", "s/s", "s\\/s", "\\u0001f",
    "\u{10FFFF}", "-0", "00", "1e2", "c:v1", "v:v1",
  ]

  /// An id that stands for none.
  static func junk(_ random: inout SplitMix64) -> String {
    random.pick([
      "null", "\"\"", "\"null\"", "\"Guest\"", "\"  NONE \"", "0", "-1", "\"0\"", "\"-1\"",
      "\"(not set)\"", "\"nan\"", "\"undefined\"", "\"unknown\"", "\"ANONYMOUS\"", "\"nil\"",
    ])
  }
}
