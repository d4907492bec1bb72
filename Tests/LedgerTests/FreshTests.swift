import Bytes
import Events
import Files
import FilesTesting
import Foundation
import Ledger
import Testing

/// Rows that are committed but not yet sealed.
@Suite struct FreshEvents {
  private let events = (0..<300).map { SampleEvent(number: $0) }

  private func live() throws -> TestLedger {
    var ledger = try TestLedger()
    ledger.options.isLive = true
    return ledger
  }

  private func reader(_ ledger: TestLedger) throws -> LedgerReader {
    try LedgerReader.open(directory: ledger.path, files: ledger.files)
  }

  private func messages(_ snapshot: LedgerSnapshot) throws -> [String] {
    var messages: [String] = []
    try snapshot.forEachMessage { part in
      for row in 0..<part.count {
        #expect(part.ledgerOffset[row] == Int64(messages.count))
        messages.append(part.message.text(row))
      }
    }
    return messages
  }

  @Test func `written ahead count only with their commit`() throws {
    let ledger = try live()
    defer { withExtendedLifetime(ledger.folder) {} }
    func append(_ numbers: Range<Int>, _ writer: LedgerWriter) throws {
      _ = try TestLedger.append(
        Array(events[numbers]), to: writer, firstLine: numbers.lowerBound + 1)
      writer.writeAhead()
    }
    let writer = try ledger.open()
    try append(0..<20, writer)
    try append(20..<30, writer)
    #expect(try ledger.files.list(ledger.path + "/fresh").count == 1)
    #expect(try reader(ledger).snapshot().rowCount == 0)
    try writer.commitFresh()
    try append(30..<50, writer)
    #expect(try messages(reader(ledger).snapshot()) == events[..<30].map(\.json))
    // It stops here: what was not committed is gone, and comes again.
    try writer.close()
    let next = try ledger.open()
    #expect(next.endOffset == 30)
    try append(30..<60, next)
    try next.commitFresh()
    #expect(try messages(reader(ledger).snapshot()) == events[..<60].map(\.json))
    // A full commit needs no log.
    try append(60..<70, next)
    try next.commit()
    #expect(try ledger.files.list(ledger.path + "/fresh").isEmpty)
    #expect(try messages(reader(ledger).snapshot()) == events[..<70].map(\.json))
    try next.close()
    var verification = Verification(try reader(ledger))
    #expect(try verification.run().findings == [])
  }

  @Test func `are visible at once, in order, and sealed when a segment is full`() throws {
    let ledger = try live()
    defer { withExtendedLifetime(ledger.folder) {} }
    let writer = try ledger.open()
    var position = 0
    for count in [1, 5, 30, 40, 100, 3, 121] {
      let part = Array(events[position..<position + count])
      #expect(
        try TestLedger.append(part, to: writer, batchSize: 7, firstLine: position + 1).accepted
          == count)
      position += count
      #expect(writer.uncommittedRowCount == count)
      try writer.commitFresh(
        checkpoints: [Checkpoint(origin: TestLedger.origin, position: Int64(position))])
      #expect(writer.uncommittedRowCount == 0)
      let reader = try reader(ledger)
      let snapshot = try reader.snapshot()
      #expect(snapshot.rowCount == position)
      #expect(try messages(snapshot) == events[..<position].map(\.json))
      #expect(try reader.checkpoint(origin: TestLedger.origin)?.position == Int64(position))
      #expect(try snapshot.message(atOffset: Int64(position - 1)) == Array(part[count - 1].json.utf8))
      #expect(try snapshot.message(atOffset: Int64(position)) == nil)
      #expect(try reader.topics().reduce(0) { $0 + $1.eventCount } == position)
      #expect(
        try reader.origins() == [
          OriginRange(
            origin: TestLedger.origin, positions: 1...Int64(position), eventCount: position)
        ])
      var verification = Verification(reader)
      let report = try verification.run()
      #expect(report.findings == [])
      #expect(report.rowCount == position)
    }
    #expect(try reader(ledger).snapshot().segmentRecords.count == 4)
    #expect(try ledger.files.list(ledger.path + "/fresh").count <= 2)
    try writer.commit()
    #expect(try ledger.files.list(ledger.path + "/fresh") == [])
    #expect(try reader(ledger).snapshot().freshRowCount == 0)
    #expect(try messages(try reader(ledger).snapshot()) == events.map(\.json))
    try writer.close()
  }

  @Test func `have the columns that a segment has`() throws {
    let ledger = try live()
    defer { withExtendedLifetime(ledger.folder) {} }
    let writer = try ledger.open()
    for start in stride(from: 0, to: 60, by: 20) {
      _ = try TestLedger.append(
        Array(events[start..<start + 20]), to: writer, batchSize: 9, firstLine: start + 1)
      try writer.commitFresh()
    }
    let fresh = try Reader.described(try reader(ledger).snapshot())
    try writer.commit()
    let sealed = try Reader.described(try reader(ledger).snapshot())
    #expect(fresh.count == 60)
    #expect(fresh == sealed)
    try writer.close()
  }

  @Test func `come back when the writer is opened again, and are known then`() throws {
    let ledger = try live()
    defer { withExtendedLifetime(ledger.folder) {} }
    for round in 0..<5 {
      let writer = try ledger.open()
      #expect(writer.endOffset == Int64(round * 20))
      let known = try TestLedger.append(Array(events[..<(round * 20)]), to: writer)
      #expect(known.redelivered == round * 20)
      let part = Array(events[(round * 20)..<(round * 20 + 20)])
      #expect(
        try TestLedger.append(part, to: writer, firstLine: round * 20 + 1).accepted == 20)
      let other = SampleEvent(number: round * 20, variant: 1)
      #expect(try TestLedger.append([other], to: writer).conflicts == 1)
      try writer.commitFresh()
      _ = try TestLedger.append(Array(events[200..<210]), to: writer, firstLine: 201)
      try writer.close()
    }
    let reader = try reader(ledger)
    #expect(try messages(try reader.snapshot()) == events[..<100].map(\.json))
    #expect(try reader.rejects().map(\.reason) == Array(repeating: "conflict", count: 5))
    // A writer of files takes them over and seals them.
    var plain = ledger
    plain.options.isLive = false
    let writer = try plain.open()
    #expect(try TestLedger.append(Array(events[..<120]), to: writer).accepted == 20)
    try writer.commit()
    try writer.close()
    #expect(try ledger.files.list(ledger.path + "/fresh") == [])
    #expect(try self.reader(ledger).snapshot().freshRowCount == 0)
    #expect(try messages(try self.reader(ledger).snapshot()) == events[..<120].map(\.json))
  }

  @Test func `keep their rejects' bytes, and hand them on when they are sealed`() throws {
    let ledger = try live()
    defer { withExtendedLifetime(ledger.folder) {} }
    let writer = try ledger.open()
    let bad = ["{", "{\"id\":5}", String(repeating: "x", count: 100_000)]
    for (number, line) in bad.enumerated() {
      for _ in 0..<2 {
        let counts = try writer.append(
          [
            TestLedger.batch(
              [line], firstLine: Int64(number + 1), seed: writer.identity.hashSeed)
          ], origin: TestLedger.origin)
        #expect(counts.rejected == 1)
        try writer.commitFresh()
      }
    }
    #expect(try ledger.files.list(ledger.path + "/rejects") == [])
    for isSealed in [false, true] {
      let reader = try reader(ledger)
      let entries = try reader.rejects()
      #expect(entries.map(\.position) == [1, 2, 3])
      for (entry, line) in zip(entries, bad) {
        #expect(try reader.rejectBytes(entry) == Array(line.utf8))
      }
      var verification = Verification(reader)
      #expect(try verification.run().findings == [])
      if !isSealed { try writer.commit() }
    }
    #expect(try ledger.files.list(ledger.path + "/rejects").count == 1)
    #expect(try ledger.files.list(ledger.path + "/fresh") == [])
    try writer.close()
  }

  @Test func `are sealed after a while`() throws {
    let ledger = try live()
    defer { withExtendedLifetime(ledger.folder) {} }
    let clock = TestClock()
    let writer = try ledger.open(clock: clock)
    _ = try TestLedger.append(Array(events[..<10]), to: writer)
    try writer.commitFresh()
    clock.advance(seconds: 6 * 3_600 - 1)
    try writer.commitFresh()
    #expect(writer.freshRowCount == 10)
    clock.advance(seconds: 1)
    try writer.commitFresh()
    #expect(writer.freshRowCount == 0)
    #expect(try reader(ledger).snapshot().segmentRecords.map(\.rowCount) == [10])
    #expect(try ledger.files.list(ledger.path + "/fresh") == [])
    try writer.close()
  }

  @Test func `a snapshot taken before sealing is read after it`() throws {
    let ledger = try live()
    defer { withExtendedLifetime(ledger.folder) {} }
    let writer = try ledger.open()
    _ = try TestLedger.append(Array(events[..<50]), to: writer)
    try writer.commitFresh()
    let before = try reader(ledger).snapshot()
    _ = try TestLedger.append(Array(events[50..<100]), to: writer, firstLine: 51)
    try writer.commit()
    #expect(before.rowCount == 50)
    #expect(before.freshRowCount == 50)
    #expect(try messages(before) == events[..<50].map(\.json))
    try writer.close()
  }

  @Test func `origins and subjects of their own survive`() throws {
    let ledger = try live()
    defer { withExtendedLifetime(ledger.folder) {} }
    let writer = try ledger.open()
    let lines = (0..<4).map { number in
      "{\"recorded_at\":\"2026-03-02T00:00:00Z\",\"origin\":\"o\(number / 2)\",\"position\":"
        + "\(number),\"message\":\(events[number].json)}"
    }
    _ = try writer.append(
      [TestLedger.batch(lines + [events[9].json], seed: writer.identity.hashSeed)],
      origin: Array("file".utf8))
    try writer.commitFresh()
    for _ in 0..<2 {
      let origins = try reader(ledger).origins()
      #expect(origins.map { String(decoding: $0.origin, as: UTF8.self) } == ["file", "o0", "o1"])
      #expect(origins.map(\.positions) == [5...5, 0...1, 2...3])
      try writer.commit()
    }
    try writer.close()
  }
}
