import Files
import FilesTesting
import Foundation
import Testing

/// The conformance suite on both file systems, and what only the simulated one can do.
@Suite struct FileSystems {
  @Test func `the real one passes the checks`() throws {
    let directory = NSTemporaryDirectory() + "files-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    #expect(try FileSystemChecks.problems(POSIXFileSystem(), in: directory) == [])
  }

  @Test func `the simulated one passes the checks`() throws {
    let files = SimulatedFileSystem(directory: "/disk/x")
    #expect(try FileSystemChecks.problems(files, in: "/disk/x") == [])
  }

  @Test func `synchronised files in synchronised directories survive a crash`() throws {
    for seed in 0..<32 as Range<UInt64> {
      let files = SimulatedFileSystem(directory: "/disk", seed: seed)
      try files.makeDirectory("/disk/a")
      try files.synchronizeDirectory("/disk")
      try write("kept", "/disk/a/t", files, synchronize: true)
      try files.rename("/disk/a/t", to: "/disk/a/f")
      try files.synchronizeDirectory("/disk/a")
      files.crash()
      files.restart()
      #expect(files.bytes("/disk/a/f") == Array("kept".utf8))
      #expect(files.bytes("/disk/a/t") == nil)
    }
  }

  @Test func `what was not synchronised is sometimes lost, torn or kept`() throws {
    var seen: Set<String> = []
    for seed in 0..<64 as Range<UInt64> {
      let files = SimulatedFileSystem(directory: "/disk", seed: seed)
      try write("unsynchronised", "/disk/f", files, synchronize: false)
      files.crash()
      files.restart()
      guard let bytes = files.bytes("/disk/f") else {
        seen.insert("no name")
        continue
      }
      if bytes.isEmpty { seen.insert("empty") }
      if bytes == Array("unsynchronised".utf8) { seen.insert("kept") }
      if !bytes.isEmpty, bytes.count < 14 { seen.insert("cut") }
      if bytes.count == 14, bytes.first == 0 { seen.insert("zeros") }
    }
    #expect(seen == ["no name", "empty", "kept", "cut", "zeros"])
  }

  @Test func `a rename without directory sync may be undone`() throws {
    var seen: Set<String> = []
    for seed in 0..<64 as Range<UInt64> {
      let files = SimulatedFileSystem(directory: "/disk", seed: seed)
      try write("x", "/disk/old", files, synchronize: true)
      try files.synchronizeDirectory("/disk")
      try files.rename("/disk/old", to: "/disk/new")
      files.crash()
      files.restart()
      seen.insert("\(files.exists("/disk/old")) \(files.exists("/disk/new"))")
    }
    #expect(seen.count == 4)
  }

  @Test func `after a crash every call fails until the restart`() throws {
    let files = SimulatedFileSystem(directory: "/disk", faults: [1: .crash])
    try files.makeDirectory("/disk/a")
    #expect(throws: FileError.self) { try files.makeDirectory("/disk/b") }
    #expect(throws: FileError.self) { _ = try files.list("/disk") }
    files.restart()
    _ = try files.list("/disk")
  }

  @Test func `scheduled faults come at their call`() throws {
    let files = SimulatedFileSystem(directory: "/disk", faults: [1: .noSpace, 5: .shortRead])
    let file = try files.create("/disk/f")
    let error = #expect(throws: FileError.self) {
      try Array("abc".utf8).withUnsafeBytes { bytes in try file.write(bytes) }
    }
    #expect(error?.reason == .noSpace)
    try Array("abc".utf8).withUnsafeBytes { bytes in try file.write(bytes) }
    try file.close()
    let input = try files.open("/disk/f")
    var byte: UInt8 = 0
    let short = #expect(throws: FileError.self) {
      try withUnsafeMutableBytes(of: &byte) { buffer in try input.read(into: buffer, at: 0) }
    }
    #expect(short?.reason == .shortRead)
  }

  private func write(
    _ text: String, _ path: String, _ files: SimulatedFileSystem, synchronize: Bool
  ) throws {
    let file = try files.create(path)
    try Array(text.utf8).withUnsafeBytes { bytes in try file.write(bytes) }
    if synchronize { try file.synchronize() }
    try file.close()
  }
}
