import Bytes
import Files
import Synchronization
import Threads

/// An index run that stays in its file: of it memory has where each piece starts, and its checksum.
///
/// Every piece is checked before it is believed. A failure marks the run as broken, so that whoever
/// has the segments can make it anew.
///
/// - Cost: eight bytes a piece of 16 buckets, about 0.04 a row; a look-up is one small read.
final class StoredRun: Sendable {
  let firstOffset: Int64
  let rowCount: Int
  let layout: IdentityKeyLayout
  private let path: String
  private let input: any InputFile
  /// Entries before each piece, and at last all of them.
  private let starts: [UInt32]
  private let sums: [UInt32]
  private let largestPieceByteCount: Int
  private let lookUps = Atomic<Int>(0)
  private let broken = Atomic<Bool>(false)

  var endOffset: Int64 { firstOffset + Int64(rowCount) }
  var memoryByteCount: Int { 4 * (starts.count + sums.count) }
  /// Whether it could not be read, or its bytes were wrong.
  var isBroken: Bool { broken.load(ordering: .relaxed) }
  /// Whether so many look-ups have been made that reading it whole costs less than as many more.
  var isWorthLoading: Bool {
    lookUps.load(ordering: .relaxed) > rowCount / Limits.indexRowsPerFileLookUp
  }

  /// - Errors: `LedgerError.damaged` when the file is no run of this format or contradicts itself,
  ///   `FileError`.
  init(_ files: any FileSystem, _ path: String) throws {
    func damaged(_ detail: String) -> LedgerError { .damaged(path: path, detail: detail) }
    let input = try files.open(path)
    let header = try IndexRunHeader(input, path)
    firstOffset = header.firstOffset
    rowCount = header.rowCount
    layout = header.layout
    let start = header.listOffset
    let byteCount = 8 * layout.pieceCount
    let directory = try input.bytes(start..<start + byteCount + 4)
    let sum = directory.withUnsafeBytes { directory in
      crc32C(
        UnsafeRawBufferPointer(rebasing: directory[..<byteCount]),
        continuing: header.bytes.withUnsafeBytes { crc32C($0) })
    }
    guard sum == littleEndian(directory, byteCount, as: UInt32.self) else {
      throw damaged("the checksum of its list of pieces is wrong")
    }
    var starts: [UInt32] = []
    var sums: [UInt32] = []
    starts.reserveCapacity(layout.pieceCount + 1)
    sums.reserveCapacity(layout.pieceCount)
    for piece in 0..<layout.pieceCount {
      starts.append(littleEndian(directory, 8 * piece, as: UInt32.self))
      sums.append(littleEndian(directory, 8 * piece + 4, as: UInt32.self))
    }
    starts.append(UInt32(rowCount))
    guard starts.first == 0, zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw damaged("its pieces run backwards")
    }
    let largest = zip(starts, starts.dropFirst()).reduce(0) { max($0, Int($1.1 - $1.0)) }
    largestPieceByteCount = IdentityKeyLayout.pieceHeadByteCount + 4 * largest
    self.path = path
    self.input = input
    self.starts = starts
    self.sums = sums
  }

  /// Where a piece's bytes lie in the file.
  private func place(ofPiece piece: Int) -> Int {
    indexRunHeaderByteCount + IdentityKeyLayout.pieceHeadByteCount * piece + 4 * Int(starts[piece])
  }

  private func byteCount(ofPiece piece: Int) -> Int {
    IdentityKeyLayout.pieceHeadByteCount + 4 * Int(starts[piece + 1] - starts[piece])
  }

  /// The bytes of a piece, once its checksum and its counts are right.
  private func piece(_ piece: Int, _ bytes: UnsafeRawBufferPointer) throws -> IndexPiece {
    do throws(IndexPiece.Damage) {
      return try IndexPiece(
        bytes, entryCount: Int(starts[piece + 1] - starts[piece]), sum: sums[piece])
    } catch {
      throw LedgerError.damaged(
        path: path, detail: "\(error.detail) of the piece at byte \(place(ofPiece: piece))")
    }
  }

  private func markingBroken<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch {
      broken.store(true, ordering: .relaxed)
      throw error
    }
  }

  /// Appends a candidate for every entry that looks like one of the hashes.
  ///
  /// - Shape: as `IndexRun.findCandidates`.
  func findCandidates(
    _ hashes: [UInt64], rows: [UInt32], into candidates: inout [Candidate]
  ) throws {
    let baseBlock = indexBlock(firstOffset)
    lookUps.add(hashes.count, ordering: .relaxed)
    try markingBroken {
      try withUnsafeTemporaryAllocation(byteCount: largestPieceByteCount, alignment: 8) { room in
        for (hash, row) in zip(hashes, rows) {
          let key = IdentityKeyLayout.key(hash)
          let piece = layout.bucket(ofKey: key) / Limits.indexPieceBucketCount
          let bytes = UnsafeMutableRawBufferPointer(rebasing: room[..<byteCount(ofPiece: piece)])
          try input.read(into: bytes, at: place(ofPiece: piece))
          try self.piece(piece, UnsafeRawBufferPointer(bytes)).forEachBlock(of: key, layout) {
            candidates.append(Candidate(row: row, block: Int64($0) + baseBlock))
          }
        }
      }
    }
  }

  /// Hands on the checked bytes of some pieces, about a megabyte at a time.
  private func readPieces(
    _ pieces: Range<Int>, _ body: (_ number: Int, _ piece: IndexPiece) -> Void
  ) throws {
    let room = Limits.indexReadByteCount + largestPieceByteCount
    try markingBroken {
      try withUnsafeTemporaryAllocation(byteCount: room, alignment: 64) { room in
        var first = pieces.lowerBound
        while first < pieces.upperBound {
          let start = place(ofPiece: first)
          var end = first
          while end < pieces.upperBound,
            place(ofPiece: end) + byteCount(ofPiece: end) - start <= room.count
          {
            end += 1
          }
          let byteCount = place(ofPiece: end - 1) + byteCount(ofPiece: end - 1) - start
          let bytes = UnsafeMutableRawBufferPointer(rebasing: room[..<byteCount])
          try input.read(into: bytes, at: start)
          for piece in first..<end {
            let from = place(ofPiece: piece) - start
            let own = UnsafeRawBufferPointer(
              rebasing: UnsafeRawBufferPointer(bytes)[from..<from + self.byteCount(ofPiece: piece)])
            body(piece, try self.piece(piece, own))
          }
          first = end
        }
      }
    }
  }

  /// The pieces of a share of all keys.
  private func pieces(share: Int, of shareCount: Int) -> Range<Int> {
    let part = layout.pieceCount / shareCount
    return share * part..<(share + 1) * part
  }

  /// Every key of one share of all keys, ascending but for equal ones.
  ///
  /// - Shape: `shareCount` divides the number of pieces.
  func forEachKey(share: Int, of shareCount: Int, _ body: (_ key: UInt64) -> Void) throws {
    try readPieces(pieces(share: share, of: shareCount)) { number, piece in
      var index = 0
      for own in 0..<Limits.indexPieceBucketCount {
        let bucket = number * Limits.indexPieceBucketCount + own
        for _ in 0..<piece.count(ofBucket: own) {
          body(layout.key(bucket: bucket, entry: piece.entry(index)))
          index += 1
        }
      }
    }
  }

  /// Reads the whole run, on all threads.
  func load(_ pool: WorkerPool) throws -> IndexRun {
    var entries: [UInt32] = uninitializedLargeTable(count: rowCount)
    var starts: [UInt32] = uninitializedLargeTable(count: layout.bucketCount + 1)
    let shareCount = IdentityFilter.taskCount
    try starts.fill(pool, entries: &entries, tasks: shareCount) { share, starts, entries in
      try self.readPieces(self.pieces(share: share, of: shareCount)) { number, piece in
        var next = Int(self.starts[number])
        let first = next
        for own in 0..<Limits.indexPieceBucketCount {
          starts.values[number * Limits.indexPieceBucketCount + own] = UInt32(next)
          next += piece.count(ofBucket: own)
        }
        let target = UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(rebasing: entries.values[first..<next]))
        target.copyMemory(from: piece.entries)
      }
    }
    starts[layout.bucketCount] = UInt32(rowCount)
    return IndexRun(
      firstOffset: firstOffset, rowCount: rowCount, layout: layout, entries: entries,
      starts: starts)
  }

  deinit { input.close() }
}

extension Array where Element: BitwiseCopyable {
  /// Runs tasks that fill this array and another.
  fileprivate mutating func fill(
    _ pool: WorkerPool, entries: inout [Element], tasks: Int,
    _ body: @escaping @Sendable (
      _ task: Int, _ table: SharedTable<Element>, _ entries: SharedTable<Element>
    ) throws -> Void
  ) throws {
    try entries.withUnsafeMutableBufferPointer { other in
      let entries = SharedTable(values: other)
      try fill(pool, tasks: tasks) { task, table in try body(task, table, entries) }
    }
  }
}
