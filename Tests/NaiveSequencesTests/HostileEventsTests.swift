import NaiveSequences
import Testing

/// The generator must reach what it is for: good lines, and all the outcomes of the rules.
@Suite struct `Hostile events` {
  @Test(arguments: 0..<24)
  func `without file troubles no line is refused and any arrival gives the same bytes`(
    _ number: Int
  ) {
    let seed = UInt64(number)
    let options = hostileOptions(seed: seed).options
    let file = hostileLines(seed: seed, count: 50, options: options)
    var ledger = NaiveLedger()
    ledger.ingest(file: file)
    #expect(ledger.rejects == [])
    let result = naiveSequences(ledger.events, options)

    var random = SplitMix64(seed: seed)
    var shuffled = NaiveLedger()
    shuffled.ingest(lines: random.shuffled(naiveLines(ofFile: file)))
    #expect(shuffled.redelivered == ledger.redelivered)
    let other = naiveSequences(shuffled.events, options)
    #expect(other.rows == result.rows)
    #expect(other.orphans == result.orphans)
    #expect(other.unattributed == result.unattributed)
  }

  @Test func `a seed gives the same bytes, another seed other ones`() {
    #expect(hostileLines(seed: 7, count: 30) == hostileLines(seed: 7, count: 30))
    #expect(hostileLines(seed: 7, count: 30) != hostileLines(seed: 8, count: 30))
  }

  @Test func `file troubles give every reason there is`() {
    var reasons: Set<String> = []
    for seed in UInt64(0)..<60 {
      let knobs = HostileKnobs(seed: seed).withFileTroubles()
      var ledger = NaiveLedger()
      ledger.ingest(file: hostileLines(seed: seed, count: 60, knobs: knobs))
      reasons.formUnion(ledger.rejects.map(\.reason))
    }
    #expect(
      reasons.sorted() == [
        "amount", "campaign_id", "cart_id", "channel", "conflict", "creative_id", "currency",
        "customer_id", "data", "encoding", "id", "item_id", "items", "json", "order_id",
        "payment_id", "quantity", "session_id", "source", "time", "type", "unit_price",
        "visitor_id",
      ])
  }

  @Test func `every outcome, reason and recovery is reached`() {
    var text = ""
    for seed in UInt64(0)..<60 {
      let options = hostileOptions(seed: seed).options
      var ledger = NaiveLedger()
      ledger.ingest(file: hostileLines(seed: seed, count: 40, options: options))
      text += String(decoding: naiveSequences(ledger.events, options).rows, as: UTF8.self)
    }
    for value in [
      "purchased", "abandoned", "open", "browse", "cart", "checkout", "payment", "declined",
      "pending", "unpaid", "emptied", "silent", "recovered", "lost", "censored",
    ] {
      #expect(text.contains(":\"\(value)\","), "\(value)")
    }
  }

  @Test func `shrinking keeps the lines that matter`() {
    let lines = (UInt8(0)..<100).map { [$0] }
    let few = shrunk(lines) { $0.contains([17]) && $0.contains([63]) }
    #expect(few == [[17], [63]])
  }
}
