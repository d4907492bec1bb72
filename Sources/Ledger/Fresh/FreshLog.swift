import Files

/// A fresh log being written: frames are put behind one another and synchronised once a commit.
///
/// It is never opened again to be written: after a failure or a restart another log is begun, and
/// what the catalog does not count of this one is as if it had never been.
final class FreshLog {
  private let files: any FileSystem
  private let folder: String
  private let output: any OutputFile
  private var buffer: [UInt8] = []
  private var isNew = true
  /// With all frames written so far; the catalog's word for it comes with the commit.
  private(set) var record: FreshLogRecord

  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, firstOffset: Int64,
    commitNumber: Int64, createdAt: Int64
  ) throws(FileError) {
    self.files = files
    folder = directory.folder(.fresh)
    let name = LedgerDirectory.freshName(first: firstOffset, commitNumber: commitNumber)
    let path = directory.file(.fresh, name)
    // Nobody but an attempt that failed can have left this name.
    if files.exists(path) { try files.remove(path) }
    output = try files.create(path)
    record = FreshLogRecord(name: name, firstOffset: firstOffset, createdAt: createdAt)
  }

  func write(_ frame: EncodedFrame) throws(FileError) {
    try put(frame.head)
    try put(frame.text)
    record.add(frame)
  }

  /// Writes a frame of rejected bytes; returns where it begins.
  func write(rejects bytes: [UInt8]) throws(FileError) -> Int {
    let start = record.byteCount
    try put(bytes)
    record.byteCount += bytes.count
    return start
  }

  /// Makes all frames written so far durable.
  func synchronize() throws(FileError) {
    try flush()
    try output.synchronize()
    if isNew { try files.synchronizeDirectory(folder) }
    isNew = false
  }

  func close() throws(FileError) { try output.close() }

  private func put(_ bytes: [UInt8]) throws(FileError) {
    if bytes.count >= Limits.ioByteCount {
      try flush()
      return try write(bytes)
    }
    buffer += bytes
    if buffer.count >= Limits.ioByteCount { try flush() }
  }

  private func flush() throws(FileError) {
    if buffer.isEmpty { return }
    try write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: [UInt8]) throws(FileError) {
    let before = output.byteCount
    try writeAll(bytes) { bytes throws(FileError) in try output.write(bytes) }
    let step = Limits.writebackByteCount
    if output.byteCount / step > before / step { output.startWriteback() }
  }
}
