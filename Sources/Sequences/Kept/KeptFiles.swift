import Bytes
import Files
import Synchronization

/// A file of a kept state in the making, which several threads append to.
///
/// - Concurrency: `@unchecked` because the file is touched under `lock` only.
final class KeptFile: @unchecked Sendable {
  let name: String
  let number: UInt32
  private let path: String
  private let output: any OutputFile
  private let lock = Mutex(())

  init(_ files: any FileSystem, _ directory: String, _ name: String, number: UInt32) throws {
    self.name = name
    self.number = number
    path = directory + "/" + name
    // What a crash left under the name is in no state.
    if files.exists(path) { try files.remove(path) }
    output = try files.create(path)
  }

  /// Writes bytes at the end and says where they begin.
  func append(_ bytes: UnsafeRawBufferPointer) throws -> Int64 {
    try lock.withLock { _ in
      let place = output.byteCount
      try output.write(bytes)
      output.startWriteback()
      return Int64(place)
    }
  }

  /// Makes it durable; gives its size.
  func finish() throws -> Int {
    try lock.withLock { _ in
      try output.synchronize()
      let size = output.byteCount
      try output.close()
      return size
    }
  }
}

/// Collects the entries of one run of kept rows.
///
/// - Concurrency: `@unchecked` because one batch has one sink, which is written by one thread at a
///   time.
final class KeptRunSink: @unchecked Sendable {
  private let file: KeptFile
  private var bytes = OutputBytes(capacity: 64 << 10)
  private var extents: [RowExtent] = []

  init(_ file: KeptFile) { self.file = file }

  func write(_ part: UnsafeRawBufferPointer) throws {
    guard let start = part.baseAddress else { return }
    if part.count >= Limits.keptPartByteCount {
      try flush()
      return try append(part)
    }
    bytes.reserve(part.count)
    bytes.put(start.assumingMemoryBound(to: UInt8.self), part.count)
    if bytes.count >= Limits.keptPartByteCount { try flush() }
  }

  private func flush() throws {
    if bytes.count == 0 { return }
    try append(bytes.bytes)
    bytes.count = 0
  }

  private func append(_ part: UnsafeRawBufferPointer) throws {
    let start = try file.append(part)
    extents.append(
      RowExtent(
        file: file.number, checksum: crc32C(part), start: start, byteCount: Int64(part.count)))
  }

  func finish() throws -> [RowExtent] {
    try flush()
    return extents
  }
}

/// The folder of a kept state, held by one process at a time.
///
/// - Concurrency: `@unchecked` because `inputs` is touched under `mutex` only.
final class KeptFolder: @unchecked Sendable {
  let files: any FileSystem
  let path: String
  private let lock: any FileLock
  private let mutex = Mutex(())
  private var inputs: [String: any InputFile] = [:]

  /// - Errors: `FileError` with `.locked` where somebody else is at it.
  init(_ files: any FileSystem, _ path: String) throws {
    self.files = files
    self.path = path
    try files.makeDirectory(path)
    lock = try files.lock(path + "/lock")
  }

  deinit { lock.unlock() }

  /// The state that lies here, or nil.
  ///
  /// - Errors: `KeptStateUnusable`, `FileError`.
  func load() throws -> KeptState? {
    guard files.exists(path + "/state") else { return nil }
    let state = try KeptState(reading: try KeptBytes(files, path + "/state"))
    while true {
      let name = KeptState.deltaFile(state.number + 1)
      guard files.exists(path + "/" + name) else { break }
      try state.apply(try KeptBytes(files, path + "/" + name), name)
    }
    state.components.endLoading()
    let numbers = try files.list(path).filter { $0.hasPrefix("delta-") }
      .compactMap { UInt32($0.dropFirst("delta-".count)) }
    if numbers.contains(where: { $0 > state.number }) {
      throw KeptStateUnusable("its file 'delta-\(state.number + 1)' is missing")
    }
    for (name, size) in state.files {
      guard files.exists(path + "/" + name), try open(name).byteCount == size else {
        throw KeptStateUnusable("its file '\(name)' is missing or cut off")
      }
    }
    return state
  }

  /// A file of the state, open.
  func open(_ name: String) throws -> any InputFile {
    try mutex.withLock { _ in
      if let known = inputs[name] { return known }
      let file = try files.open(path + "/" + name)
      inputs[name] = file
      return file
    }
  }

  /// A number that no file here bears.
  func freeNumber() throws -> UInt32 {
    let names = try files.list(path).filter(KeptState.isOwn)
    let numbers = names.compactMap { $0.split(separator: "-").last.flatMap { UInt32($0) } }
    return (numbers.max() ?? 0) + 1
  }

  /// Makes a state the one that lies here, in one step; then removes what it does not name.
  ///
  /// - Parameter changed: the components that an update changed; nil where it changed more.
  func save(_ state: KeptState, _ changed: [UInt32]?) throws {
    var bytes = OutputBytes(capacity: 1 << 16)
    var isDelta = false
    var sum: UInt32 = 0
    if let changed, state.wholeByteCount > 0, state.deltaNames.count < Limits.keptDeltaCount {
      sum = state.writeDelta(of: changed, to: &bytes)
      let most = max(state.wholeByteCount / 2, Limits.keptDeltaByteCount)
      isDelta = state.deltaByteCount + bytes.count <= most
    }
    if isDelta {
      let name = KeptState.deltaFile(state.number)
      try put(bytes.bytes, name)
      state.deltaNames.append(name)
      state.deltaByteCount += bytes.count
    } else {
      bytes.count = 0
      bytes.reserve(1 << 20 + state.components.count * 48 + state.components.slotCount * 12)
      sum = state.write(to: &bytes)
      try put(bytes.bytes, "state")
      state.wholeByteCount = bytes.count
      (state.deltaNames, state.deltaByteCount) = ([], 0)
    }
    state.lastSum = sum
    for name in try files.list(path)
    where KeptState.isOwn(name) && state.files[name] == nil && !state.deltaNames.contains(name) {
      mutex.withLock { _ in inputs[name] = nil }
      try files.remove(path + "/" + name)
    }
  }

  /// Puts a file under a name, durable and in one step.
  private func put(_ bytes: UnsafeRawBufferPointer, _ name: String) throws {
    let new = path + "/state.new"
    if files.exists(new) { try files.remove(new) }
    let output = try files.create(new)
    try output.write(bytes)
    try output.synchronize()
    try output.close()
    try files.synchronizeDirectory(path)
    try files.rename(new, to: path + "/" + name)
    try files.synchronizeDirectory(path)
  }
}
