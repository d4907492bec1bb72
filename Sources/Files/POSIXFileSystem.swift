import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The real file system.
package struct POSIXFileSystem: FileSystem {
  package init() {}

  package func makeDirectory(_ path: String) throws(FileError) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    if errno == ENOENT, let parent = parentDirectory(path) {
      try makeDirectory(parent)
      if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    }
    throw lastError("make directory", path)
  }

  package func create(_ path: String) throws(FileError) -> any OutputFile {
    let descriptor = systemOpen(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw lastError("create", path) }
    return POSIXOutputFile(descriptor: descriptor, path: path)
  }

  /// Opens a device or a named pipe for writing; nil where a file may be created.
  ///
  /// Such a path is written to as it is: a file that takes its name would replace it.
  /// - Errors: the path is a folder, or may not be written to.
  package func openStream(_ path: String) throws(FileError) -> (any OutputFile)? {
    var status = stat()
    if stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG { return nil }
    let descriptor = systemOpen(path, O_WRONLY | O_CLOEXEC, 0)
    if descriptor < 0 { throw lastError("write to", path) }
    return POSIXOutputFile(descriptor: descriptor, path: path)
  }

  package func open(_ path: String) throws(FileError) -> any InputFile {
    let descriptor = systemOpen(path, O_RDONLY | O_CLOEXEC, 0)
    if descriptor < 0 { throw lastError("open", path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = lastError("stat", path)
      _ = systemClose(descriptor)
      throw error
    }
    return POSIXInputFile(descriptor: descriptor, path: path, byteCount: Int(status.st_size))
  }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    if systemRename(path, newPath) != 0 { throw lastError("rename", path) }
  }

  package func remove(_ path: String) throws(FileError) {
    if systemRemove(path) != 0 { throw lastError("remove", path) }
  }

  package func synchronizeDirectory(_ path: String) throws(FileError) {
    let descriptor = systemOpen(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    if descriptor < 0 { throw lastError("open directory", path) }
    defer { _ = systemClose(descriptor) }
    if fsync(descriptor) != 0 { throw lastError("synchronise directory", path) }
  }

  package func list(_ path: String) throws(FileError) -> [String] {
    guard let directory = opendir(path) else { throw lastError("list", path) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  package func space(_ path: String) throws(FileError) -> DiskSpace {
    var status = statvfs()
    if statvfs(path, &status) != 0 { throw lastError("ask the free space of", path) }
    let unit = Int64(status.f_frsize)
    return DiskSpace(free: Int64(status.f_bavail) * unit, total: Int64(status.f_blocks) * unit)
  }

  package func lock(_ path: String) throws(FileError) -> any FileLock {
    let descriptor = systemOpen(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw lastError("open", path) }
    return try takeLock(descriptor, LOCK_EX, path)
  }

  package func shareLock(_ path: String) throws(FileError) -> any FileLock {
    let descriptor = systemOpen(path, O_RDONLY | O_CLOEXEC, 0)
    if descriptor < 0 { throw lastError("open", path) }
    return try takeLock(descriptor, LOCK_SH, path)
  }

  private func takeLock(
    _ descriptor: Int32, _ kind: Int32, _ path: String
  ) throws(FileError) -> any FileLock {
    if flock(descriptor, kind | LOCK_NB) != 0 {
      let error =
        errno == EWOULDBLOCK
        ? FileError(
          operation: "lock", path: path, reason: .locked, detail: "another process holds it")
        : lastError("lock", path)
      _ = systemClose(descriptor)
      throw error
    }
    return POSIXFileLock(descriptor: descriptor)
  }

  private func parentDirectory(_ path: String) -> String? {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
    return String(path[..<slash])
  }
}

/// What `errno` says about the call that just failed.
func lastError(_ operation: String, _ path: String) -> FileError {
  let code = errno
  let reason: FileError.Reason =
    switch code {
    case ENOENT: .notFound
    case EEXIST: .exists
    case ENOSPC, EDQUOT: .noSpace
    case EACCES, EPERM, EROFS: .denied
    default: .other(code: code)
    }
  return FileError(
    operation: operation, path: path, reason: reason, detail: String(cString: strerror(code)))
}

final class POSIXOutputFile: OutputFile {
  private var descriptor: Int32
  private let path: String
  private(set) var byteCount = 0

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { if descriptor >= 0 { _ = systemClose(descriptor) } }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = systemWrite(descriptor, rest.baseAddress, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw lastError("write", path)
      }
      byteCount += written
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  func startWriteback() { daybook_start_writeback(descriptor) }

  func synchronize() throws(FileError) {
    if fsync(descriptor) != 0 { throw lastError("synchronise", path) }
  }

  func close() throws(FileError) {
    if descriptor < 0 { return }
    let code = systemClose(descriptor)
    descriptor = -1
    if code != 0 { throw lastError("close", path) }
  }
}

/// - Concurrency: `@unchecked` because `pread` keeps no position and the descriptor is closed once,
///   by its owner.
final class POSIXInputFile: InputFile, @unchecked Sendable {
  private var descriptor: Int32
  private let path: String
  let byteCount: Int

  init(descriptor: Int32, path: String, byteCount: Int) {
    self.descriptor = descriptor
    self.path = path
    self.byteCount = byteCount
  }

  deinit { close() }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
      if got < 0 {
        if errno == EINTR { continue }
        throw lastError("read", path)
      }
      if got == 0 {
        throw FileError(
          operation: "read", path: path, reason: .shortRead,
          detail: "the file ends at \(offset + filled), \(buffer.count - filled) bytes short")
      }
      filled += got
    }
  }

  func close() {
    if descriptor >= 0 { _ = systemClose(descriptor) }
    descriptor = -1
  }
}

/// A lock of `flock(2)`: it belongs to the open descriptor, so two holders in one process exclude
/// each other as well.
///
/// - Concurrency: `@unchecked` because the descriptor is closed once, by its owner.
final class POSIXFileLock: FileLock, @unchecked Sendable {
  private var descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { unlock() }

  func unlock() {
    if descriptor >= 0 { _ = systemClose(descriptor) }
    descriptor = -1
  }
}
