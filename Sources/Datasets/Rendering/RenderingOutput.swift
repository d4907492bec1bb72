import Bytes
package import Files

/// A file of a dataset as the manifest lists it.
package struct DatasetFile: Sendable, Equatable {
  /// From the dataset's folder, with `/` between names.
  package var path: String
  package var rowCount: Int
  package var byteCount: Int
  /// 64 lower-case hex digits.
  package var sha256: String

  package init(path: String, rowCount: Int, byteCount: Int, sha256: String) {
    self.path = path
    self.rowCount = rowCount
    self.byteCount = byteCount
    self.sha256 = sha256
  }
}

/// Where a rendering writes: makes files in its folder of the unfinished dataset, counts, hashes.
///
/// - Concurrency: one thread at a time.
package final class RenderingOutput {
  private let files: any FileSystem
  private let directory: String
  private let folder: String
  private var madeDirectories: Set<String> = []
  package private(set) var written: [DatasetFile] = []

  /// - Shape: `directory` is the unfinished dataset, `folder` a path in it, or empty for itself.
  package init(files: any FileSystem, directory: String, folder: String) {
    self.files = files
    self.directory = directory
    self.folder = folder
  }

  /// Makes a file and hands it to `body`; afterwards it is durable, counted and hashed.
  ///
  /// - Shape: `path` may name folders (`data/train-00000-of-00001.parquet`).
  package func file(_ path: String, _ body: (RenderedFile) throws -> Void) throws {
    let whole = folder.isEmpty ? path : folder + "/" + path
    try makeParents(of: whole)
    let output = try files.create(directory + "/" + whole)
    let file = RenderedFile(output)
    do {
      try body(file)
      try file.flush()
      try output.synchronize()
      try output.close()
    } catch {
      try? output.close()
      throw error
    }
    let digest = file.digest()
    written.append(
      DatasetFile(
        path: whole, rowCount: file.rowCount, byteCount: output.byteCount,
        sha256: hexadecimal(digest)))
  }

  /// Makes a file of text that is at hand.
  package func file(_ path: String, text: String, rows: Int = 0) throws {
    try file(path) { file in
      file.text.append(contentsOf: text.utf8)
      file.rowCount = rows
    }
  }

  /// A place for what has to wait on disk meanwhile.
  func scratch(_ name: String) -> Scratch {
    Scratch(files: files, path: "\(directory)/.\(folder)-\(name)")
  }

  private func makeParents(of path: String) throws {
    var parent = directory
    for name in path.split(separator: "/").dropLast() {
      parent += "/" + name
      if madeDirectories.insert(parent).inserted { try files.makeDirectory(parent) }
    }
  }

  /// The folders made here, deepest last; the publisher synchronises them.
  var directories: [String] { madeDirectories.sorted() }
}

/// A file being rendered. Append to `text` and call `flushIfLarge` now and then, or `write` bytes.
package final class RenderedFile {
  private let output: any OutputFile
  private var hash: SHA256? = SHA256()
  /// Bytes not yet written.
  package var text: [UInt8] = []
  /// What the manifest calls the file's rows; the rendering counts.
  package var rowCount = 0

  init(_ output: any OutputFile) { self.output = output }

  /// Bytes so far, those not yet written included.
  package var byteCount: Int { output.byteCount + text.count }

  /// Writes what has gathered in `text` once it is worth a write.
  package func flushIfLarge() throws {
    if text.count >= Limits.writeByteCount { try flush() }
  }

  /// Writes `text`, then these bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    try flush()
    try put(bytes)
  }

  func flush() throws {
    guard !text.isEmpty else { return }
    try text.withUnsafeBytes { try put($0) }
    text.removeAll(keepingCapacity: true)
  }

  private func put(_ bytes: UnsafeRawBufferPointer) throws {
    try output.write(bytes)
    hash?.update(bytes)
  }

  func digest() -> [UInt8] {
    guard let hash = hash.take() else { return [] }
    return hash.finish()
  }
}

/// What a rendering wrote, to be read again by its check.
package final class RenderingInput {
  private let files: any FileSystem
  private let directory: String
  private let folder: String

  package init(files: any FileSystem, directory: String, folder: String) {
    self.files = files
    self.directory = directory
    self.folder = folder
  }

  /// Names in a folder of the rendering (`""` for its own), sorted by bytes.
  package func list(_ path: String = "") throws -> [String] {
    try files.list(directory + "/" + joined(path))
  }

  package func exists(_ path: String) -> Bool { files.exists(directory + "/" + joined(path)) }

  /// A place for what has to wait on disk meanwhile.
  func scratch(_ name: String) -> Scratch {
    Scratch(files: files, path: "\(directory)/.\(folder)-\(name)-check")
  }

  /// A file opened for reading at any place.
  package func open(_ path: String) throws -> any InputFile {
    try files.open(directory + "/" + joined(path))
  }

  /// A file's bytes; for small files.
  package func bytes(_ path: String) throws -> [UInt8] {
    let file = try open(path)
    defer { file.close() }
    var bytes = [UInt8](repeating: 0, count: file.byteCount)
    try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    return bytes
  }

  /// Hands over a file's lines in order, without their LF, in bounded memory.
  package func forEachLine(
    _ path: String, _ body: (_ number: Int, _ line: ArraySlice<UInt8>) throws -> Void
  ) throws {
    let file = try open(path)
    defer { file.close() }
    var rest: [UInt8] = []
    var offset = 0
    var number = 0
    while offset < file.byteCount {
      let count = min(Limits.writeByteCount, file.byteCount - offset)
      var chunk = [UInt8](repeating: 0, count: count)
      try chunk.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
      offset += count
      rest.append(contentsOf: chunk)
      var start = 0
      while let end = rest[start...].firstIndex(of: 0x0a) {
        number += 1
        try body(number, rest[start..<end])
        start = end + 1
      }
      rest.removeFirst(start)
    }
    if !rest.isEmpty { try body(number + 1, rest[...]) }
  }

  private func joined(_ path: String) -> String {
    if path.isEmpty { return folder }
    return folder.isEmpty ? path : folder + "/" + path
  }
}
