/// The file seam: all file work of the ledger and of spills goes through it.
///
/// Synchronous on purpose; callers run it on their own threads. `POSIXFileSystem` is the real one,
/// `SimulatedFileSystem` (tests) drops or tears what was not synchronised.
package protocol FileSystem: Sendable {
  func makeDirectory(_ path: String) throws(FileError)
  /// Creates `path` for writing; fails if it exists.
  func create(_ path: String) throws(FileError) -> any OutputFile
  func open(_ path: String) throws(FileError) -> any InputFile
  func rename(_ path: String, to newPath: String) throws(FileError)
  func remove(_ path: String) throws(FileError)
  /// Makes creations, renames and removals inside `path` durable.
  func synchronizeDirectory(_ path: String) throws(FileError)
  /// Names (not paths) inside a directory, sorted by bytes.
  func list(_ path: String) throws(FileError) -> [String]
  func exists(_ path: String) -> Bool
  /// The room of the volume that holds `path`.
  func space(_ path: String) throws(FileError) -> DiskSpace
  /// Takes the exclusive lock that the file `path` stands for, creating the file when it is
  /// missing.
  ///
  /// - Errors: reason `.locked` when another process, or another holder in this one, has it.
  func lock(_ path: String) throws(FileError) -> any FileLock
  /// Takes a share in the lock that the file `path` stands for: any number of shares at once, none
  /// beside an exclusive one. It needs no right to write.
  ///
  /// - Errors: reason `.notFound` when there is no such file, `.locked` while one has it alone.
  func shareLock(_ path: String) throws(FileError) -> any FileLock
}

/// The room of a volume, in bytes.
package struct DiskSpace: Sendable, Equatable {
  /// What an ordinary user may still write.
  package var free: Int64
  package var total: Int64

  package init(free: Int64, total: Int64) {
    self.free = free
    self.total = total
  }
}

/// A lock, exclusive or shared; it ends with `unlock`, with the last reference to it, or with the
/// process.
package protocol FileLock: AnyObject, Sendable {
  func unlock()
}

/// A file being written, front to back.
package protocol OutputFile: AnyObject {
  var byteCount: Int { get }
  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError)
  /// A hint, nothing more: the disk may begin with what was written, so that `synchronize` later
  /// waits for less.
  func startWriteback()
  func synchronize() throws(FileError)
  func close() throws(FileError)
}

extension OutputFile {
  package func startWriteback() {}
}

/// A file open for reading at any place, from any thread.
package protocol InputFile: AnyObject, Sendable {
  var byteCount: Int { get }
  /// Reads exactly `buffer.count` bytes from `offset`, or throws `FileError` with `.shortRead`.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError)
  func close()
}

/// The world failed: which operation, on which path, and why.
package struct FileError: Error, Equatable, CustomStringConvertible {
  package enum Reason: Equatable, Sendable {
    case notFound, exists, noSpace, denied, shortRead, locked
    case other(code: Int32)
  }

  package let operation: String
  package let path: String
  package let reason: Reason
  package let detail: String

  package init(operation: String, path: String, reason: Reason, detail: String) {
    self.operation = operation
    self.path = path
    self.reason = reason
    self.detail = detail
  }

  package var description: String { "cannot \(operation) \(path): \(detail)" }
}
