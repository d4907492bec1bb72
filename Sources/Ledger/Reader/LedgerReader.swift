package import Files

/// Looks at a ledger, whether or not a writer is at work on it.
///
/// - Concurrency: any number of readers, in any number of processes.
package final class LedgerReader: Sendable {
  let directory: LedgerDirectory
  let files: any FileSystem
  let catalog: SegmentCatalog
  package let identity: LedgerIdentity

  /// Opens the ledger in a directory.
  ///
  /// - Errors: `LedgerError.notALedger` when there is none, `newerFormat`, `catalog`.
  package static func open(
    directory path: String, files: any FileSystem
  ) throws -> LedgerReader { try LedgerReader(LedgerDirectory(path), files) }

  private init(_ directory: LedgerDirectory, _ files: any FileSystem) throws {
    self.directory = directory
    self.files = files
    catalog = try SegmentCatalog(path: directory.catalog, isWriter: false)
    guard let identity = try catalog.identity() else {
      throw LedgerError.notALedger(path: directory.path)
    }
    guard identity.formatVersion <= CatalogSchema.formatVersion else {
      throw LedgerError.newerFormat(
        path: directory.path, version: identity.formatVersion,
        known: CatalogSchema.formatVersion)
    }
    self.identity = identity
  }

  /// The ledger as of its latest commit; later commits do not change it.
  package func snapshot() throws -> LedgerSnapshot {
    let held = try held { try catalog.runs($0) }
    return LedgerSnapshot(
      directory: directory, files: files, segments: SegmentList(held.state.segments),
      fresh: held.fresh, lease: held.lease,
      identities: IdentityPlaces(files, directory, identity.hashSeed, held.other),
      commitNumber: held.state.commitNumber)
  }

  /// Rejects by number.
  package func rejects(_ filter: RejectFilter = RejectFilter()) throws -> [RejectEntry] {
    try catalog.rejects(filter)
  }

  /// The reject of a number, or nil.
  package func reject(id: Int64) throws -> RejectEntry? { try catalog.reject(id: id) }

  /// Hands over the bytes of a rejected message, a piece at a time.
  package func readReject(
    _ entry: RejectEntry, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let input = try files.open(directory.rejectFile(entry.file))
    defer { input.close() }
    var buffer = [UInt8](repeating: 0, count: min(Limits.ioByteCount, max(entry.byteCount, 1)))
    var done = 0
    while done < entry.byteCount {
      let count = min(buffer.count, entry.byteCount - done)
      try buffer.withUnsafeMutableBytes { bytes in
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
        try input.read(into: part, at: entry.start + done)
        try body(UnsafeRawBufferPointer(part))
      }
      done += count
    }
  }

  /// The bytes of a rejected message.
  package func rejectBytes(_ entry: RejectEntry) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try readReject(entry) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// How many rejects each reason has.
  package func rejectCounts() throws -> [RejectCount] { try catalog.rejectCounts() }

  /// How many events each topic has, by name.
  package func topics() throws -> [TopicCount] { try counts().topics }

  /// Which positions each origin has, by name.
  package func origins() throws -> [OriginRange] { try counts().origins }

  /// Up to where an origin has been committed.
  package func checkpoint(origin: [UInt8]) throws -> Checkpoint? {
    try catalog.checkpoint(origin: origin)
  }

  /// Up to where every origin that has a checkpoint has been committed.
  package func checkpoints() throws -> [Checkpoint] { try catalog.checkpoints() }
}
