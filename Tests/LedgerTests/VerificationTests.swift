import Files
import FilesTesting
import Foundation
import Ledger
import Testing

/// Every kind of damage is found, and a sound ledger has none.
@Suite struct Verifications {
  private func filled() throws -> (TestLedger, SimulatedFileSystem) {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/ledger", withIntermediateDirectories: true)
    let files = SimulatedFileSystem(directory: folder.path)
    let ledger = TestLedger(folder: folder, files: files)
    let writer = try ledger.open()
    _ = try TestLedger.append((0..<150).map { SampleEvent(number: $0) }, to: writer)
    _ = try writer.append(
      [TestLedger.batch(["{"], seed: writer.identity.hashSeed)], origin: TestLedger.origin)
    try writer.commit()
    try writer.close()
    return (ledger, files)
  }

  private func findings(_ ledger: TestLedger) throws -> [Finding] {
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    var verification = Verification(reader)
    return try verification.run().findings
  }

  @Test func `a sound ledger has no findings`() throws {
    let (ledger, _) = try filled()
    #expect(try findings(ledger) == [])
  }

  @Test(arguments: ["segments", "index", "rejects"])
  func `a flipped byte is found`(folder: String) throws {
    let (ledger, files) = try filled()
    for name in try files.list(ledger.path + "/" + folder) {
      let path = ledger.path + "/" + folder + "/" + name
      let count = files.bytes(path)?.count ?? 0
      for byte in [0, count / 2, count - 1] {
        files.flip(path, byte: byte, bit: 3)
        #expect(try findings(ledger).map(\.kind) == [.wrongChecksum])
        files.flip(path, byte: byte, bit: 3)
      }
    }
    #expect(try findings(ledger) == [])
  }

  @Test(arguments: ["segments", "index", "rejects"])
  func `a missing and a foreign file are found`(folder: String) throws {
    let (ledger, files) = try filled()
    let path = ledger.path + "/" + folder
    let foreign = try files.create(path + "/foreign.parquet")
    try foreign.close()
    #expect(try findings(ledger).map(\.kind) == [.foreignFile])
    try files.remove(path + "/foreign.parquet")
    let name = try #require(try files.list(path).first)
    try files.remove(path + "/" + name)
    #expect(try findings(ledger).map(\.kind) == [.missingFile])
  }

  @Test func `a broken index is made anew`() throws {
    let (ledger, files) = try filled()
    let folder = ledger.path + "/index"
    for name in try files.list(folder) { files.flip(folder + "/" + name, byte: 40) }
    let writer = try ledger.open()
    #expect(writer.rebuiltRunCount > 0)
    let again = try TestLedger.append((0..<150).map { SampleEvent(number: $0) }, to: writer)
    #expect(again.redelivered == 150)
    try writer.rebuildIndex()
    try writer.close()
    #expect(try findings(ledger) == [])
  }

  @Test func `a writer refuses a ledger whose segment is missing`() throws {
    let (ledger, files) = try filled()
    let folder = ledger.path + "/segments"
    let name = try #require(try files.list(folder).first)
    try files.remove(folder + "/" + name)
    #expect(throws: LedgerError.self) { _ = try ledger.open() }
  }
}
