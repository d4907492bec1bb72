import Files
import Threads

/// An index run in memory, or one that stays in its file.
enum PlacedRun: Sendable {
  case memory(IndexRun)
  case file(StoredRun)

  var firstOffset: Int64 {
    switch self {
    case .memory(let run): run.firstOffset
    case .file(let run): run.firstOffset
    }
  }

  var rowCount: Int {
    switch self {
    case .memory(let run): run.rowCount
    case .file(let run): run.rowCount
    }
  }

  var endOffset: Int64 { firstOffset + Int64(rowCount) }

  var memoryByteCount: Int {
    switch self {
    case .memory(let run): run.memoryByteCount
    case .file(let run): run.memoryByteCount
    }
  }

  /// Whether its file could not be read, or has wrong bytes.
  var isBroken: Bool {
    if case .file(let run) = self { return run.isBroken }
    return false
  }

  /// Appends a candidate for every entry that looks like one of the hashes.
  ///
  /// - Errors: those of reading its file; the run `isBroken` then.
  func findCandidates(
    _ hashes: [UInt64], rows: [UInt32], into candidates: inout [Candidate]
  ) throws {
    switch self {
    case .memory(let run): run.findCandidates(hashes, rows: rows, into: &candidates)
    case .file(let run): try run.findCandidates(hashes, rows: rows, into: &candidates)
    }
  }

  /// Every key of one share of all keys.
  @inline(__always)
  func forEachKey(share: Int, of shareCount: Int, _ body: (_ key: UInt64) -> Void) throws {
    switch self {
    case .memory(let run):
      let buckets = run.layout.bucketCount / shareCount
      run.forEachKey(inBuckets: share * buckets..<(share + 1) * buckets) { key, _ in body(key) }
    case .file(let run):
      try run.forEachKey(share: share, of: shareCount, body)
    }
  }

  /// All of it in memory.
  func loaded(_ pool: WorkerPool) throws -> IndexRun {
    switch self {
    case .memory(let run): run
    case .file(let run): try run.load(pool)
    }
  }

  /// The run in a file of any format; one of an old format comes into memory.
  ///
  /// - Parameter sha256: the catalog's, for a file of the first format.
  /// - Errors: `LedgerError.damaged` when the bytes are no run or contradict themselves,
  ///   `FileError`.
  init(_ files: any FileSystem, _ path: String, sha256: [UInt8], _ pool: WorkerPool) throws {
    let input = try files.open(path)
    defer { input.close() }
    self =
      try IndexRunHeader.bytes(input, path).starts(with: indexRunMagic)
      ? .file(StoredRun(files, path)) : .memory(IndexRun(old: input, files, path, sha256, pool))
  }
}
