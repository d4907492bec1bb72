import Bytes
import Files
import Synchronization

/// Where events lie, as the index runs that have a file know it: for readers, which look up few.
///
/// The index of duplicates names the block of 16,384 rows in which a row lies; for an identity that
/// no row has it names one by chance, of N rows in N of 2^41 cases. Filters of pages would have
/// three of a hundred pages of the whole ledger read in vain.
///
/// A writer may have merged a run away meanwhile, and a file may be damaged: then this knows
/// nothing of its rows, and whoever asks has other ways. `verify` tells of damage.
///
/// - Concurrency: any number of threads.
final class IdentityPlaces: Sendable {
  private let files: any FileSystem
  private let directory: LedgerDirectory
  private let hashSeed: UInt64
  private let records: [RunRecord]
  /// Runs that were asked, by name; nil where a file cannot be used.
  private let asked = Mutex<[String: AskedRun?]>([:])

  /// - Shape: `records` as the catalog has them, by offset.
  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, _ hashSeed: UInt64,
    _ records: [RunRecord]
  ) {
    self.files = files
    self.directory = directory
    self.hashSeed = hashSeed
    self.records = records
  }

  /// Whether index runs in files have all rows of a segment.
  func cover(_ segment: SegmentRecord) -> Bool { !runs(of: segment).isEmpty }

  /// The rows of a segment among which all lie that have one of some identities, or nil when the
  /// index does not know.
  ///
  /// - Shape: ascending, not touching; whole blocks as far as they lie in the segment.
  /// - Cost: three small reads an identity and run.
  func rows(
    of identities: [(source: [UInt8], eventID: [UInt8])], in segment: SegmentRecord
  ) -> [Range<Int>]? {
    let runs = runs(of: segment)
    guard !runs.isEmpty else { return nil }
    let keys = identities.map { source, id in
      let seed = source.withUnsafeBytes { fastHash($0, seed: hashSeed) }
      return IdentityKeyLayout.key(id.withUnsafeBytes { fastHash($0, seed: seed) })
    }
    var blocks: Set<Int64> = []
    for record in runs {
      guard let run = run(record) else { return nil }
      do {
        for key in keys { blocks.formUnion(try run.blocks(of: key)) }
      } catch {
        return nil
      }
    }
    return IdentityPlaces.rows(ofBlocks: blocks.sorted(), in: segment)
  }

  private static func rows(ofBlocks blocks: [Int64], in segment: SegmentRecord) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    let length = Int64(Limits.indexBlockRowCount)
    for block in blocks {
      let first = max(block * length, segment.firstOffset)
      let end = min((block + 1) * length, segment.endOffset)
      guard first < end else { continue }
      let rows = Int(first - segment.firstOffset)..<Int(end - segment.firstOffset)
      if let last = ranges.last, last.upperBound == rows.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<rows.upperBound
      } else {
        ranges.append(rows)
      }
    }
    return ranges
  }

  /// The runs that together have all rows of a segment, or none.
  private func runs(of segment: SegmentRecord) -> ArraySlice<RunRecord> {
    let first = records.firstIndex { $0.firstOffset + Int64($0.rowCount) > segment.firstOffset }
    guard let first, records[first].firstOffset <= segment.firstOffset else { return [] }
    var next = first
    var covered = segment.firstOffset
    while covered < segment.endOffset {
      guard next < records.count, records[next].firstOffset <= covered else { return [] }
      covered = records[next].firstOffset + Int64(records[next].rowCount)
      next += 1
    }
    return records[first..<next]
  }

  private func run(_ record: RunRecord) -> AskedRun? {
    if let known = asked.withLock({ $0[record.name] }) { return known }
    let run = try? AskedRun(files, directory.file(.index, record.name))
    let isRight = run?.firstOffset == record.firstOffset && run?.rowCount == record.rowCount
    asked.withLock { $0[record.name] = .some(isRight ? run : nil) }
    return isRight ? run : nil
  }
}

/// The file of an index run of which single pieces are read.
///
/// Unlike `StoredRun` it does not read the list of pieces, eight bytes a piece, which pays only
/// where very many look-ups follow. A piece is believed when its checksum in that list is right.
private final class AskedRun: Sendable {
  private let path: String
  private let input: any InputFile
  private let layout: IdentityKeyLayout
  private let listOffset: Int
  let firstOffset: Int64
  let rowCount: Int

  /// - Errors: `LedgerError.damaged` when the file is no run of this format or contradicts itself,
  ///   `FileError`.
  init(_ files: any FileSystem, _ path: String) throws {
    let input = try files.open(path)
    do {
      let header = try IndexRunHeader(input, path)
      layout = header.layout
      listOffset = header.listOffset
      firstOffset = header.firstOffset
      rowCount = header.rowCount
    } catch {
      input.close()
      throw error
    }
    self.path = path
    self.input = input
  }

  deinit { input.close() }

  /// The blocks of the entries that look like a key, counted from the ledger's first.
  func blocks(of key: UInt64) throws -> [Int64] {
    let number = layout.bucket(ofKey: key) / Limits.indexPieceBucketCount
    let isLast = number + 1 == layout.pieceCount
    let place = listOffset + 8 * number
    let list = try input.bytes(place..<place + (isLast ? 8 : 16))
    let start = Int(littleEndian(list, 0, as: UInt32.self))
    let end = isLast ? rowCount : Int(littleEndian(list, 8, as: UInt32.self))
    guard start <= end, end <= rowCount else {
      throw LedgerError.damaged(path: path, detail: "its pieces run backwards")
    }
    let offset =
      indexRunHeaderByteCount + IdentityKeyLayout.pieceHeadByteCount * number + 4 * start
    let byteCount = IndexPiece.byteCount(entryCount: end - start)
    guard byteCount <= Limits.indexReadByteCount else {
      throw LedgerError.damaged(path: path, detail: "a piece of it has \(byteCount) bytes")
    }
    let bytes = try input.bytes(offset..<offset + byteCount)
    var blocks: [Int64] = []
    try bytes.withUnsafeBytes { bytes in
      let piece = try IndexPiece(
        bytes, entryCount: end - start, sum: littleEndian(list, 4, as: UInt32.self))
      piece.forEachBlock(of: key, layout) { blocks.append(Int64($0) + indexBlock(firstOffset)) }
    }
    return blocks
  }
}
