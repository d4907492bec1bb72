import Bytes
import Events
import Files
import FilesTesting
import Ledger
import Testing

/// What readers get back of what was appended.
@Suite struct Reader {
  private let events = (0..<150).map { SampleEvent(number: $0) }

  /// The ledger goes away with its last use, so tests hold it to their end.
  private func filled() throws -> TestLedger {
    let ledger = try TestLedger()
    let writer = try ledger.open()
    _ = try TestLedger.append(events, to: writer)
    try writer.commit()
    try writer.close()
    return ledger
  }

  private func reader(_ ledger: TestLedger) throws -> LedgerReader {
    try LedgerReader.open(directory: ledger.path, files: ledger.files)
  }

  @Test func `a scan gives the columns that were decoded`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    let snapshot = try reader(ledger).snapshot()
    #expect(snapshot.rowCount == 150)
    let expected = InMemoryEventRun([TestLedger.batch(events.map(\.json), seed: 1)])
    let told = try Reader.described(snapshot)
    var wanted: [[String]] = []
    try expected.scan { batch in wanted += Reader.describe(batch) }
    #expect(told == wanted)
  }

  @Test func `a scan of any rows gives those of the whole scan`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    for run in try reader(ledger).snapshot().runs {
      var whole: [[String]] = []
      try run.scan { batch in whole += Reader.describe(batch) }
      let open = try run.open(.all)
      for first in stride(from: 0, to: run.rowCount, by: 7) {
        for last in [first, first + 1, (first + run.rowCount + 1) / 2, run.rowCount] {
          var part: [[String]] = []
          try open.scan(first..<last, .all) { batch in part += Reader.describe(batch) }
          #expect(part == Array(whole[first..<last]))
        }
      }
    }
  }

  @Test func `a scan decodes only the columns asked for`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    for run in try reader(ledger).snapshot().runs {
      var whole: [String?] = []
      try run.scan { batch in
        whole += (0..<batch.count).map { batch[.visitorID].text($0) }
      }
      var part: [String?] = []
      let columns: EventColumnSet = [.times, .ids(.visitorID)]
      try run.open(columns).scan(0..<run.rowCount, columns) { batch in
        part += (0..<batch.count).map { batch[.visitorID].text($0) }
        #expect(batch.occurredAt.count == batch.count)
        #expect(batch.eventID.count == 0 && batch.topic.codes.isEmpty)
        #expect(batch.lineStarts.count == batch.count + 1)
      }
      #expect(part == whole)
    }
  }

  /// All columns of all rows, as words.
  static func described(_ snapshot: LedgerSnapshot) throws -> [[String]] {
    var told: [[String]] = []
    for run in snapshot.runs { try run.scan { batch in told += describe(batch) } }
    return told
  }

  private static func describe(_ batch: EventColumns) -> [[String]] {
    (0..<batch.count).map { row in
      var words = [
        batch.eventID.text(row), batch.topic.text(row) ?? "", "\(batch.occurredAt[row])",
      ]
      words += [batch.source.text(row) ?? "", "\(batch.recordedAt[row])"]
      words += batch.ids.map { $0.text(row) ?? "-" }
      words += [
        "\(String(describing: batch.quantity[row]))", "\(String(describing: batch.amount[row]))",
        "\(String(describing: batch.unitPrice[row]))",
      ]
      for line in Int(batch.lineStarts[row])..<Int(batch.lineStarts[row + 1]) {
        words.append(batch.lineItemID.text(line) ?? "-")
        words.append("\(String(describing: batch.lineQuantity[line]))")
        words.append("\(String(describing: batch.lineUnitPrice[line]))")
      }
      return words
    }
  }

  @Test func `messages come back as they came, by offset and by filter`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    let reader = try reader(ledger)
    let snapshot = try reader.snapshot()
    #expect(try snapshot.message(atOffset: 77) == Array(events[77].json.utf8))
    #expect(try snapshot.message(atOffset: 150) == nil)
    var messages: [String] = []
    try snapshot.forEachMessage { part in
      for row in 0..<part.count {
        messages.append(part.message.text(row))
        #expect(part.position[row] == Int64(messages.count))
        #expect(part.origin.text(row) == "test")
      }
    }
    #expect(messages == events.map(\.json))
    var filter = MessageFilter()
    filter.topics = [Array("order.created".utf8)]
    filter.offsets = 10..<140
    filter.positions = 20...100
    var offsets: [Int64] = []
    try snapshot.forEachMessage(filter, topicsOf: reader) { offsets += $0.ledgerOffset }
    #expect(offsets == (19..<100).filter { $0 % 3 == 2 }.map(Int64.init))
  }

  @Test func `a snapshot stands still while a writer goes on`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    let reader = try reader(ledger)
    let before = try reader.snapshot()
    let writer = try ledger.open()
    _ = try TestLedger.append((150..<170).map { SampleEvent(number: $0) }, to: writer)
    try writer.commit()
    #expect(before.rowCount == 150)
    #expect(try reader.snapshot().rowCount == 170)
    try writer.close()
  }

  @Test func `rejects keep their bytes, and closing one takes it from the list`() throws {
    let ledger = try TestLedger()
    var writer = try ledger.open()
    let bad = ["{", "{\"id\":5}", String(repeating: "x", count: 3_000_000)]
    for _ in 0..<2 {
      let counts = try writer.append(
        [TestLedger.batch(bad, seed: writer.identity.hashSeed)], origin: TestLedger.origin)
      #expect(counts.rejected == 3)
      try writer.commit()
      try writer.close()
      writer = try ledger.open()
    }
    let reader = try reader(ledger)
    let entries = try reader.rejects()
    #expect(entries.map(\.position) == [1, 2, 3])
    for (entry, line) in zip(entries, bad) {
      #expect(try reader.rejectBytes(entry) == Array(line.utf8))
    }
    writer.closeRejects([entries[0].id], by: "e-1")
    try writer.commit()
    #expect(try reader.rejects().map(\.position) == [2, 3])
    #expect(try reader.rejectCounts().map(\.closedCount).reduce(0, +) == 1)
    try writer.close()
  }

  @Test func `checkpoints and finished files are remembered`() throws {
    let ledger = try TestLedger()
    var writer = try ledger.open()
    let checkpoint = Checkpoint(origin: TestLedger.origin, position: 7, detail: "byte 9")
    let file = FinishedFile(
      contentHash: [1, 2], byteCount: 3, reading: "", origin: TestLedger.origin, lineCount: 4,
      acceptedCount: 5, rejectedCount: 6)
    try writer.commit(checkpoints: [checkpoint], finishedFiles: [file])
    try writer.close()
    writer = try ledger.open()
    #expect(try writer.checkpoint(origin: TestLedger.origin) == checkpoint)
    #expect(try writer.finishedFile(contentHash: [1, 2], byteCount: 3, reading: "") == file)
    #expect(try writer.finishedFile(contentHash: [1, 2], byteCount: 3, reading: "m") == nil)
    try writer.close()
  }

  @Test func `an inspection counts topics, columns and fields`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    let inspection = try reader(ledger).inspect(sampledEventCount: nil)
    #expect(inspection.rowCount == 150)
    #expect(inspection.topics.map(\.eventCount) == [50, 50, 50])
    #expect(inspection.scannedEventCount == 150)
    #expect(inspection.columns.reduce(0) { $0 + $1.byteCount } == inspection.segmentByteCount)
    #expect(inspection.columns.allSatisfy { $0.byteCount >= 0 })
    let items = inspection.fields.filter { $0.field == "items" }
    #expect(items.map(\.types) == [["list"]])
    #expect(items.map(\.eventCount) == [50])
  }

  @Test func `a folder without a ledger is told apart`() throws {
    #expect(throws: LedgerError.self) {
      _ = try LedgerReader.open(directory: "/nowhere/at/all", files: POSIXFileSystem())
    }
  }
}
