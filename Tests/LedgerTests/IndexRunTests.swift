import Bytes
import Files
import FilesTesting
import Foundation
import Testing
import Threads

@testable import Ledger

/// The index of duplicates: its filter never misses a row, and its files say when they are broken.
@Suite struct IndexRuns {
  private func hashes(_ count: Int, seed: UInt64) -> [UInt64] {
    var random = SeededGenerator(seed)
    return (0..<count).map { _ in random.next() }
  }

  /// Runs of some lengths, one behind the other, and the hashes of their rows.
  private func runs(_ rowCounts: [Int], seed: UInt64) -> ([IndexRun], [UInt64]) {
    let all = hashes(rowCounts.reduce(0, +), seed: seed)
    var runs: [IndexRun] = []
    var first = 0
    for count in rowCounts {
      runs.append(
        IndexRun(firstOffset: Int64(first), hashes: Array(all[first..<first + count])))
      first += count
    }
    return (runs, all)
  }

  @Test(arguments: [1, 3])
  func `the filter lets every row pass, however it was filled`(threadCount: Int) throws {
    let pool = WorkerPool(threadCount: threadCount)
    for rowCounts in [[], [0], [1], [5000, 1, 70_000], [6 << 10], [6 << 10 + 1], [200_000]] {
      let (runs, rows) = runs(rowCounts, seed: 7)
      let made = try IdentityFilter(runs.map { .memory($0) }, pool)
      let grown = IdentityFilter(rowCount: rows.count)
      for run in runs { try grown.insert([.memory(run)], pool) }
      let files = try runs.map { try RunFile($0) }
      let stored = try IdentityFilter(files.map { .file(try $0.open()) }, pool)
      let others = hashes(1000, seed: 8)
      for filter in [made, grown, stored] {
        #expect(filter.passing(rows) == (0..<rows.count).map { UInt32($0) })
        #expect(filter.passing(others) == made.passing(others))
        #expect(filter.memoryByteCount == made.memoryByteCount)
        #expect(runs.allSatisfy(filter.has))
      }
    }
  }

  @Test(arguments: [0, 1, 6 << 14, 300_000])
  func `of other identities about one in a hundred passes, at most`(rowCount: Int) throws {
    let pool = WorkerPool(threadCount: 1)
    let (added, _) = runs([rowCount], seed: 9)
    let filter = try IdentityFilter(added.map { .memory($0) }, pool)
    #expect(filter.hasRoom(forRowCount: rowCount))
    // Filled as far as it goes, which is no less than a quarter more.
    var full = rowCount
    while filter.hasRoom(forRowCount: full + 1000) { full += 1000 }
    #expect(full >= rowCount + rowCount / 4 - 1000)
    let more = IndexRun(firstOffset: 0, hashes: hashes(full - rowCount, seed: 14))
    if full > 10_000 { #expect(!filter.has(more)) }
    try filter.insert([.memory(more)], pool)
    #expect(filter.has(more))
    let passed = filter.passing(hashes(200_000, seed: 10))
    #expect(passed.count < 2400)
    #expect(zip(passed, passed.dropFirst()).allSatisfy { $0 < $1 })
  }

  /// A run's file in a folder, and what of it a test may want.
  private struct RunFile {
    let folder: TemporaryFolder
    let directory: LedgerDirectory
    let record: RunRecord
    var path: String { directory.file(.index, record.name) }

    init(_ run: IndexRun) throws {
      folder = try TemporaryFolder()
      directory = LedgerDirectory(folder.path)
      let files = POSIXFileSystem()
      for path in [directory.temporary, directory.folder(.index)] {
        try files.makeDirectory(path)
      }
      record = try writeRun(run, files, directory)
    }

    func open() throws -> StoredRun { try StoredRun(POSIXFileSystem(), path) }
  }

  @Test(arguments: [0, 1, 1000, 300_000])
  func `a run comes back from its file as it was`(rowCount: Int) throws {
    let run = IndexRun(firstOffset: 40_000, hashes: hashes(rowCount, seed: 11))
    let file = try RunFile(run)
    for threadCount in [1, 2] {
      let read = try file.open().load(WorkerPool(threadCount: threadCount))
      #expect(read.firstOffset == 40_000 && read.rowCount == rowCount)
      #expect(read.entries == run.entries && read.starts == run.starts)
    }
  }

  @Test(arguments: [0, 1, 1000, 300_000])
  func `a run in its file finds what it finds in memory`(rowCount: Int) throws {
    let rows = hashes(rowCount, seed: 15)
    let run = IndexRun(firstOffset: 1 << 30, hashes: rows)
    let stored = try RunFile(run).open()
    let asked = hashes(500, seed: 16) + rows.prefix(1000) + rows.suffix(1000)
    let numbers = asked.indices.map { UInt32($0) }
    var inMemory: [Candidate] = []
    var inFile: [Candidate] = []
    run.findCandidates(asked, rows: numbers, into: &inMemory)
    #expect(!stored.isWorthLoading)
    try stored.findCandidates(asked, rows: numbers, into: &inFile)
    #expect(inFile == inMemory)
    #expect(inFile.count >= min(2 * rowCount, 2000))
    #expect(stored.isWorthLoading == (asked.count > rowCount / 128))
  }

  @Test func `a changed byte is seen wherever it lies, and so is a cut`() throws {
    let rowCount = 70_000
    let rows = hashes(rowCount, seed: 12)
    let run = IndexRun(firstOffset: 0, hashes: rows)
    let file = try RunFile(run)
    let bytes = try Data(contentsOf: URL(filePath: file.path))
    let pool = WorkerPool(threadCount: 2)
    let list = 24 + run.layout.piecesByteCount(rowCount: rowCount)
    #expect(bytes.count == list + 8 * run.layout.pieceCount + 12)
    for place in [0, 8, 15, 16, 23, list, list + 7, bytes.count - 9, bytes.count - 1] {
      var changed = bytes
      changed[place] ^= 0x10
      try changed.write(to: URL(filePath: file.path))
      #expect(throws: LedgerError.self, "byte \(place)") { try file.open() }
    }
    for place in [24, 55, 56, 40_000, list - 1] {
      var changed = bytes
      changed[place] ^= 0x10
      try changed.write(to: URL(filePath: file.path))
      let stored = try file.open()
      #expect(throws: LedgerError.self, "byte \(place)") { try stored.load(pool) }
      #expect(stored.isBroken)
      let again = try file.open()
      #expect(throws: LedgerError.self, "byte \(place)") {
        var found: [Candidate] = []
        try again.findCandidates(rows, rows: rows.indices.map { UInt32($0) }, into: &found)
      }
      #expect(again.isBroken)
      let third = PlacedRun.file(try file.open())
      #expect(throws: LedgerError.self) { try IdentityFilter([third], pool) }
      #expect(third.isBroken)
    }
    for byteCount in [0, 7, 31, 40, list, bytes.count - 4, bytes.count - 1] {
      try bytes.prefix(byteCount).write(to: URL(filePath: file.path))
      #expect(throws: (any Error).self, "\(byteCount) bytes") { try file.open() }
    }
  }

  @Test func `a file that is cut while it is open is broken`() throws {
    let rows = hashes(5000, seed: 17)
    let file = try RunFile(IndexRun(firstOffset: 0, hashes: rows))
    let stored = try file.open()
    let handle = try FileHandle(forWritingTo: URL(filePath: file.path))
    try handle.truncate(atOffset: 9000)
    try handle.close()
    #expect(throws: FileError.self) {
      var found: [Candidate] = []
      try stored.findCandidates(rows, rows: rows.indices.map { UInt32($0) }, into: &found)
    }
    #expect(stored.isBroken)
  }

  @Test(arguments: [true, false])
  func `a file of an old format is read when its sums are right`(hasSums: Bool) throws {
    let run = IndexRun(firstOffset: 5, hashes: hashes(70_000, seed: 13))
    let file = try RunFile(run)
    let bytes = oldFormat(run, hasSums: hasSums)
    func read(_ bytes: [UInt8], sha256: [UInt8]) throws -> PlacedRun {
      try Data(bytes).write(to: URL(filePath: file.path))
      return try PlacedRun(
        POSIXFileSystem(), file.path, sha256: sha256, WorkerPool(threadCount: 2))
    }
    let sha256 = SHA256.hash(bytes)
    guard case .memory(let same) = try read(bytes, sha256: sha256) else {
      Issue.record("an old run stays in its file")
      return
    }
    #expect(same.entries == run.entries && same.starts == run.starts)
    let entries = 24 + 2 * run.layout.bucketCount
    for place in [0, 8, 16, 24, entries, bytes.count - 13, bytes.count - 1] {
      var changed = bytes
      changed[place] ^= 1
      #expect(throws: LedgerError.self, "byte \(place)") {
        _ = try read(changed, sha256: sha256)
      }
    }
    for byteCount in [0, 31, entries, bytes.count - 1] {
      #expect(throws: (any Error).self, "\(byteCount) bytes") {
        _ = try read(Array(bytes[..<byteCount]), sha256: sha256)
      }
    }
  }

  @Test(arguments: [1, 3])
  func `a filter comes back from its file, and a changed byte or a cut is seen`(
    threadCount: Int
  ) throws {
    let pool = WorkerPool(threadCount: threadCount)
    let (runs, rows) = runs([450_000], seed: 18)
    let file = try RunFile(runs[0])
    let filter = try IdentityFilter(runs.map { .memory($0) }, pool)
    let record = try filter.write(endOffset: 450_000, POSIXFileSystem(), file.directory)
    let path = file.directory.file(.filters, record.name)
    func read(_ record: FilterRecord) throws -> IdentityFilter {
      try IdentityFilter(POSIXFileSystem(), path, record, pool)
    }
    let others = hashes(5000, seed: 19)
    let same = try read(record)
    #expect(same.passing(rows).count == rows.count)
    #expect(same.passing(others) == filter.passing(others))
    var other = record
    other.endOffset -= 1
    #expect(throws: LedgerError.self) { _ = try read(other) }
    let bytes = try Data(contentsOf: URL(filePath: path))
    let sums = 24 + filter.memoryByteCount
    for place in [0, 8, 16, 23, 24, 24 + 1 << 20, sums - 1, sums, sums + 4, bytes.count - 1] {
      var changed = bytes
      changed[place] ^= 0x40
      try changed.write(to: URL(filePath: path))
      #expect(throws: LedgerError.self, "byte \(place)") { _ = try read(record) }
    }
    for byteCount in [0, 20, sums, bytes.count - 1] {
      try bytes.prefix(byteCount).write(to: URL(filePath: path))
      #expect(throws: (any Error).self, "\(byteCount) bytes") { _ = try read(record) }
    }
  }
}

/// A run's file as earlier programs wrote it.
func oldFormat(_ run: IndexRun, hasSums: Bool) -> [UInt8] {
  let magic = Array((hasSums ? "DAYBKIX2" : "DAYBKIX1").utf8)
  var bytes = magic
  appendLittleEndian(UInt64(run.firstOffset), to: &bytes)
  appendLittleEndian(UInt64(run.rowCount), to: &bytes)
  for (start, end) in zip(run.starts, run.starts.dropFirst()) {
    appendLittleEndian(UInt16(end - start), to: &bytes)
  }
  var sums: [UInt8] = []
  appendLittleEndian(bytes.withUnsafeBytes { crc32C($0) }, to: &sums)
  for first in stride(from: 0, to: run.rowCount, by: 1 << 20) {
    let piece = run.entries[first..<min(first + 1 << 20, run.rowCount)]
    appendLittleEndian(piece.withUnsafeBytes { crc32C($0) }, to: &sums)
    piece.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
  return bytes + (hasSums ? sums : []) + magic
}
