import Files

/// Puts a ledger's directories in the state that its catalog describes.
///
/// What a crash leaves behind are files the catalog does not name: those in `temporary/`, and
/// published ones of a commit that never was. Only names of ours are removed, and of segments and
/// rejects only those behind the catalog's end; anything else stays, for `verify` to report.
struct Recovery {
  let files: any FileSystem
  let directory: LedgerDirectory

  func makeDirectories() throws(FileError) {
    var missing = directory.path
    var unsynchronised: [String] = []
    while !files.exists(missing) {
      missing = parent(of: missing)
      unsynchronised.append(missing)
    }
    try files.makeDirectory(directory.path)
    for path in unsynchronised.reversed() { try files.synchronizeDirectory(path) }
    try files.makeDirectory(directory.temporary)
    try files.makeDirectory(directory.leases)
    for kind in LedgerDirectory.Kind.allCases { try files.makeDirectory(directory.folder(kind)) }
    try files.synchronizeDirectory(directory.path)
  }

  private func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Removes what no commit names; returns how many files that were.
  ///
  /// - Errors: `LedgerError.damaged` when a file that the catalog names is missing.
  func run(
    segments: [SegmentRecord], runs: [RunRecord], filter: FilterRecord?,
    rejectFiles: [RejectFileRecord],
    freshLogs: [FreshLogRecord], announced: [String], commitNumber: Int64
  ) throws -> Int {
    var removedCount = try removeAll(in: directory.temporary)
    removedCount += try removeOrphans(
      .segments, named: Set(segments.map(\.name)), from: segments.last?.endOffset ?? 0)
    for name in announced where files.exists(directory.file(.segments, name)) {
      try files.remove(directory.file(.segments, name))
      try files.synchronizeDirectory(directory.folder(.segments))
      removedCount += 1
    }
    removedCount += try removeOrphans(.index, named: Set(runs.map(\.name)), from: 0)
    removedCount += try removeOrphans(
      .filters, named: Set([filter].compactMap { $0?.name }), from: 0)
    removedCount += try removeOrphans(
      .rejects, named: Set(rejectFiles.map(\.name)), from: commitNumber + 1)
    removedCount += try removeOrphans(.fresh, named: Set(freshLogs.map(\.name)), from: 0)
    for segment in segments { try checkPresence(.segments, segment.name) }
    for file in rejectFiles { try checkPresence(.rejects, file.name) }
    for log in freshLogs { try checkPresence(.fresh, log.name) }
    return removedCount
  }

  private func checkPresence(_ kind: LedgerDirectory.Kind, _ name: String) throws(LedgerError) {
    let path = directory.file(kind, name)
    if !files.exists(path) {
      throw .damaged(path: path, detail: "the catalog names it, but it is missing")
    }
  }

  private func removeAll(in folder: String) throws(FileError) -> Int {
    let names = try files.list(folder)
    for name in names { try files.remove(folder + "/" + name) }
    return names.count
  }

  private func removeOrphans(
    _ kind: LedgerDirectory.Kind, named known: Set<String>, from first: Int64
  ) throws(FileError) -> Int {
    var count = 0
    for name in try files.list(directory.folder(kind)) where !known.contains(name) {
      guard let number = LedgerDirectory.first(ofName: name, kind), number >= first else {
        continue
      }
      try files.remove(directory.file(kind, name))
      count += 1
    }
    if count > 0 { try files.synchronizeDirectory(directory.folder(kind)) }
    return count
  }
}
