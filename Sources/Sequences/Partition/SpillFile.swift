import Files
import Synchronization

/// One file that takes what does not fit into memory; created at the first write.
///
/// - Concurrency: `@unchecked` because every stored field is touched under `lock` only.
final class SpillFile: @unchecked Sendable {
  private let files: any FileSystem
  private let directory: String
  private let path: String
  private let lock = Mutex(())
  private var output: (any OutputFile)?
  private var input: (any InputFile)?
  private var isMade = false

  init(files: any FileSystem, directory: String, name: String) {
    self.files = files
    self.directory = directory
    path = directory + "/" + name
  }

  /// Writes bytes at the end and says where they lie.
  func append(_ bytes: UnsafeRawBufferPointer) throws -> Range<Int> {
    try lock.withLock { _ in
      let output = try self.output ?? create()
      let place = output.byteCount
      try output.write(bytes)
      return place..<place + bytes.count
    }
  }

  private func create() throws -> any OutputFile {
    try files.makeDirectory(directory)
    if files.exists(path) { try files.remove(path) }
    let output = try files.create(path)
    isMade = true
    self.output = output
    return output
  }

  /// Reads bytes that `append` wrote; the file stays open for more.
  func read(into buffer: UnsafeMutableRawBufferPointer, at place: Int) throws {
    let file = try lock.withLock { _ -> any InputFile in
      if let input, input.byteCount >= place + buffer.count { return input }
      let opened = try files.open(path)
      input = opened
      return opened
    }
    try file.read(into: buffer, at: place)
  }

  /// Closes and removes the file; what was spilled is gone.
  func remove() throws {
    try lock.withLock { _ in
      input?.close()
      input = nil
      try output?.close()
      output = nil
      if isMade { try files.remove(path) }
      isMade = false
    }
  }
}

/// Bytes in memory, or their place in a spill file.
///
/// - Concurrency: `@unchecked` because nothing is written after `init`.
final class SpilledBytes: @unchecked Sendable {
  let count: Int
  private let memory: UnsafeMutablePointer<UInt8>?
  private let place: Int

  init(copying bytes: UnsafeRawBufferPointer) {
    count = bytes.count
    place = 0
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
    UnsafeMutableRawPointer(copy).copyMemory(
      from: bytes.baseAddress ?? UnsafeRawPointer(copy), byteCount: bytes.count)
    memory = copy
  }

  /// Takes over memory of `count` bytes and more, which it will free.
  init(owning memory: UnsafeMutablePointer<UInt8>, count: Int) {
    self.count = count
    self.memory = memory
    place = 0
  }

  /// Bytes that lie in the file.
  init(at place: Range<Int>) {
    self.place = place.lowerBound
    count = place.count
    memory = nil
  }

  deinit { memory?.deallocate() }

  var isInMemory: Bool { memory != nil }

  /// The bytes where they are at hand.
  var inMemory: UnsafeRawBufferPointer? {
    memory.map { UnsafeRawBufferPointer(start: $0, count: count) }
  }

  func withBytes(of file: SpillFile, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try withBytes(0..<count, of: file, body)
  }

  /// Hands over some of the bytes.
  func withBytes(
    _ range: Range<Int>, of file: SpillFile, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    if let memory {
      try body(UnsafeRawBufferPointer(start: memory + range.lowerBound, count: range.count))
      return
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(range.count, 1), alignment: 1)
    defer { buffer.deallocate() }
    let whole = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<range.count])
    try file.read(into: whole, at: place + range.lowerBound)
    try body(UnsafeRawBufferPointer(whole))
  }

  func copy(into buffer: UnsafeMutableRawBufferPointer, of file: SpillFile) throws {
    try copy(0..<count, into: buffer, of: file)
  }

  /// Copies some of the bytes to the beginning of `buffer`.
  func copy(
    _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer, of file: SpillFile
  ) throws {
    if range.isEmpty { return }
    let target = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<range.count])
    if let memory {
      target.copyMemory(
        from: UnsafeRawBufferPointer(start: memory + range.lowerBound, count: range.count))
    } else {
      try file.read(into: target, at: place + range.lowerBound)
    }
  }
}
