import Files
import FilesTesting
import Foundation
import Ledger
import Testing

/// A crash at every call of the file system, a full disk and a failing one.
///
/// Method: a job of three commits runs once to count its calls of the file system. Then it runs
/// again for every call k, and the simulated machine stops at k; what was not synchronised is
/// dropped, kept or torn. After the restart the ledger is opened, verified, and the same job runs
/// again from its start, as a source would that was told nothing.
///
/// What this covers: the order of writes, synchronisations and renames against the catalog's
/// transactions. What it does not: crashes inside SQLite, which does its own I/O on the real disk
/// and whose committed transactions count as durable here; those are tested by killing the real
/// process.
@Suite struct Crashes {
  private struct Outcome {
    var committedRowCount: Int
    var error: (any Error)?
  }

  private static let commitCount = 3
  private static let eventsPerCommit = 50

  private static func newLedger(seed: UInt64) throws -> (TestLedger, SimulatedFileSystem) {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/ledger", withIntermediateDirectories: true)
    let files = SimulatedFileSystem(directory: folder.path, seed: seed)
    var ledger = TestLedger(folder: folder, files: files)
    ledger.options.segmentRowCount = 32
    ledger.options.indexFanIn = 2
    return (ledger, files)
  }

  /// Appends everything in three commits, each with a checkpoint, a reject and a conflict.
  private static func job(_ ledger: TestLedger) -> Outcome {
    var committed = 0
    do {
      let writer = try ledger.open()
      defer { _ = Result { try writer.close() } }
      for commit in 0..<commitCount {
        let numbers = commit * eventsPerCommit..<(commit + 1) * eventsPerCommit
        _ = try TestLedger.append(
          numbers.map { SampleEvent(number: $0) }, to: writer, batchSize: 20,
          firstLine: numbers.lowerBound + 1)
        let others = [SampleEvent(number: numbers.lowerBound, variant: 1).json, "broken \(commit)"]
        _ = try writer.append(
          [
            TestLedger.batch(
              others, firstLine: Int64(1000 + commit), seed: writer.identity.hashSeed)
          ], origin: TestLedger.origin)
        try writer.commit(
          checkpoints: [
            Checkpoint(origin: TestLedger.origin, position: Int64(numbers.upperBound))
          ])
        committed = numbers.upperBound
      }
      return Outcome(committedRowCount: committed)
    } catch {
      return Outcome(committedRowCount: committed, error: error)
    }
  }

  private static func check(_ ledger: TestLedger, atLeast committed: Int, _ place: String) throws {
    try ledger.open().close()
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    var verification = Verification(reader)
    let findings = try verification.run().findings
    #expect(findings == [], "\(place)")
    let snapshot = try reader.snapshot()
    #expect(snapshot.rowCount >= committed, "\(place)")
    var numbers: [Int64] = []
    try snapshot.forEachMessage { numbers += $0.position }
    #expect(numbers == (0..<Int64(numbers.count)).map { $0 + 1 }, "\(place)")
    if committed > 0 {
      let position = try reader.checkpoint(origin: TestLedger.origin)?.position ?? 0
      #expect(position >= Int64(committed), "\(place)")
    }
    #expect(try ledger.files.list(ledger.path + "/temporary") == [], "\(place)")
  }

  private static func checkComplete(_ ledger: TestLedger, _ place: String) throws {
    let total = commitCount * eventsPerCommit
    try check(ledger, atLeast: total, place)
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    #expect(try reader.snapshot().rowCount == total, "\(place)")
    let rejects = try reader.rejects()
    #expect(rejects.filter { $0.reason == "conflict" }.count == commitCount, "\(place)")
    #expect(rejects.filter { $0.reason == "json" }.count == commitCount, "\(place)")
    for reject in rejects where reject.reason == "json" {
      let text = String(decoding: try reader.rejectBytes(reject), as: UTF8.self)
      #expect(text.hasPrefix("broken "), "\(place)")
    }
  }

  @Test func `a crash at any call loses and doubles nothing`() throws {
    let (whole, files) = try Crashes.newLedger(seed: 0)
    #expect(Crashes.job(whole).error == nil)
    let calls = files.calls
    try Crashes.checkComplete(whole, "without a crash")
    for (number, call) in calls.enumerated() {
      let (ledger, files) = try Crashes.newLedger(seed: UInt64(number))
      files.schedule([number: .crash])
      let outcome = Crashes.job(ledger)
      files.restart()
      let place = "crash at call \(number), \(call)"
      try Crashes.check(ledger, atLeast: outcome.committedRowCount, place)
      let second = Crashes.job(ledger)
      #expect(second.error == nil, "\(place)")
      try Crashes.checkComplete(ledger, place)
    }
  }

  @Test(arguments: [SimulatedFileSystem.Fault.noSpace, .failure, .shortRead])
  func `a failing call leaves a ledger that opens and goes on`(
    fault: SimulatedFileSystem.Fault
  ) throws {
    let (whole, files) = try Crashes.newLedger(seed: 0)
    _ = Crashes.job(whole)
    for (number, call) in files.calls.enumerated() where number % 3 == 0 {
      let (ledger, files) = try Crashes.newLedger(seed: UInt64(number))
      files.schedule([number: fault])
      let outcome = Crashes.job(ledger)
      files.schedule([:])
      let place = "\(fault) at call \(number), \(call)"
      try Crashes.check(ledger, atLeast: outcome.committedRowCount, place)
      #expect(Crashes.job(ledger).error == nil, "\(place)")
      try Crashes.checkComplete(ledger, place)
    }
  }
}
