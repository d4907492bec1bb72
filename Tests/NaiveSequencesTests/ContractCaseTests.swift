import NaiveSequences
import Testing

/// The contract's own examples, byte for byte.
@Suite struct `Contract cases` {
  @Test func `there are some`() throws {
    #expect(try ContractCase.all().count >= 86)
  }

  @Test(arguments: try ContractCase.all())
  func `rows, counts and rejects are as the case says`(_ example: ContractCase) throws {
    let described = try example.description()
    let options = try example.options()
    var ledger = NaiveLedger()
    ledger.ingest(file: try example.file("events.ndjson"))
    let result = naiveSequences(ledger.events, options)

    let rejects = ledger.rejects.map { ContractCase.Reject(line: $0.line, reason: $0.reason) }
    #expect(rejects == described.rejects)
    let counts = ContractCase.Counts(
      accepted: result.accepted, redelivered: ledger.redelivered,
      rejected: ledger.rejects.count, unattributed: result.unattributed,
      orphans: result.orphans)
    #expect(counts == described.counts)
    let expected = try example.file("expected.ndjson")
    #expect(
      result.rows == expected,
      """
      got:
      \(String(decoding: result.rows, as: UTF8.self))
      expected:
      \(String(decoding: expected, as: UTF8.self))
      """)
  }
}
