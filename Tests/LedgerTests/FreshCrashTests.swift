import Bytes
import Files
import FilesTesting
import Foundation
import Ledger
import Testing

/// A crash, a full disk and a failing one at every call of a live writer.
///
/// Method: as in `Crashes`. A job of fresh commits, some of which seal, runs once to count its calls
/// of the file system, then again for every call. After each, a reader looks at what the disk kept,
/// the writer is opened again, and the same job runs from its start.
@Suite struct FreshCrashes {
  private static let commitCount = 6
  private static let eventsPerCommit = 20

  private static func newLedger(seed: UInt64) throws -> (TestLedger, SimulatedFileSystem) {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/ledger", withIntermediateDirectories: true)
    let files = SimulatedFileSystem(directory: folder.path, seed: seed)
    var ledger = TestLedger(folder: folder, files: files)
    ledger.options.isLive = true
    ledger.options.segmentRowCount = 32
    ledger.options.indexFanIn = 2
    return (ledger, files)
  }

  /// What a job got done.
  private struct Outcome {
    var committedRowCount = 0
    var retryCount = 0
    var error: (any Error)?
  }

  /// Fresh commits, each with a checkpoint, a conflict and a faulty message; the clock goes on so
  /// that rows are sealed by age as well. A commit that may be made again is made again.
  private static func job(_ ledger: TestLedger, retries: Int = 100) -> Outcome {
    var outcome = Outcome()
    let clock = TestClock()
    do {
      let writer = try ledger.open(clock: clock)
      defer { _ = Result { try writer.close() } }
      for commit in 0..<commitCount {
        let numbers = commit * eventsPerCommit..<(commit + 1) * eventsPerCommit
        _ = try TestLedger.append(
          numbers.map { SampleEvent(number: $0) }, to: writer, batchSize: 12,
          firstLine: numbers.lowerBound + 1)
        if commit % 2 == 0 { writer.writeAhead() }
        let others = [SampleEvent(number: numbers.lowerBound, variant: 1).json, "broken \(commit)"]
        _ = try writer.append(
          [
            TestLedger.batch(
              others, firstLine: Int64(1000 + commit * 2), seed: writer.identity.hashSeed)
          ], origin: TestLedger.origin)
        if commit == 3 { clock.advance(seconds: 7 * 3_600) }
        let checkpoint = Checkpoint(
          origin: TestLedger.origin, position: Int64(numbers.upperBound))
        while true {
          do {
            try writer.commitFresh(checkpoints: [checkpoint])
            break
          } catch let error as LedgerError where error.canRetry && outcome.retryCount < retries {
            outcome.retryCount += 1
          }
        }
        outcome.committedRowCount = numbers.upperBound
      }
    } catch {
      outcome.error = error
    }
    return outcome
  }

  private static func check(_ ledger: TestLedger, atLeast committed: Int, _ place: String) throws {
    try checkReader(ledger, atLeast: committed, "\(place), before it is opened")
    try ledger.open().close()
    try checkReader(ledger, atLeast: committed, "\(place), opened again")
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    var verification = Verification(reader)
    let report = try verification.run()
    #expect(report.findings == [], "\(place)")
    #expect(report.unfinishedFileCount == 0, "\(place)")
    #expect(try ledger.files.list(ledger.path + "/temporary") == [], "\(place)")
  }

  private static func checkReader(
    _ ledger: TestLedger, atLeast committed: Int, _ place: String
  ) throws {
    guard let reader = try? LedgerReader.open(directory: ledger.path, files: ledger.files) else {
      #expect(committed == 0, "\(place)")
      return
    }
    let snapshot = try reader.snapshot()
    #expect(snapshot.rowCount >= committed, "\(place)")
    var numbers: [Int64] = []
    try snapshot.forEachMessage { numbers += $0.position }
    #expect(numbers == (0..<Int64(snapshot.rowCount)).map { $0 + 1 }, "\(place)")
    if committed > 0 {
      let position = try reader.checkpoint(origin: TestLedger.origin)?.position ?? 0
      #expect(position >= Int64(committed), "\(place)")
    }
    for reject in try reader.rejects() {
      let text = String(decoding: try reader.rejectBytes(reject), as: UTF8.self)
      #expect(text.hasPrefix(reject.reason == "json" ? "broken " : "{"), "\(place)")
    }
  }

  private static func checkComplete(_ ledger: TestLedger, _ place: String) throws {
    let total = commitCount * eventsPerCommit
    try check(ledger, atLeast: total, place)
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    #expect(try reader.snapshot().rowCount == total, "\(place)")
    let rejects = try reader.rejects()
    #expect(rejects.filter { $0.reason == "conflict" }.count == commitCount, "\(place)")
    #expect(rejects.filter { $0.reason == "json" }.count == commitCount, "\(place)")
  }

  @Test func `a crash at any call loses and doubles nothing`() throws {
    let (whole, files) = try Self.newLedger(seed: 0)
    #expect(Self.job(whole).error == nil)
    let calls = files.calls
    try Self.checkComplete(whole, "without a crash")
    #expect(calls.contains { $0.hasPrefix("synchronise ") && $0.hasSuffix(".log") })
    #expect(calls.contains { $0.hasPrefix("remove ") && $0.hasSuffix(".log") })
    for (number, call) in calls.enumerated() {
      let (ledger, files) = try Self.newLedger(seed: UInt64(number))
      files.schedule([number: .crash])
      let outcome = Self.job(ledger)
      files.restart()
      let place = "crash at call \(number), \(call)"
      try Self.check(ledger, atLeast: outcome.committedRowCount, place)
      #expect(Self.job(ledger).error == nil, "\(place)")
      try Self.checkComplete(ledger, place)
    }
  }

  @Test func `a crash while a crash is recovered from loses and doubles nothing`() throws {
    let (whole, files) = try Self.newLedger(seed: 0)
    let outcome = Self.job(whole)
    #expect(outcome.error == nil)
    let jobCalls = files.callCount
    for number in 0..<24 {
      let (ledger, files) = try Self.newLedger(seed: UInt64(number))
      files.schedule([jobCalls * (number + 1) / 26: .crash])
      let outcome = Self.job(ledger)
      files.restart(faults: [number: .crash])
      _ = Self.job(ledger)
      files.restart()
      let place = "second crash at call \(number)"
      try Self.check(ledger, atLeast: outcome.committedRowCount, place)
      #expect(Self.job(ledger).error == nil, "\(place)")
      try Self.checkComplete(ledger, place)
    }
  }

  @Test(arguments: [SimulatedFileSystem.Fault.failure, .shortRead])
  func `a failing call leaves a ledger that opens and goes on`(
    fault: SimulatedFileSystem.Fault
  ) throws {
    let (whole, files) = try Self.newLedger(seed: 0)
    _ = Self.job(whole)
    for (number, call) in files.calls.enumerated() where number % 3 == 0 {
      let (ledger, files) = try Self.newLedger(seed: UInt64(number))
      files.schedule([number: fault])
      let outcome = Self.job(ledger)
      files.schedule([:])
      let place = "\(fault) at call \(number), \(call)"
      try Self.check(ledger, atLeast: outcome.committedRowCount, place)
      #expect(Self.job(ledger).error == nil, "\(place)")
      try Self.checkComplete(ledger, place)
    }
  }

  @Test(arguments: [1, 40])
  func `a writer goes on by itself when a full disk has room again`(callCount: Int) throws {
    let (whole, files) = try Self.newLedger(seed: 0)
    try whole.open().close()
    let first = files.callCount
    _ = Self.job(whole)
    var retryCount = 0
    for number in stride(from: first, to: files.callCount, by: 2) {
      let (ledger, files) = try Self.newLedger(seed: UInt64(number))
      try ledger.open().close()
      let full = (number..<number + callCount).map {
        ($0 - first, SimulatedFileSystem.Fault.noSpace)
      }
      // Opening again has the same calls as the first time, and they are not what is tested here.
      files.schedule([:])
      let opening = files.callCount
      files.schedule(Dictionary(uniqueKeysWithValues: full.map { ($0.0 + opening, $0.1) }))
      let outcome = Self.job(ledger)
      files.schedule([:])
      let place = "no space for \(callCount) calls from \(number) on"
      retryCount += outcome.retryCount
      try Self.check(ledger, atLeast: outcome.committedRowCount, place)
      if outcome.error != nil { #expect(Self.job(ledger).error == nil, "\(place)") }
      try Self.checkComplete(ledger, place)
    }
    #expect(retryCount > callCount)
  }
}
