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
    for rowCounts in [[], [0], [1], [5000, 1, 70_000], [6 << 10], [6 << 10 + 1], [200_000]] {
      let (runs, rows) = runs(rowCounts, seed: 7)
      let made = try IdentityFilter(runs, WorkerPool(threadCount: threadCount))
      let grown = IdentityFilter(rowCount: rows.count)
      for run in runs { grown.insert(run) }
      let others = hashes(1000, seed: 8)
      #expect(made.passing(rows) == (0..<rows.count).map { UInt32($0) })
      #expect(made.passing(others) == grown.passing(others))
      #expect(made.memoryByteCount == grown.memoryByteCount)
    }
  }

  @Test(arguments: [0, 1, 6 << 14, 300_000])
  func `of other identities at most two in a hundred pass`(rowCount: Int) throws {
    let (added, _) = runs([rowCount], seed: 9)
    let filter = try IdentityFilter(added, WorkerPool(threadCount: 1))
    #expect(filter.hasRoom(forRowCount: rowCount))
    // Filled as far as it goes, which is no less than a quarter more.
    var full = rowCount
    while filter.hasRoom(forRowCount: full + 1000) { full += 1000 }
    #expect(full >= rowCount + rowCount / 4 - 1000)
    filter.insert(IndexRun(firstOffset: 0, hashes: hashes(full - rowCount, seed: 14)))
    let passed = filter.passing(hashes(200_000, seed: 10))
    #expect(passed.count < 4000)
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

    func read(threadCount: Int = 1) throws -> IndexRun {
      try IndexRun(
        POSIXFileSystem(), path, sha256: record.sha256, WorkerPool(threadCount: threadCount))
    }
  }

  @Test(arguments: [0, 1, 1000, 1 << 20, (1 << 20) + 1])
  func `a run comes back from its file as it was`(rowCount: Int) throws {
    let run = IndexRun(firstOffset: 40_000, hashes: hashes(rowCount, seed: 11))
    let file = try RunFile(run)
    for threadCount in [1, 2] {
      let read = try file.read(threadCount: threadCount)
      #expect(read.firstOffset == 40_000 && read.rowCount == rowCount)
      #expect(read.entries == run.entries && read.starts == run.starts)
    }
  }

  @Test func `a changed byte is seen wherever it lies, and so is a cut`() throws {
    let rowCount = 1 << 20 + 900
    let run = IndexRun(firstOffset: 0, hashes: hashes(rowCount, seed: 12))
    let file = try RunFile(run)
    let bytes = try Data(contentsOf: URL(filePath: file.path))
    let entries = 24 + 2 * run.layout.bucketCount
    let sums = entries + 4 * rowCount
    var places = [0, 8, 15, 16, 23, 24, entries - 1, entries, entries + (4 << 20) - 1]
    places += [entries + 4 << 20, sums - 1, sums, sums + 4, sums + 11, bytes.count - 1]
    for place in places {
      var changed = bytes
      changed[place] ^= 0x10
      try changed.write(to: URL(filePath: file.path))
      #expect(throws: LedgerError.self, "byte \(place)") { try file.read(threadCount: 2) }
    }
    for byteCount in [0, 7, 31, 40, entries, sums, bytes.count - 4, bytes.count - 1] {
      try bytes.prefix(byteCount).write(to: URL(filePath: file.path))
      #expect(throws: (any Error).self, "\(byteCount) bytes") { try file.read() }
    }
  }

  @Test func `a file of the first format is read when its hash is right`() throws {
    let run = IndexRun(firstOffset: 5, hashes: hashes(3000, seed: 13))
    let file = try RunFile(run)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: file.path)))
    bytes.removeLast(8 + 8)
    bytes += Array("DAYBKIX1".utf8)
    bytes.replaceSubrange(0..<8, with: Array("DAYBKIX1".utf8))
    func read(_ bytes: [UInt8], sha256: [UInt8]) throws -> IndexRun {
      try Data(bytes).write(to: URL(filePath: file.path))
      return try IndexRun(
        POSIXFileSystem(), file.path, sha256: sha256, WorkerPool(threadCount: 1))
    }
    let sha256 = SHA256.hash(bytes)
    #expect(try read(bytes, sha256: sha256).entries == run.entries)
    var changed = bytes
    changed[bytes.count - 20] ^= 1
    #expect(throws: LedgerError.self) { try read(changed, sha256: sha256) }
  }
}
