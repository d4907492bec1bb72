import Bytes
import Files

/// The rejected bytes of one commit, one message after the other in one file.
///
/// A message may come in pieces, so one of a gigabyte needs no memory. Bytes of a message that
/// turns out to be known already stay in the file, unnamed.
final class RejectFile {
  private let files: any FileSystem
  private let directory: LedgerDirectory
  private let sequence: Int64
  private var file: NewFile?
  private var digest: SHA256?
  private var start = 0
  private(set) var entries: [RejectEntry] = []

  /// - Shape: `sequence` is the number of the coming commit; it names the file.
  init(_ files: any FileSystem, _ directory: LedgerDirectory, sequence: Int64) {
    self.files = files
    self.directory = directory
    self.sequence = sequence
  }

  var hasEntries: Bool { !entries.isEmpty }
  /// Whether the file is needed though it has no entry of its own.
  private var hasMoved = false

  /// Takes the bytes of a reject that has an entry already; returns where they begin.
  func move(_ bytes: [UInt8]) throws(FileError) -> Int {
    try begin()
    try writeAll(bytes) { bytes throws(FileError) in try write(bytes) }
    hasMoved = true
    return start
  }

  /// Throws the file and its entries away.
  func discard() {
    file?.discard()
    file = nil
    entries = []
    hasMoved = false
  }

  func begin() throws(FileError) {
    if file == nil {
      file = try NewFile(
        files, temporaryPath: directory.temporary + "/" + paddedDecimal(sequence) + ".rejects")
    }
    start = file?.byteCount ?? 0
    digest = SHA256()
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try file?.write(bytes)
    digest?.update(bytes)
  }

  /// Ends a message; `entry` gets its place and digest filled in.
  func end(_ entry: RejectEntry) -> RejectEntry {
    var entry = entry
    entry.start = start
    entry.byteCount = (file?.byteCount ?? 0) - start
    entry.digest = Array((digest.take()?.finish() ?? []).prefix(16))
    return entry
  }

  func keep(_ entry: RejectEntry) { entries.append(entry) }

  /// Publishes the file if any entry needs it, and names it in the entries.
  func publish() throws(FileError) -> (RejectFileRecord, [RejectEntry])? {
    guard let file else { return nil }
    guard hasEntries || hasMoved else {
      discard()
      return nil
    }
    let published = try file.publish(.rejects, first: sequence, in: directory)
    for index in entries.indices { entries[index].file = published.name }
    let record = RejectFileRecord(
      name: published.name, byteCount: published.byteCount, sha256: published.sha256)
    return (record, entries)
  }
}
