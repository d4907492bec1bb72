import Events
import Files
import FilesTesting
import Ledger
import Testing

/// The whole of de-duplication against a dictionary, and the bytes of segments.
@Suite struct Duplicates {
  @Test(arguments: 0..<8 as Range<UInt64>)
  func `random rounds agree with a dictionary`(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var ledger = try TestLedger()
    ledger.options.segmentRowCount = Int.random(in: 1...40, using: &random)
    ledger.options.indexFanIn = Int.random(in: 2...4, using: &random)
    var known: [Int: Int] = [:]
    var writer = try ledger.open()
    for round in 0..<30 {
      let events = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        SampleEvent(
          number: Int.random(in: 0..<400, using: &random),
          variant: Int.random(in: 0..<20, using: &random) == 0 ? 1 : 0)
      }
      var expected = AppendCounts()
      for event in events {
        if let variant = known[event.number] {
          if variant == event.variant { expected.redelivered += 1 } else { expected.conflicts += 1 }
        } else {
          known[event.number] = event.variant
          expected.accepted += 1
        }
      }
      var counts = try TestLedger.append(
        events, to: writer, batchSize: Int.random(in: 1...30, using: &random),
        firstLine: round * 100)
      counts.knownRejects = 0
      #expect(counts == expected, "seed \(seed), round \(round)")
      switch Int.random(in: 0..<4, using: &random) {
      case 0: try writer.commit()
      case 1:
        try writer.commit()
        try writer.close()
        writer = try ledger.open()
      default: break
      }
    }
    try writer.commit()
    #expect(writer.endOffset == Int64(known.count))
    try writer.close()
    var verification = Verification(
      try LedgerReader.open(directory: ledger.path, files: ledger.files))
    #expect(try verification.run().findings == [])
  }

  @Test func `segments do not depend on threads or on how rows were cut into batches`() throws {
    let events = (0..<400).map { SampleEvent(number: $0) }
    var names: [[String]] = []
    for (threadCount, batchSize, roundSize) in [(1, 400, 400), (2, 7, 30), (4, 64, 100)] {
      var ledger = try TestLedger()
      ledger.threadCount = threadCount
      ledger.options.segmentRowCount = 150
      let writer = try ledger.open()
      for start in stride(from: 0, to: events.count, by: roundSize) {
        _ = try TestLedger.append(
          Array(events[start..<min(start + roundSize, events.count)]), to: writer,
          batchSize: batchSize, firstLine: start + 1)
      }
      try writer.commit()
      try writer.close()
      // A name holds the hash of the bytes.
      names.append(try ledger.files.list(ledger.path + "/segments"))
    }
    #expect(names[0].count == 3)
    #expect(names[1] == names[0])
    #expect(names[2] == names[0])
  }
}
