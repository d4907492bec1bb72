import Bytes
import Events
import Files
import FilesTesting
import Foundation
import Ledger
import Testing

/// Small segments become few, and nothing else changes.
@Suite struct Compactions {
  private static func reader(_ ledger: TestLedger) throws -> LedgerReader {
    try LedgerReader.open(directory: ledger.path, files: ledger.files)
  }

  private static func messages(_ snapshot: LedgerSnapshot) throws -> [String] {
    var messages: [String] = []
    try snapshot.forEachMessage { part in
      for row in 0..<part.count { messages.append(part.message.text(row)) }
    }
    return messages
  }

  private static func findings(_ ledger: TestLedger) throws -> [Finding] {
    var verification = Verification(try reader(ledger))
    return try verification.run().findings
  }

  /// Segments of these many rows, one a commit.
  private static func fill(_ ledger: TestLedger, _ rowCounts: [Int]) throws {
    let writer = try ledger.open()
    var first = 0
    for rowCount in rowCounts {
      _ = try TestLedger.append(
        (first..<first + rowCount).map { SampleEvent(number: $0) }, to: writer,
        firstLine: first + 1)
      first += rowCount
      try writer.commit()
    }
    try writer.close()
  }

  @Test func `merges keep rows, offsets, counts and columns`() throws {
    let ledger = try TestLedger()
    defer { withExtendedLifetime(ledger.folder) {} }
    try Self.fill(ledger, Array(repeating: 3, count: 90) + [64, 1, 1, 40])
    let before = try Self.reader(ledger)
    let columns = try Reader.described(try before.snapshot())
    let messages = try Self.messages(try before.snapshot())
    let topics = try before.topics()
    let origins = try before.origins()
    let writer = try ledger.open()
    let report = try writer.compact()
    #expect(report.segmentCountBefore == 94)
    #expect(report.segmentCountAfter == 7)
    #expect(report.waitingFileCount == 0)
    #expect(try writer.compact().mergeCount == 0)
    let again = try TestLedger.append(
      (0..<300).map { SampleEvent(number: $0) }, to: writer)
    #expect(again.redelivered == 300)
    try writer.close()
    let reader = try Self.reader(ledger)
    let snapshot = try reader.snapshot()
    #expect(try Reader.described(snapshot) == columns)
    #expect(try Self.messages(snapshot) == messages)
    #expect(try reader.topics() == topics)
    #expect(try reader.origins() == origins)
    #expect(snapshot.segmentRecords.allSatisfy { $0.rowCount <= 64 })
    #expect(try ledger.files.list(ledger.path + "/segments").count == 7)
    #expect(try Self.findings(ledger) == [])
    #expect(try ledger.open().removedFileCount == 0)
  }

  @Test func `a reader with an old snapshot is not disturbed, and the last one lets the files go`()
    throws
  {
    let ledger = try TestLedger()
    defer { withExtendedLifetime(ledger.folder) {} }
    try Self.fill(ledger, [10, 10, 10])
    var old: LedgerSnapshot? = try Self.reader(ledger).snapshot()
    let messages = try Self.messages(try #require(old))
    let writer = try ledger.open()
    #expect(try writer.compact().waitingFileCount == 3)
    #expect(try ledger.files.list(ledger.path + "/segments").count == 4)
    #expect(try Self.messages(try #require(old)) == messages)
    let runs = try #require(old).runs
    old = nil
    // Runs hold the files as well as the snapshot that they came from.
    #expect(try writer.compact().waitingFileCount == 3)
    var rowCount = 0
    for run in runs { try run.scan { batch in rowCount += batch.count } }
    #expect(rowCount == 30)
    #expect(try Self.findings(ledger) == [])
    try writer.close()
    withExtendedLifetime(runs) {}
  }

  @Test func `replaced files go when the ledger is next opened and no reader is left`() throws {
    let ledger = try TestLedger()
    defer { withExtendedLifetime(ledger.folder) {} }
    try Self.fill(ledger, [10, 10, 10])
    let held = try Self.reader(ledger).snapshot()
    let writer = try ledger.open()
    _ = try writer.compact()
    try writer.close()
    try withExtendedLifetime(held) {
      try ledger.open().close()
      #expect(try ledger.files.list(ledger.path + "/segments").count == 4)
    }
    try Self.release(held, ledger)
  }

  private static func release(_ held: consuming LedgerSnapshot, _ ledger: TestLedger) throws {
    _ = consume held
  }

  @Test func `a merged segment that was changed is found`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/ledger", withIntermediateDirectories: true)
    let files = SimulatedFileSystem(directory: folder.path)
    let ledger = TestLedger(folder: folder, files: files)
    try Self.fill(ledger, [10, 10, 10])
    let writer = try ledger.open()
    _ = try writer.compact()
    try writer.close()
    let name = try #require(try files.list(ledger.path + "/segments").first)
    files.flip(ledger.path + "/segments/" + name, byte: 100, bit: 2)
    #expect(try Self.findings(ledger).map(\.kind) == [.wrongChecksum])
  }

  @Test func `a crash at any call of a compaction leaves the same rows`() throws {
    func newLedger(_ seed: UInt64) throws -> (TestLedger, SimulatedFileSystem) {
      let folder = try TemporaryFolder()
      try FileManager.default.createDirectory(
        atPath: folder.path + "/ledger", withIntermediateDirectories: true)
      let files = SimulatedFileSystem(directory: folder.path, seed: seed)
      let ledger = TestLedger(folder: folder, files: files)
      try Self.fill(ledger, [5, 6, 7, 40, 30])
      return (ledger, files)
    }
    func job(_ ledger: TestLedger) throws {
      let writer = try ledger.open()
      defer { _ = Result { try writer.close() } }
      _ = try writer.compact()
    }
    let (whole, files) = try newLedger(0)
    let expected = try Self.messages(try Self.reader(whole).snapshot())
    files.schedule([:])
    try job(whole)
    let calls = files.calls
    #expect(calls.contains { $0.hasPrefix("rename ") })
    for (number, call) in calls.enumerated() where !call.hasPrefix("read ") || number % 9 == 0 {
      let place = "crash at call \(number), \(call)"
      let (ledger, files) = try newLedger(UInt64(number))
      files.schedule([number: .crash])
      #expect(throws: (any Error).self, "\(place)") { try job(ledger) }
      files.restart()
      #expect(try Self.messages(try Self.reader(ledger).snapshot()) == expected, "\(place)")
      try ledger.open().close()
      #expect(try Self.findings(ledger) == [], "\(place)")
      try job(ledger)
      #expect(try Self.messages(try Self.reader(ledger).snapshot()) == expected, "\(place)")
      #expect(try Self.findings(ledger) == [], "\(place)")
      #expect(try ledger.files.list(ledger.path + "/segments").count == 2, "\(place)")
    }
  }

  @Test func `a week of small live commits leaves few files`() throws {
    var ledger = try TestLedger()
    defer { withExtendedLifetime(ledger.folder) {} }
    ledger.options.isLive = true
    ledger.options.segmentRowCount = 100_000
    let clock = TestClock()
    let writer = try ledger.open(clock: clock)
    var number = 0
    // Every ten minutes for a week, two events.
    for commit in 0..<1008 {
      _ = try TestLedger.append(
        [SampleEvent(number: number), SampleEvent(number: number + 1)], to: writer,
        firstLine: number + 1)
      number += 2
      clock.advance(seconds: 600)
      try writer.commitFresh()
      #expect(writer.compactionFailure == nil, "commit \(commit)")
    }
    // 28 seals of six hours; by fours: 28 → 7 merges → 1 merge of four.
    let segmentCount = try ledger.files.list(ledger.path + "/segments").count
    #expect(segmentCount <= 8)
    #expect(try ledger.files.list(ledger.path + "/fresh").count <= 1)
    #expect(try ledger.files.list(ledger.path + "/leases").count == 1)
    #expect(try Self.reader(ledger).snapshot().rowCount == 2016)
    #expect(try Self.findings(ledger) == [])
    try writer.close()
  }

  /// `DAYS=1 swift test --filter LedgerTests` runs it: minutes of real files on a simulated clock.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["DAYS"] != nil, "takes minutes: DAYS=1"))
  func `days of ten events a second leave few files`() throws {
    let days = ProcessInfo.processInfo.environment["DAYS"].flatMap { Int($0) } ?? 1
    var ledger = try TestLedger()
    defer { withExtendedLifetime(ledger.folder) {} }
    ledger.options = .live
    let clock = TestClock()
    let writer = try ledger.open(clock: clock)
    var number = 0
    var mostFresh = 0
    // A commit every five seconds, as the default --max-delay makes them.
    for commit in 0..<days * 17_280 {
      let events = (number..<number + 50).map { SampleEvent(number: $0) }
      _ = try TestLedger.append(events, to: writer, firstLine: number + 1)
      number += events.count
      clock.advance(seconds: 5)
      try writer.commitFresh()
      #expect(writer.compactionFailure == nil, "commit \(commit)")
      if commit % 720 == 0 {
        mostFresh = max(mostFresh, try ledger.files.list(ledger.path + "/fresh").count)
      }
    }
    let segments = try ledger.files.list(ledger.path + "/segments").count
    let fresh = try ledger.files.list(ledger.path + "/fresh").count
    let index = try ledger.files.list(ledger.path + "/index").count
    print(
      "\(days) days, \(number) events in \(days * 17_280) commits: \(segments) segments, "
        + "\(fresh) fresh logs (\(mostFresh) at most), \(index) index runs")
    #expect(segments <= 4 * days + 4)
    #expect(mostFresh <= 2)
    #expect(try Self.reader(ledger).snapshot().rowCount == number)
    try writer.close()
  }
}
