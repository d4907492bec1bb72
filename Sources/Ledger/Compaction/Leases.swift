import Files

/// Tells when no reader can hold a file that was replaced.
///
/// The sets of segments between two compactions are numbered: a *generation*. A reader shares the
/// lock of its generation's lease file before it asks the catalog for the segments, and keeps it as
/// long as its snapshot. A file that was replaced by generation g may go when the lease files
/// below g can be locked: whoever comes later and still finds an old number asks again.
///
/// - Source: docs/formats/ledger.md §7.
struct Leases {
  let files: any FileSystem
  let directory: LedgerDirectory

  /// Makes the lease file of a generation unless it is there.
  func make(_ generation: Int64) throws(FileError) {
    let path = directory.lease(generation)
    if files.exists(path) { return }
    try files.create(path).close()
    try files.synchronizeDirectory(directory.leases)
  }

  /// Takes lease files away, from the oldest on, up to the first one that is held; returns the
  /// generation from which on readers may hold something.
  func retire(below current: Int64) throws(FileError) -> Int64 {
    for name in try files.list(directory.leases) {
      guard let generation = LedgerDirectory.generation(ofLease: name), generation < current else {
        continue
      }
      let path = directory.leases + "/" + name
      let lock: any FileLock
      do throws(FileError) {
        lock = try files.lock(path)
      } catch {
        if error.reason == .locked { return generation }
        throw error
      }
      defer { lock.unlock() }
      try files.remove(path)
    }
    return current
  }
}
