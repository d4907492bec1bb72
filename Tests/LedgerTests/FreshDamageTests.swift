import Bytes
import Events
import Files
import FilesTesting
import Foundation
import Ledger
import Testing

/// What damaged logs do: a tail that was never committed is nothing, anything else a typed error.
@Suite struct FreshDamage {
  private func filled() throws -> (TestLedger, SimulatedFileSystem, log: String) {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/ledger", withIntermediateDirectories: true)
    let files = SimulatedFileSystem(directory: folder.path)
    var ledger = TestLedger(folder: folder, files: files)
    ledger.options.isLive = true
    let writer = try ledger.open()
    for commit in 0..<3 {
      _ = try TestLedger.append(
        (commit * 3..<commit * 3 + 3).map { SampleEvent(number: $0) }, to: writer,
        firstLine: commit * 3 + 1)
      _ = try writer.append(
        [TestLedger.batch(["{\(commit)"], seed: writer.identity.hashSeed)],
        origin: TestLedger.origin)
      try writer.commitFresh()
    }
    try writer.close()
    let name = try #require(try files.list(ledger.path + "/fresh").first)
    return (ledger, files, ledger.path + "/fresh/" + name)
  }

  private func read(_ ledger: TestLedger) throws -> (rows: Int, rejects: Int) {
    let reader = try LedgerReader.open(directory: ledger.path, files: ledger.files)
    let snapshot = try reader.snapshot()
    var rows = 0
    try snapshot.forEachMessage { rows += $0.count }
    for run in snapshot.runs { try run.scan { _ in } }
    let rejects = try reader.rejects()
    for reject in rejects { _ = try reader.rejectBytes(reject) }
    return (rows, rejects.count)
  }

  private func replace(
    _ path: String, _ files: SimulatedFileSystem, _ bytes: [UInt8]
  ) throws {
    try files.remove(path)
    let file = try files.create(path)
    try bytes.withUnsafeBytes { (buffer) throws in try file.write(buffer) }
    try file.synchronize()
    try file.close()
  }

  @Test func `what lies behind the committed bytes is as if it were not there`() throws {
    let (ledger, files, log) = try filled()
    let bytes = try #require(files.bytes(log))
    for tail in [[UInt8](repeating: 0, count: 5000), Array(bytes.prefix(300)), bytes, [0x44]] {
      try replace(log, files, bytes + tail)
      #expect(try read(ledger) == (9, 3))
      let writer = try ledger.open()
      #expect(writer.endOffset == 9)
      try writer.close()
    }
  }

  @Test func `a log cut off anywhere is a typed error for reader, writer and check`() throws {
    let (ledger, files, log) = try filled()
    let bytes = try #require(files.bytes(log))
    for count in stride(from: 0, to: bytes.count, by: 97) {
      try replace(log, files, Array(bytes.prefix(count)))
      #expect(throws: LedgerError.self) { try read(ledger) }
      #expect(throws: LedgerError.self) { try ledger.open() }
      var verification = Verification(
        try LedgerReader.open(directory: ledger.path, files: ledger.files))
      #expect(try verification.run().findings.map(\.kind) == [.wrongSize])
    }
  }

  @Test func `a flipped bit anywhere is found, and never a trap`() throws {
    let (ledger, files, log) = try filled()
    let count = try #require(files.bytes(log)).count
    for byte in 0..<count where byte < 48 || byte % 13 == 0 {
      files.flip(log, byte: byte, bit: byte % 8)
      var verification = Verification(
        try LedgerReader.open(directory: ledger.path, files: ledger.files))
      let findings = try verification.run().findings
      #expect(!findings.isEmpty, "byte \(byte)")
      #expect(findings.allSatisfy { $0.path == log }, "byte \(byte)")
      #expect(throws: LedgerError.self, "byte \(byte)") {
        let result = try read(ledger)
        // Bytes of a reject are not decoded when they are read; the digest is the check's business.
        if result == (9, 3) { throw LedgerError.closed }
      }
      files.flip(log, byte: byte, bit: byte % 8)
    }
    #expect(try read(ledger) == (9, 3))
  }

  @Test func `a frame whose checksum is right may still be nonsense, and is refused`() throws {
    let (ledger, files, log) = try filled()
    let bytes = try #require(files.bytes(log))
    let frameCount = Int(bytes[8]) | Int(bytes[9]) << 8 | Int(bytes[10]) << 16
    for byte in 8..<frameCount where byte < 16 || byte % 5 == 0 {
      for value in [UInt8(0), 0xff] where bytes[byte] != value {
        var changed = bytes
        changed[byte] = value
        let end = changed[8..<12].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard end >= 40, end <= changed.count else { continue }
        let sum = changed[8..<end].withUnsafeBytes { crc32C($0) }
        for place in 0..<4 { changed[4 + place] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(place))) }
        try replace(log, files, changed)
        // Another text or another number is a right frame; what must not be is a trap.
        do {
          _ = try read(ledger)
          if byte % 3 == 0 { try ledger.open().close() }
        } catch {
          #expect(error is LedgerError, "byte \(byte) as \(value): \(error)")
        }
      }
    }
  }

  @Test func `a missing log is told apart from one that was sealed meanwhile`() throws {
    let (ledger, files, log) = try filled()
    try files.remove(log)
    #expect(throws: FileError.self) { try read(ledger) }
    var verification = Verification(
      try LedgerReader.open(directory: ledger.path, files: ledger.files))
    #expect(try verification.run().findings.map(\.kind) == [.missingFile])
  }
}
