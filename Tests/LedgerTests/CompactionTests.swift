import Bytes
import Events
import Files
import FilesTesting
import Foundation
import Synchronization
import Testing

@testable import Ledger

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

  /// What a writer gave to others.
  private final class Given: Sendable {
    let merges = Mutex<[SegmentMerge]>([])
    let committed = Mutex(0)

    var first: SegmentMerge? { merges.withLock { $0.first } }
  }

  /// Commits of live rows while merges run beside them, when and where the test says.
  private struct Beside {
    let writer: LedgerWriter
    let given = Given()
    var number = 0

    /// One sealed segment of some rows; the commit may start a merge and take one.
    mutating func seal(_ clock: TestClock, _ rowCount: Int) throws {
      try add(rowCount)
      clock.advance(seconds: 7 * 3600)
      try writer.commitFresh()
    }

    mutating func add(_ rowCount: Int) throws {
      _ = try TestLedger.append(
        (number..<number + rowCount).map { SampleEvent(number: $0) }, to: writer,
        firstLine: number + 1)
      number += rowCount
      try writer.commitFresh(
        checkpoints: [Checkpoint(origin: Array("test".utf8), position: Int64(number))])
    }
  }

  private static func beside(_ ledger: TestLedger, _ clock: TestClock) throws -> Beside {
    let beside = Beside(writer: try ledger.open(clock: clock))
    let given = beside.given
    beside.writer.runMerge = { merge in given.merges.withLock { $0.append(merge) } }
    return beside
  }

  private static func liveLedger(_ seed: UInt64) throws -> (TestLedger, SimulatedFileSystem) {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/ledger", withIntermediateDirectories: true)
    let files = SimulatedFileSystem(directory: folder.path, seed: seed)
    var ledger = TestLedger(folder: folder, files: files)
    ledger.options.isLive = true
    ledger.options.segmentRowCount = 64
    return (ledger, files)
  }

  @Test func `commits go on beside a merge, which counts from the commit after its end`() throws {
    let (ledger, _) = try Self.liveLedger(3)
    let clock = TestClock()
    var beside = try Self.beside(ledger, clock)
    for _ in 0..<4 { try beside.seal(clock, 5) }
    let merge = try #require(beside.given.first)
    let before = try Self.reader(ledger).snapshot()
    #expect(before.segmentRecords.count == 4)
    // Rows, and even segments, come while it runs.
    try beside.add(3)
    try beside.seal(clock, 2)
    #expect(beside.given.merges.withLock { $0.count } == 1)
    #expect(try Self.reader(ledger).snapshot().rowCount == 25)
    merge.run()
    #expect(try Self.reader(ledger).snapshot().segmentRecords.count == 5)
    try beside.add(1)
    let after = try Self.reader(ledger).snapshot()
    #expect(after.segmentRecords.map(\.rowCount) == [20, 5])
    #expect(after.rowCount == 26)
    #expect(Array(try Self.messages(after).prefix(20)) == (try Self.messages(before)))
    #expect(beside.writer.compactionFailure == nil)
    try beside.writer.close()
    #expect(try Self.findings(ledger) == [])
  }

  @Test func `a merge whose segments are gone is dropped with its file, and told`() throws {
    let (ledger, _) = try Self.liveLedger(4)
    let clock = TestClock()
    var beside = try Self.beside(ledger, clock)
    for _ in 0..<4 { try beside.seal(clock, 5) }
    let late = try #require(beside.given.first)
    try beside.seal(clock, 1)
    late.run()
    // Somebody merges more than that meanwhile.
    let writer = beside.writer
    writer.mergeBeside = nil
    _ = try writer.compact()
    writer.mergeBeside = late
    #expect(writer.takeCompactionFailure() == nil)
    writer.takeMergeBeside()
    #expect(writer.takeCompactionFailure() != nil)
    #expect(writer.takeCompactionFailure() == nil)
    try writer.close()
    #expect(try Self.reader(ledger).snapshot().segmentRecords.map(\.rowCount) == [21])
    #expect(try ledger.files.list(ledger.path + "/segments").count == 1)
    #expect(try Self.findings(ledger) == [])
  }

  @Test func `an urgent end drops a merge that runs, another waits for it`() throws {
    for isUrgent in [true, false] {
      let (ledger, _) = try Self.liveLedger(5)
      let clock = TestClock()
      var beside = try Self.beside(ledger, clock)
      for _ in 0..<4 { try beside.seal(clock, 5) }
      let merge = try #require(beside.given.first)
      if !isUrgent { merge.run() }
      beside.writer.compactSealed(upTo: isUrgent ? 0 : Int.max)
      try beside.writer.close()
      merge.run()
      let records = try Self.reader(ledger).snapshot().segmentRecords
      #expect(records.count == (isUrgent ? 4 : 1))
      #expect(try ledger.files.list(ledger.path + "/segments").count == records.count)
      #expect(try ledger.open().removedFileCount == 0)
      #expect(try Self.findings(ledger) == [])
    }
  }

  @Test func `a crash at any call of a merge beside commits loses and doubles nothing`() throws {
    func job(_ ledger: TestLedger, _ given: Given) throws {
      let clock = TestClock()
      var beside = try Self.beside(ledger, clock)
      defer { _ = Result { try beside.writer.close() } }
      func note(_ count: Int) { given.committed.withLock { $0 = count } }
      for _ in 0..<4 {
        try beside.seal(clock, 5)
        note(beside.number)
      }
      let merge = beside.given.first
      try beside.add(3)
      note(beside.number)
      merge?.run()
      // What the disk refuses to a merge is nobody else's failure.
      try beside.add(2)
      note(beside.number)
      try beside.seal(clock, 1)
      note(beside.number)
    }
    let (whole, wholeFiles) = try Self.liveLedger(0)
    wholeFiles.schedule([:])
    try job(whole, Given())
    let calls = wholeFiles.calls
    #expect(calls.contains { $0.hasPrefix("rename ") && $0.contains("-merged") })
    #expect(try Self.reader(whole).snapshot().segmentRecords.map(\.rowCount) == [20, 6])
    for (number, call) in calls.enumerated() where !call.hasPrefix("read ") || number % 9 == 0 {
      let place = "crash at call \(number), \(call)"
      let (ledger, files) = try Self.liveLedger(UInt64(number))
      files.schedule([number: .crash])
      let given = Given()
      _ = Result { try job(ledger, given) }
      #expect(files.hasCrashed, "\(place)")
      files.restart()
      let count = given.committed.withLock { $0 }
      let writer = try ledger.open()
      try writer.close()
      let messages = try Self.messages(try Self.reader(ledger).snapshot())
      // What was committed is there; of the commit that was under way, all or nothing.
      #expect(messages.count >= count && messages.count <= count + 5, "\(place)")
      #expect(Set(messages).count == messages.count, "\(place)")
      #expect(try Self.findings(ledger) == [], "\(place)")
      #expect(try ledger.open().removedFileCount == 0, "\(place)")
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
