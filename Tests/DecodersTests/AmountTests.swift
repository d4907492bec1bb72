import Decoders
import Testing

@Suite struct Amounts {
  private static func amount(_ text: String, isText: Bool = false) -> String? {
    let value = isText ? "\"\(text)\"" : text
    let decoded = Decoded.messages([
      """
      {"id":"x","type":"order.created","timestamp":"2026-08-01T10:00:00Z",\
      "organization_id":"a","data":{"revenue":\(value)}}
      """
    ])
    return decoded.rows.first?["amount"]
  }

  @Test(arguments: [
    ("0.29", "29"), ("1.15", "115"), ("19.99", "1999"), ("1e2", "10000"), ("1.005", "101"),
    ("2.5e-3", "0"), ("5e-3", "1"), ("-0.005", "-1"), ("-40.5", "-4050"), ("0", "0"), ("-0.0", "0"),
    ("92233720368547758.07", "9223372036854775807"), ("1e-400", "0"),
    ("0.00000000000000000000000000000000000000000000000000001", "0"),
    ("90071992547409.93", "9007199254740993"),
  ])
  func `come from the digits`(text: String, minor: String) {
    #expect(Self.amount(text) == minor)
    #expect(Self.amount(text, isText: true) == minor)
  }

  @Test(arguments: ["92233720368547758.08", "1e400", "1e17", "true", "[]", "\"x\"", "\"1.\"", "\"1e\""])
  func `that are none are refused`(text: String) {
    #expect(Self.amount(text) == nil)
  }

  @Test func `written as floats of hundredths come back exactly`() {
    var dice = Dice(state: 11)
    for _ in 0..<2_000 {
      let digits = Int.random(in: 1...15, using: &dice)
      var limit: Int64 = 1
      for _ in 0..<digits { limit *= 10 }
      let minor = Int64.random(in: -limit...limit, using: &dice)
      #expect(Self.amount("\(Double(minor) / 100)") == "\(minor)")
    }
  }
}
