import Bytes
package import Files

/// The folder of all versions of one dataset: `<output>/<name>/`.
///
/// - Shape: a folder a version, finished when it has `_SUCCESS`; `latest` names the newest; `.lock`
///   is held by whoever builds; `.building` is unfinished; `pins` names versions that stay.
package struct DatasetHome: Sendable {
  package let files: any FileSystem
  package let path: String

  package init(files: any FileSystem, output: String, name: String) {
    self.init(files: files, path: output + "/" + name)
  }

  init(files: any FileSystem, path: String) {
    self.files = files
    self.path = path
  }

  package func path(of version: String) -> String { path + "/" + version }
  var building: String { path + "/.building" }

  /// Finished versions, by name.
  package func versions() throws -> [String] {
    guard files.exists(path) else { return [] }
    return try files.list(path).filter {
      !$0.hasPrefix(".") && files.exists(path(of: $0) + "/_SUCCESS")
    }
  }

  /// The version that `latest` names.
  package func latest() throws -> String? {
    guard files.exists(path + "/latest") else { return nil }
    let text = String(decoding: try read("latest"), as: UTF8.self)
    return String(text.prefix { $0 != "\n" })
  }

  /// A version's manifest; nil when it cannot be understood.
  package func manifest(of version: String) throws -> JSONValue? {
    guard files.exists(path(of: version) + "/manifest.json") else { return nil }
    return JSONValue(parsing: try read(version + "/manifest.json"))
  }

  /// A file's bytes, by its path from here.
  package func read(_ name: String) throws -> [UInt8] {
    try files.readWhole(path + "/" + name)
  }

  /// The SHA-256 of a file, by its path from here.
  func hash(_ name: String) throws -> String {
    let file = try files.open(path + "/" + name)
    defer { file.close() }
    var hash = SHA256()
    try file.forEachPiece { hash.update($0) }
    return hexadecimal(hash.finish())
  }

  /// Takes the lock; ends with the last reference.
  package func lock() throws -> any FileLock {
    try files.makeDirectory(path)
    return try files.lock(path + "/.lock")
  }

  /// Versions that are in use and must stay.
  package func pinned() throws -> [String] {
    files.exists(path + "/pins") ? try files.list(path + "/pins") : []
  }

  /// Moves the pointer.
  func point(to version: String) throws {
    let next = path + "/.latest"
    if files.exists(next) { try files.remove(next) }
    let file = try files.create(next)
    try Array("\(version)\n".utf8).withUnsafeBytes { try file.write($0) }
    try file.synchronize()
    try file.close()
    try files.rename(next, to: path + "/latest")
    try files.synchronizeDirectory(path)
  }

  /// Removes a version: first its marker, so that nobody takes half of it for whole.
  package func remove(version: String) throws {
    if files.exists(path(of: version) + "/_SUCCESS") {
      try files.remove(path(of: version) + "/_SUCCESS")
      try files.synchronizeDirectory(path(of: version))
    }
    try files.removeTree(path(of: version))
    try files.synchronizeDirectory(path)
  }
}

extension InputFile {
  /// Hands over all bytes, some at a time.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var bytes = [UInt8](repeating: 0, count: min(Limits.writeByteCount, byteCount))
    for place in stride(from: 0, to: byteCount, by: Limits.writeByteCount) {
      try bytes.withUnsafeMutableBytes { buffer in
        let piece = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(buffer.count, byteCount - place)])
        try read(into: piece, at: place)
        try body(UnsafeRawBufferPointer(piece))
      }
    }
  }
}

extension FileSystem {
  /// A whole file's bytes; for small files.
  func readWhole(_ path: String) throws -> [UInt8] {
    let file = try open(path)
    defer { file.close() }
    var bytes = [UInt8](repeating: 0, count: file.byteCount)
    try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    return bytes
  }

  /// Removes a folder with everything in it.
  func removeTree(_ path: String) throws {
    guard exists(path) else { return }
    if let names = try? list(path) {
      for name in names { try removeTree(path + "/" + name) }
    }
    try remove(path)
  }
}

/// A time as manifests write it.
func parseTime(_ text: UnsafeRawBufferPointer) -> Int64? { parseRFC3339(text) }
