package import Files

/// What every file system of ours must do: run on the real one and on the simulated one.
package enum FileSystemChecks {
  /// Returns what went wrong, in words; empty when all is well.
  package static func problems(_ files: any FileSystem, in directory: String) throws -> [String] {
    var problems: [String] = []
    func expect(_ isTrue: Bool, _ sentence: String) { if !isTrue { problems.append(sentence) } }
    let first = directory + "/a/first"
    try files.makeDirectory(directory + "/a/b")
    try files.makeDirectory(directory + "/a/b")
    expect(files.exists(directory + "/a/b"), "a made directory exists")

    let output = try files.create(first)
    try write(Array("one ".utf8), to: output)
    try write([], to: output)
    try write(Array("two".utf8), to: output)
    expect(output.byteCount == 7, "an output file knows how much was written")
    try output.synchronize()
    try output.close()
    try files.synchronizeDirectory(directory + "/a")
    expect(reason { _ = try files.create(first) } == .exists, "create refuses an existing file")
    expect(
      reason { _ = try files.create(directory + "/none/x") } == .notFound,
      "create needs the directory")
    expect(reason { _ = try files.open(directory + "/a/x") } == .notFound, "open needs the file")

    let input = try files.open(first)
    expect(input.byteCount == 7, "an input file knows its size")
    expect(try read(input, 4, 3) == Array("two".utf8), "a read gives the bytes at its offset")
    expect(reason { _ = try read(input, 5, 3) } == .shortRead, "a read beyond the end is short")

    try write(Array("x".utf8), to: create(files, directory + "/a/b/second"))
    try files.rename(first, to: directory + "/a/b/second")
    expect(!files.exists(first), "a renamed file is gone from its old place")
    expect(try read(input, 0, 3) == Array("one".utf8), "an open file can be read after a rename")
    let moved = try files.open(directory + "/a/b/second")
    expect(moved.byteCount == 7, "a rename replaces what was there")
    expect(reason { try files.rename(first, to: first) } == .notFound, "rename needs the file")
    try files.makeDirectory(directory + "/a/B")
    expect(try files.list(directory + "/a") == ["B", "b"], "list gives names sorted by bytes")
    expect(reason { _ = try files.list(directory + "/no") } == .notFound, "list needs a directory")
    try files.remove(directory + "/a/b/second")
    expect(reason { try files.remove(first) } == .notFound, "remove needs the file")
    expect(try files.list(directory + "/a/b") == [], "a removed file is not listed")

    let lock = try files.lock(directory + "/a/lock")
    expect(reason { _ = try files.lock(directory + "/a/lock") } == .locked, "a lock excludes")
    lock.unlock()
    let again = try files.lock(directory + "/a/lock")
    expect(
      reason { _ = try files.shareLock(directory + "/a/lock") } == .locked,
      "an exclusive lock excludes shares")
    again.unlock()
    let share = try files.shareLock(directory + "/a/lock")
    let other = try files.shareLock(directory + "/a/lock")
    share.unlock()
    expect(
      reason { _ = try files.lock(directory + "/a/lock") } == .locked, "a share excludes a lock")
    other.unlock()
    try files.lock(directory + "/a/lock").unlock()
    expect(
      reason { _ = try files.shareLock(directory + "/a/none") } == .notFound,
      "a share needs the file")
    let space = try files.space(directory)
    expect(space.free > 0 && space.total >= space.free, "free space is known")
    return problems
  }

  private static func create(
    _ files: any FileSystem, _ path: String
  ) throws -> any OutputFile { try files.create(path) }

  private static func write(_ bytes: [UInt8], to file: any OutputFile) throws {
    try bytes.withUnsafeBytes { (buffer) throws in try file.write(buffer) }
  }

  private static func read(_ file: any InputFile, _ offset: Int, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { buffer in try file.read(into: buffer, at: offset) }
    return bytes
  }

  private static func reason(_ body: () throws -> Void) -> FileError.Reason? {
    do {
      try body()
      return nil
    } catch {
      return (error as? FileError)?.reason
    }
  }
}
