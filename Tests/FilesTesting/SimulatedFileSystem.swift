package import Files
import Synchronization

/// A file system in memory that can lose what was not synchronised.
///
/// It keeps two states: what calls have *written*, and what is *durable*. `crash()` throws away the
/// difference as an unkind disk may: any part of it can survive.
///
/// Faults that the ledger must survive without losing or doubling a committed event:
/// - a crash at any call: bytes since the file's last `synchronize` are dropped, kept, cut off or
///   overwritten with zeros; names created, renamed or removed since the directory's last
///   `synchronizeDirectory` are each kept or dropped on their own, so that a rename between two
///   directories may show in both, in one or in none; directories too;
/// - `noSpace` and `failure` at any call that may meet them: a write may have written a part;
/// - `shortRead` at any read.
/// Faults that need not be survived, only noticed: `flip` changes a durable byte.
///
/// - Concurrency: calls are counted under one mutex; a schedule by call number means the same run
///   only if the calls come from one thread.
package final class SimulatedFileSystem: FileSystem {
  /// What happens at a call.
  package enum Fault: Equatable, Sendable {
    /// The machine stops: this and every later call fails until `restart()`.
    case crash
    case noSpace
    case failure
    case shortRead
  }

  let state: Mutex<DiskState>

  /// - Shape: `directory` and its parents exist and are durable; faults are by call number, the
  ///   first call being 0.
  package init(directory: String, seed: UInt64 = 0, faults: [Int: Fault] = [:]) {
    state = Mutex(DiskState(directory: directory, seed: seed, faults: faults))
  }

  /// Calls since the start or the last `restart`.
  package var callCount: Int { state.withLock { $0.callCount } }

  /// The names of the calls so far, for messages of failing tests.
  package var calls: [String] { state.withLock { $0.calls } }

  /// Whether a scheduled crash has come to pass.
  package var hasCrashed: Bool { state.withLock { $0.hasCrashed } }

  /// Stops the machine now.
  package func crash() { state.withLock { $0.hasCrashed = true } }

  /// Starts the machine again with what the disk kept, and a new schedule.
  package func restart(faults: [Int: Fault] = [:]) {
    state.withLock { $0.restart(faults: faults) }
  }

  /// Replaces the schedule and counts calls from 0 again, without a crash.
  package func schedule(_ faults: [Int: Fault]) {
    state.withLock { state in
      state.faults = faults
      state.callCount = 0
      state.calls = []
    }
  }

  /// Changes one bit of a file, on the disk and in the cache.
  package func flip(_ path: String, byte: Int, bit: Int = 0) {
    state.withLock { state in
      guard let file = state.file(path), file.written.indices.contains(byte) else { return }
      file.written[byte] ^= 1 << UInt8(bit)
      file.durable = file.written
    }
  }

  /// The bytes of a file as calls see them.
  package func bytes(_ path: String) -> [UInt8]? { state.withLock { $0.file(path)?.written } }

  // MARK: FileSystem

  package func makeDirectory(_ path: String) throws(FileError) {
    try locked { state throws(FileError) in
      try state.call("make directory", path)
      try state.makeDirectory(path)
    }
  }

  package func create(_ path: String) throws(FileError) -> any OutputFile {
    let file = try locked { state throws(FileError) in
      try state.call("create", path)
      return try state.create(path)
    }
    return SimulatedOutputFile(disk: self, file: file, path: path)
  }

  package func open(_ path: String) throws(FileError) -> any InputFile {
    let file = try locked { state throws(FileError) in
      try state.call("open", path)
      guard let file = state.file(path) else {
        throw simulatedError("open", path, .notFound, "no such file")
      }
      return file
    }
    return SimulatedInputFile(disk: self, file: file, path: path)
  }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    try locked { state throws(FileError) in
      try state.call("rename", path)
      try state.rename(path, to: newPath)
    }
  }

  package func remove(_ path: String) throws(FileError) {
    try locked { state throws(FileError) in
      try state.call("remove", path)
      try state.remove(path)
    }
  }

  package func synchronizeDirectory(_ path: String) throws(FileError) {
    try locked { state throws(FileError) in
      try state.call("synchronise directory", path)
      try state.synchronizeDirectory(path)
    }
  }

  package func list(_ path: String) throws(FileError) -> [String] {
    try locked { state throws(FileError) in
      try state.call("list", path)
      guard let directory = state.directories[path] else {
        throw simulatedError("list", path, .notFound, "no such directory")
      }
      return directory.written.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }

  package func exists(_ path: String) -> Bool {
    state.withLock { $0.file(path) != nil || $0.directories[path] != nil }
  }

  package func space(_ path: String) throws(FileError) -> DiskSpace {
    DiskSpace(free: 1 << 40, total: 1 << 41)
  }

  package func lock(_ path: String) throws(FileError) -> any FileLock {
    try locked { state throws(FileError) in
      try state.call("lock", path)
      if state.file(path) == nil { _ = try state.create(path) }
      guard state.sharedPaths[path] == nil, state.lockedPaths.insert(path).inserted else {
        throw simulatedError("lock", path, .locked, "another holder has it")
      }
    }
    return SimulatedLock(disk: self, path: path, isShared: false)
  }

  package func shareLock(_ path: String) throws(FileError) -> any FileLock {
    try locked { state throws(FileError) in
      try state.call("share lock", path)
      guard state.file(path) != nil else {
        throw simulatedError("share lock", path, .notFound, "no such file")
      }
      guard !state.lockedPaths.contains(path) else {
        throw simulatedError("share lock", path, .locked, "another holder has it")
      }
      state.sharedPaths[path, default: 0] += 1
    }
    return SimulatedLock(disk: self, path: path, isShared: true)
  }

  func locked<T: Sendable>(
    _ body: (inout sending DiskState) throws(FileError) -> T
  ) throws(FileError) -> T {
    let result = state.withLock { state -> Result<T, FileError> in
      do throws(FileError) {
        return .success(try body(&state))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

func simulatedError(
  _ operation: String, _ path: String, _ reason: FileError.Reason, _ detail: String
) -> FileError {
  FileError(operation: operation, path: path, reason: reason, detail: detail)
}

/// - Concurrency: `@unchecked` because the file is touched under the disk's mutex only.
private final class SimulatedOutputFile: OutputFile, @unchecked Sendable {
  private let disk: SimulatedFileSystem
  private let file: DiskState.File
  private let path: String
  private var isOpen = true

  init(disk: SimulatedFileSystem, file: DiskState.File, path: String) {
    self.disk = disk
    self.file = file
    self.path = path
  }

  var byteCount: Int { disk.state.withLock { _ in file.written.count } }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    precondition(isOpen, "a closed file is written to")
    try disk.locked { state throws(FileError) in
      do throws(FileError) {
        try state.call("write", path)
      } catch {
        let part = state.random(below: bytes.count + 1)
        file.written.append(contentsOf: bytes.prefix(part))
        throw error
      }
      file.written.append(contentsOf: bytes)
    }
  }

  func synchronize() throws(FileError) {
    try disk.locked { state throws(FileError) in
      try state.call("synchronise", path)
      file.durable = file.written
    }
  }

  func close() throws(FileError) {
    guard isOpen else { return }
    isOpen = false
    try disk.locked { state throws(FileError) in try state.call("close", path) }
  }
}

/// - Concurrency: `@unchecked` because the file is touched under the disk's mutex only.
private final class SimulatedInputFile: InputFile, @unchecked Sendable {
  private let disk: SimulatedFileSystem
  private let file: DiskState.File
  private let path: String

  init(disk: SimulatedFileSystem, file: DiskState.File, path: String) {
    self.disk = disk
    self.file = file
    self.path = path
  }

  var byteCount: Int { disk.state.withLock { _ in file.written.count } }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    try disk.locked { state throws(FileError) in
      try state.call("read", path)
      guard offset >= 0, offset + buffer.count <= file.written.count else {
        throw simulatedError("read", path, .shortRead, "the file ends before")
      }
      file.written[offset..<offset + buffer.count].withUnsafeBytes { buffer.copyMemory(from: $0) }
    }
  }

  func close() {}
}

private final class SimulatedLock: FileLock {
  private let disk: SimulatedFileSystem
  private let path: String
  private let isShared: Bool
  private let isHeld = Mutex(true)

  init(disk: SimulatedFileSystem, path: String, isShared: Bool) {
    self.disk = disk
    self.path = path
    self.isShared = isShared
  }

  deinit { unlock() }

  func unlock() {
    let wasHeld = isHeld.withLock { isHeld in
      defer { isHeld = false }
      return isHeld
    }
    if wasHeld { disk.state.withLock { $0.unlock(path, isShared: isShared) } }
  }
}
