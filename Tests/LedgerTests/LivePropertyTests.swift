import Bytes
import Events
import Files
import FilesTesting
import Ledger
import Testing

/// Anything a live writer may be asked to do, in any order, against a list.
@Suite struct LiveProperties {
  /// The ledger as a list: what is committed, and what would be with the next commit.
  private struct Model {
    var events: [SampleEvent] = []
    var rejects: [String] = []
    var position: Int64 = 0
    var known: [Int: Int] { Dictionary(uniqueKeysWithValues: events.map { ($0.number, $0.variant) }) }
  }

  private static func check(_ ledger: TestLedger, _ model: Model, _ place: String) throws {
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    let snapshot = try reader.snapshot()
    var messages: [String] = []
    try snapshot.forEachMessage { part in
      for row in 0..<part.count {
        #expect(part.ledgerOffset[row] == Int64(messages.count), "\(place)")
        messages.append(part.message.text(row))
      }
    }
    #expect(messages == model.events.map(\.json), "\(place)")
    #expect(snapshot.rowCount == model.events.count, "\(place)")
    var ids: [String] = []
    for run in snapshot.runs {
      try run.scan { batch in
        #expect(batch.firstLedgerOffset == Int64(ids.count), "\(place)")
        for row in 0..<batch.count { ids.append(batch.eventID.text(row)) }
      }
    }
    #expect(ids == model.events.map(\.id), "\(place)")
    let rejects = try reader.rejects().map {
      String(decoding: try reader.rejectBytes($0), as: UTF8.self)
    }
    #expect(rejects == model.rejects, "\(place)")
    let checkpoint = try reader.checkpoint(origin: TestLedger.origin)?.position ?? 0
    #expect(checkpoint == model.position, "\(place)")
    #expect(
      try reader.topics().reduce(0) { $0 + $1.eventCount } == model.events.count, "\(place)")
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `random work agrees with a list after each step`(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var ledger = try TestLedger()
    defer { withExtendedLifetime(ledger.folder) {} }
    ledger.options.isLive = true
    ledger.options.segmentRowCount = Int.random(in: 5...60, using: &random)
    ledger.options.sealAfterMicroseconds = 100_000_000
    let clock = TestClock()
    var writer = try ledger.open(clock: clock)
    var committed = Model()
    var open = Model()
    for step in 0..<50 {
      let place = "seed \(seed), step \(step)"
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        try Self.append(writer, &open, &random, place)
        if Bool.random(using: &random) { writer.writeAhead() }
      case 5..<7:
        open.position += Int64.random(in: 0...3, using: &random)
        try writer.commitFresh(
          checkpoints: [Checkpoint(origin: TestLedger.origin, position: open.position)])
        committed = open
      case 7:
        try writer.commit(
          checkpoints: [Checkpoint(origin: TestLedger.origin, position: open.position)])
        committed = open
      case 8 where writer.uncommittedRowCount == 0 && open.rejects == committed.rejects:
        _ = try writer.compact()
      case 8: clock.advance(seconds: Int64.random(in: 0...60, using: &random))
      default:
        try writer.close()
        ledger.options.isLive = true
        writer = try ledger.open(clock: clock)
        open = committed
        #expect(writer.endOffset == Int64(open.events.count), "\(place)")
      }
      try Self.check(ledger, committed, place)
    }
    try writer.commit()
    try Self.check(ledger, open, "seed \(seed), at the end")
    try writer.close()
    var verification = Verification(
      try LedgerReader.open(directory: ledger.path, files: ledger.files))
    #expect(try verification.run().findings == [], "seed \(seed)")
    #expect(try ledger.files.list(ledger.path + "/fresh") == [], "seed \(seed)")
  }

  private static func append(
    _ writer: LedgerWriter, _ model: inout Model, _ random: inout SeededGenerator, _ place: String
  ) throws {
    var lines: [String] = []
    var expected = AppendCounts()
    var known = model.known
    var conflicts: [String] = []
    for _ in 0..<Int.random(in: 0...25, using: &random) {
      let event = SampleEvent(
        number: Int.random(in: 0..<300, using: &random),
        variant: Int.random(in: 0..<15, using: &random) == 0 ? 1 : 0)
      lines.append(event.json)
      switch known[event.number] {
      case nil:
        known[event.number] = event.variant
        model.events.append(event)
        expected.accepted += 1
      case event.variant: expected.redelivered += 1
      default:
        conflicts.append(event.json)
        expected.conflicts += 1
      }
    }
    let firstLine = Int64.random(in: 0..<1 << 40, using: &random)
    var faulty: [String] = []
    if Int.random(in: 0..<3, using: &random) == 0 {
      faulty.append("fault \(firstLine)")
      expected.rejected += 1
    }
    // Conflicts are kept before what is faulty in itself.
    model.rejects += conflicts + faulty
    let batch = TestLedger.batch(
      lines + faulty, firstLine: firstLine, seed: writer.identity.hashSeed)
    #expect(try writer.append([batch], origin: TestLedger.origin) == expected, "\(place)")
  }
}
