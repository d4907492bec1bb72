import Bytes
import Events
import Files
import Foundation
import Testing
import Threads

@testable import Ledger

/// What a writer does about files of the index that are missing, broken, old or of another day.
@Suite struct IndexFiles {
  private let ledger: TestLedger
  private let events = (0..<800).map { SampleEvent(number: $0) }

  init() throws {
    ledger = try TestLedger()
    let writer = try ledger.open()
    _ = try TestLedger.append(Array(events[..<500]), to: writer)
    try writer.commit()
    try writer.close()
  }

  private func paths(_ suffix: String) throws -> [URL] {
    let folder = ledger.path + "/index"
    return try ledger.files.list(folder).filter { $0.hasSuffix(suffix) }
      .map { URL(filePath: folder + "/" + $0) }
  }

  private func findings() throws -> [Finding] {
    var verification = Verification(
      try LedgerReader.open(directory: ledger.path, files: ledger.files))
    return try verification.run().findings
  }

  /// All events once more and some new ones: the index must know which is which, and the ledger be
  /// sound after the commit.
  private func checkAgain(rebuiltRunCount: Int) throws {
    for hasFilter in [true, false] {
      let writer = try ledger.open()
      let known = Int(writer.endOffset)
      let counts = try TestLedger.append(Array(events[..<(known + 100)]), to: writer)
      #expect(counts.redelivered == known && counts.accepted == 100)
      if hasFilter { #expect(writer.rebuiltRunCount == rebuiltRunCount) }
      try writer.commit()
      try writer.close()
      #expect(try findings() == [])
    }
  }

  @Test func `a ledger of some size has runs and a filter in files`() throws {
    #expect(try !paths(".index").isEmpty)
    #expect(try paths(".filter").count == 1)
    #expect(try findings() == [])
    try checkAgain(rebuiltRunCount: 0)
  }

  @Test(arguments: [24, 60, 1000, -600, -1], [true, false])
  func `a changed byte of a run is seen when it matters`(place: Int, hasFilter: Bool) throws {
    let path = try #require(try paths(".index").first)
    var bytes = try Data(contentsOf: path)
    bytes[place < 0 ? bytes.count + place : place] ^= 1
    try bytes.write(to: path)
    if !hasFilter {
      for path in try paths(".filter") { try FileManager.default.removeItem(at: path) }
    }
    try checkAgain(rebuiltRunCount: 1)
  }

  @Test(arguments: [0, 100, 2000, -1])
  func `a run that is cut off is made anew`(byteCount: Int) throws {
    let path = try #require(try paths(".index").first)
    let bytes = try Data(contentsOf: path)
    try bytes.prefix(byteCount < 0 ? bytes.count + byteCount : byteCount).write(to: path)
    try checkAgain(rebuiltRunCount: 1)
  }

  @Test func `runs that are missing are made anew`() throws {
    let paths = try paths(".index")
    for path in paths { try FileManager.default.removeItem(at: path) }
    try checkAgain(rebuiltRunCount: paths.count)
  }

  @Test(arguments: [true, false])
  func `a filter that is missing or cut off is made anew`(isMissing: Bool) throws {
    let path = try #require(try paths(".filter").first)
    let bytes = try Data(contentsOf: path)
    try FileManager.default.removeItem(at: path)
    if !isMissing { try bytes.prefix(bytes.count - 3).write(to: path) }
    try checkAgain(rebuiltRunCount: 0)
    #expect(try paths(".filter").count == 1)
  }

  @Test(arguments: [0, 9, 17, 40, 1000, -9])
  func `a filter with a changed byte is made anew`(place: Int) throws {
    let path = try #require(try paths(".filter").first)
    var bytes = try Data(contentsOf: path)
    bytes[place < 0 ? bytes.count + place : place] ^= 4
    try bytes.write(to: path)
    try checkAgain(rebuiltRunCount: 0)
  }

  @Test func `an earlier filter under the present one's name is not believed`() throws {
    let earlier = try Data(contentsOf: try #require(try paths(".filter").first))
    let writer = try ledger.open()
    _ = try TestLedger.append(events, to: writer)
    try writer.commit()
    try writer.close()
    let path = try #require(try paths(".filter").first)
    #expect(try Data(contentsOf: path) != earlier)
    try earlier.write(to: path)
    let again = try ledger.open()
    let counts = try TestLedger.append(events, to: again)
    #expect(counts.redelivered == events.count)
    try again.close()
  }

  @Test func `rows behind the filter's file are known all the same`() throws {
    let filters = try paths(".filter")
    let writer = try ledger.open()
    _ = try TestLedger.append(Array(events[..<520]), to: writer)
    try writer.commit()
    try writer.close()
    #expect(try paths(".filter") == filters)
    try checkAgain(rebuiltRunCount: 0)
  }

  @Test(arguments: [true, false])
  func `runs of an old format are read, and written anew by the next commit`(
    hasSums: Bool
  ) throws {
    let catalog = try SegmentCatalog(path: ledger.path + "/catalog.sqlite", isWriter: true)
    let pool = WorkerPool(threadCount: 1)
    var commit = CatalogCommit()
    for record in try catalog.runs() {
      let path = ledger.path + "/index/" + record.name
      let run = try StoredRun(ledger.files, path).load(pool)
      let bytes = oldFormat(run, hasSums: hasSums)
      try Data(bytes).write(to: URL(filePath: path))
      var old = record
      old.byteCount = bytes.count
      old.sha256 = SHA256.hash(bytes)
      commit.removedRunNames.append(record.name)
      commit.addedRuns.append(old)
    }
    try catalog.apply(commit)
    try catalog.close()
    #expect(try findings() == [])
    try checkAgain(rebuiltRunCount: 0)
    for path in try paths(".index") {
      #expect(try Data(contentsOf: path).starts(with: Array("DAYBKIX3".utf8)))
    }
  }

  @Test func `an old event is known though a young one has its hash`() throws {
    var ledger = ledger
    ledger.options.segmentRowCount = 1 << 13
    let writer = try ledger.open()
    // So many between them that the two lie in different blocks, which are compared whole.
    let between = (1000..<1000 + Limits.indexBlockRowCount).map { SampleEvent(number: $0) }
    _ = try TestLedger.append(between, to: writer, batchSize: 4096)
    try writer.commit()
    let seed = writer.identity.hashSeed
    let old = TestLedger.batch([events[3].json], seed: seed)
    var young = TestLedger.batch([events[600].json], seed: seed)
    young.identityHash = old.identityHash
    // The hash alone finds the old event in its file, the comparison does not confirm it.
    #expect(try writer.append([young], origin: TestLedger.origin).accepted == 1)
    try writer.commit()
    // Now a run in memory has a candidate for the old one, and it is the wrong one.
    #expect(try writer.append([old], origin: TestLedger.origin).redelivered == 1)
    #expect(try writer.append([young], origin: TestLedger.origin).redelivered == 1)
    // So many look-ups beside it that the file is read into memory before the answer is checked.
    let others = TestLedger.batch((10..<450).map { events[$0].json }, seed: seed)
    #expect(try writer.append([others, old], origin: TestLedger.origin).redelivered == 441)
    try writer.close()
  }

  @Test func `two events of one hash and one block do not hide the rows behind them`() throws {
    let ledger = try TestLedger()
    let writer = try ledger.open()
    let seed = writer.identity.hashSeed
    var batch = TestLedger.batch(events[..<200].map(\.json), seed: seed)
    // The same in all bits that runs know, and another event of its own in the open segment.
    batch.identityHash[100] = batch.identityHash[3] ^ 1
    #expect(try writer.append([batch], origin: TestLedger.origin).accepted == 200)
    try writer.commit()
    #expect(try writer.append([batch], origin: TestLedger.origin).redelivered == 200)
    try writer.close()
  }

  @Test func `a broken run is made anew when the filter grows`() throws {
    let path = try #require(try paths(".index").first)
    var bytes = try Data(contentsOf: path)
    bytes[60] ^= 1
    try bytes.write(to: path)
    let writer = try ledger.open()
    // More rows than the filter has room for: it is made from all runs at the commit.
    let many = (1000..<4000).map { SampleEvent(number: $0) }
    _ = try TestLedger.append(many, to: writer, batchSize: 500)
    try writer.commit()
    #expect(writer.rebuiltRunCount == 1)
    let again = try TestLedger.append(Array(events[..<500]) + many, to: writer, batchSize: 500)
    #expect(again.redelivered == 3_500)
    try writer.close()
    #expect(try findings() == [])
  }

  @Test func `a whole index made anew has a filter of its own`() throws {
    let writer = try ledger.open()
    try writer.rebuildIndex()
    try writer.close()
    #expect(try paths(".index").count == 1 && paths(".filter").count == 1)
    #expect(try findings() == [])
    try checkAgain(rebuiltRunCount: 0)
  }
}
