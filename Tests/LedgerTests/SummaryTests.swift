import Foundation
import GRDB
import Ledger
import Testing

/// A ledger in a few numbers.
@Suite struct Summaries {
  @Test func `counts what is sealed, fresh and refused`() throws {
    var ledger = try TestLedger()
    defer { withExtendedLifetime(ledger.folder) {} }
    ledger.options.isLive = true
    let writer = try ledger.open()
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    #expect(try reader.summary().rowCount == 0)
    _ = try TestLedger.append((0..<70).map { SampleEvent(number: $0) }, to: writer)
    try writer.commit()
    _ = try TestLedger.append((70..<90).map { SampleEvent(number: $0) }, to: writer, firstLine: 71)
    _ = try writer.append(
      [TestLedger.batch(["{"], seed: writer.identity.hashSeed)], origin: TestLedger.origin)
    let checkpoint = Checkpoint(origin: TestLedger.origin, position: 90, detail: "x")
    try writer.commitFresh(checkpoints: [checkpoint])
    let summary = try reader.summary()
    let snapshot = try reader.snapshot()
    #expect(summary.rowCount == 90)
    #expect(summary.freshRowCount == 20)
    #expect(summary.segmentCount == 2)
    #expect(summary.segmentByteCount == snapshot.segmentRecords.reduce(0) { $0 + $1.byteCount })
    #expect(summary.freshByteCount > 20 * 200)
    #expect(summary.rejects == (try reader.rejectCounts()))
    #expect(summary.commitNumber == snapshot.commitNumber)
    #expect(summary.lastCommittedAt == TestLedger.now)
    #expect(summary.latestOccurredAt == 1_772_323_289_000_000)
    #expect(summary.checkpoints == [checkpoint])
    try writer.close()
  }

  @Test func `adds up ten thousand segments`() throws {
    let ledger = try TestLedger()
    defer { withExtendedLifetime(ledger.folder) {} }
    try ledger.open().close()
    let queue = try DatabaseQueue(path: ledger.path + "/catalog.sqlite")
    try queue.write { database in
      try database.execute(
        sql: "INSERT INTO commits (number, committed_at, end_offset) VALUES (1, 5, 10000000)")
      for number in 0..<10_000 {
        try database.execute(
          sql: "INSERT INTO segments VALUES (?, ?, 1000, 77, 99, x'00', 1, ?, 1, 2, 1)",
          arguments: [number * 1000, "segment \(number)", number])
      }
    }
    try queue.close()
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    let summary = try reader.summary()
    #expect(summary.segmentCount == 10_000)
    #expect(summary.rowCount == 10_000_000)
    #expect(summary.freshRowCount == 0)
    #expect(summary.segmentByteCount == 770_000)
    #expect(summary.latestOccurredAt == 9_999)
  }
}
