import Files

/// What became of each path, by its text: distinct paths in memory up to a limit, then sorted runs
/// in a file beside the output.
///
/// - Cost: `Limits.pathTableByteCount` and a piece of each run.
final class PathTable {
  /// What became of one path.
  struct Counts: Equatable {
    var conversions: Int64 = 0
    var value: Int64 = 0
    var none: Int64 = 0

    mutating func add(_ other: Counts) {
      conversions += other.conversions
      value &+= other.value
      none += other.none
    }
  }

  private let scratch: Scratch
  private let limit: Int
  private var paths: [[UInt8]: Counts] = [:]
  private var byteCount = 0
  private var runs: [Spool] = []

  /// - Shape: `scratch` is this table's alone.
  init(_ scratch: Scratch, limit: Int = Limits.pathTableByteCount) {
    self.scratch = scratch
    self.limit = limit
  }

  func add(_ path: [UInt8], _ counts: Counts) throws {
    if paths[path]?.add(counts) == nil {
      paths[path] = counts
      byteCount += path.count + Limits.pathEntryByteCount
      if byteCount >= limit { try spill() }
    }
  }

  private func spill() throws {
    let run = try Spool(files: scratch.files, path: "\(scratch.path)-\(runs.count).spool")
    runs.append(run)
    var record = ByteWriter()
    for (path, counts) in sorted() {
      record.removeAll()
      record.put(text: path)
      record.put(signed: counts.conversions)
      record.put(signed: counts.value)
      record.put(signed: counts.none)
      try run.append(record)
    }
    try run.finish()
    paths = [:]
    byteCount = 0
  }

  private func sorted() -> [(key: [UInt8], value: Counts)] {
    paths.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  /// Hands over every path once, in the order of their bytes, and removes what was spilled.
  func forEachSorted(_ body: ([UInt8], Counts) throws -> Void) throws {
    if runs.isEmpty {
      for (path, counts) in sorted() { try body(path, counts) }
      return
    }
    if !paths.isEmpty { try spill() }
    defer { runs = [] }
    let readers = try runs.map { try $0.reader() }
    var heads = try readers.map(PathTable.read)
    while true {
      let paths = heads.compactMap { $0?.path }
      guard let lowest = paths.min(by: { $0.lexicographicallyPrecedes($1) }) else { break }
      var sum = Counts()
      for place in heads.indices {
        guard let head = heads[place], head.path == lowest else { continue }
        sum.add(head.counts)
        heads[place] = try PathTable.read(readers[place])
      }
      try body(lowest, sum)
    }
    for run in runs { try run.remove() }
  }

  private static func read(_ reader: SpoolReader) throws -> (path: [UInt8], counts: Counts)? {
    var head: (path: [UInt8], counts: Counts)?
    _ = try reader.next { record in
      var bytes = ByteReader(record)
      let path = bytes.text()
      head = (
        path,
        Counts(conversions: bytes.signed(), value: bytes.signed(), none: bytes.signed())
      )
    }
    return head
  }
}

/// A place for files that a rendering needs while it works, and removes.
struct Scratch {
  let files: any FileSystem
  /// A path that nothing has; names are made by appending to it.
  let path: String
}
