#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What tells one file from another, whatever it is called.
package struct FileIdentity: Sendable, Equatable {
  package var device: UInt64
  package var number: UInt64
  package var byteCount: Int
  /// Nanoseconds since 1970 UTC.
  package var modifiedAt: Int64
  package var isDirectory: Bool

  /// Whether both stand for the same file, be it longer now.
  package func isSameFile(as other: FileIdentity) -> Bool {
    device == other.device && number == other.number
  }

  fileprivate init(_ status: stat) {
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
    byteCount = Int(status.st_size)
    #if canImport(Glibc)
      let time = status.st_mtim
    #else
      let time = status.st_mtimespec
    #endif
    modifiedAt = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
  }

  /// What is at a path now; nil when there is nothing.
  package static func at(_ path: String) throws(FileError) -> FileIdentity? {
    var status = stat()
    if stat(path, &status) == 0 { return FileIdentity(status) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw lastError("look at", path)
  }
}

/// A file open for reading while others write to it.
package final class FollowedFile {
  private var descriptor: Int32
  package let path: String

  package init(path: String) throws(FileError) {
    descriptor = systemOpen(path, O_RDONLY | O_CLOEXEC, 0)
    if descriptor < 0 { throw lastError("open", path) }
    self.path = path
  }

  deinit { close() }

  /// What it is and how long it is now.
  package func identity() throws(FileError) -> FileIdentity {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw lastError("look at", path) }
    return FileIdentity(status)
  }

  /// Reads what is there from `offset`, up to the buffer's size; 0 at the end as it is now.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(FileError) -> Int {
    while true {
      let got = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if got >= 0 { return got }
      if errno != EINTR { throw lastError("read", path) }
    }
  }

  package func close() {
    if descriptor >= 0 { _ = systemClose(descriptor) }
    descriptor = -1
  }
}
