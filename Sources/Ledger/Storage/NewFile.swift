import Bytes
import Files

/// A file of the ledger in the making: written under a temporary name, hashed on the way, and
/// published under a name that its hash makes.
///
/// Publishing is synchronise, close, rename; the caller then synchronises the directory, once for
/// all files of a commit, before the catalog may name them.
final class NewFile {
  private let files: any FileSystem
  private let temporaryPath: String
  private let output: any OutputFile
  private var hash: SHA256?
  /// Bytes at the start that `hash` has taken in before they were written.
  private let hashedByteCount: Int
  private(set) var byteCount = 0

  struct Published: Equatable {
    var name: String
    var byteCount: Int
    var sha256: [UInt8]
  }

  /// - Shape: the first bytes written must be those that `prefix` was made from.
  init(
    _ files: any FileSystem, temporaryPath: String, prefix: HashedPrefix? = nil
  ) throws(FileError) {
    self.files = files
    self.temporaryPath = temporaryPath
    // Only an attempt that failed can have left one: `temporary/` is the writer's own.
    if files.exists(temporaryPath) { try files.remove(temporaryPath) }
    output = try files.create(temporaryPath)
    hashedByteCount = prefix?.byteCount ?? 0
    hash = prefix?.take() ?? SHA256()
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try output.write(bytes)
    // The disk works while the bytes are hashed.
    let writebackCount = Limits.writebackByteCount
    if (byteCount + bytes.count) / writebackCount > byteCount / writebackCount {
      output.startWriteback()
    }
    let known = min(max(hashedByteCount - byteCount, 0), bytes.count)
    hash?.update(UnsafeRawBufferPointer(rebasing: bytes[known...]))
    byteCount += bytes.count
  }

  func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { buffer in try write(buffer) }
  }

  func publish(
    _ kind: LedgerDirectory.Kind, first: Int64, in directory: LedgerDirectory
  ) throws(FileError) -> Published {
    let published = try finish(kind, first: first)
    try files.rename(temporaryPath, to: directory.file(kind, published.name))
    return published
  }

  /// Publishes the file after `announce` has been told its name.
  func publish(
    _ kind: LedgerDirectory.Kind, first: Int64, in directory: LedgerDirectory,
    announce: (String) throws -> Void
  ) throws -> Published {
    let published = try finish(kind, first: first)
    try announce(published.name)
    try files.rename(temporaryPath, to: directory.file(kind, published.name))
    return published
  }

  private func finish(
    _ kind: LedgerDirectory.Kind, first: Int64
  ) throws(FileError) -> Published {
    guard let digest = hash.take()?.finish() else {
      preconditionFailure("a file is published once")
    }
    try output.synchronize()
    try output.close()
    let name = LedgerDirectory.name(kind, first: first, sha256: digest)
    return Published(name: name, byteCount: byteCount, sha256: digest)
  }

  /// Throws the file away; what the file system refuses now is removed when the ledger next opens.
  func discard() {
    do {
      try output.close()
      try files.remove(temporaryPath)
    } catch {
      byteCount = 0
    }
  }
}

/// The hash of a file's first bytes, taken before there is a file.
///
/// - Concurrency: `@unchecked` because one thread at a time uses it.
final class HashedPrefix: @unchecked Sendable {
  private var hash: SHA256? = SHA256()
  private(set) var byteCount = 0

  func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { hash?.update($0) }
    byteCount += bytes.count
  }

  /// The hash so far; it goes on elsewhere.
  func take() -> SHA256? { hash.take() }
}

/// Hands bytes to a call that can fail, with the type of its error kept.
func writeAll(
  _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
) throws(FileError) {
  let result = bytes.withUnsafeBytes { bytes -> Result<Void, FileError> in
    do throws(FileError) {
      return .success(try body(bytes))
    } catch {
      return .failure(error)
    }
  }
  try result.get()
}

/// The SHA-256 and the size of a file.
func hashOfFile(
  _ files: any FileSystem, _ path: String
) throws -> (sha256: [UInt8], byteCount: Int) {
  let input = try files.open(path)
  defer { input.close() }
  var hash = SHA256()
  var buffer = [UInt8](repeating: 0, count: min(Limits.ioByteCount, max(input.byteCount, 1)))
  var offset = 0
  while offset < input.byteCount {
    let count = min(buffer.count, input.byteCount - offset)
    try buffer.withUnsafeMutableBytes { bytes in
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
      try input.read(into: part, at: offset)
      hash.update(UnsafeRawBufferPointer(part))
    }
    offset += count
  }
  return (hash.finish(), input.byteCount)
}
