import Foundation
import Testing

/// Runs the built `daybook` the way a user does.
struct Tool {
  struct Result {
    var code: Int32
    var output: Data
    var talk: String

    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [Substring] { text.split(separator: "\n") }
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// `DAYBOOK_EXECUTABLE`, else what `swift build` made.
  static let executable: URL = {
    if let path = ProcessInfo.processInfo.environment["DAYBOOK_EXECUTABLE"] {
      return URL(filePath: path)
    }
    return root.appending(path: ".build/debug/daybook")
  }()

  @discardableResult
  static func run(
    _ arguments: String..., input: Data? = nil, folder: URL? = nil,
    environment: [String: String] = [:]
  ) throws -> Result {
    try run(arguments, input: input, folder: folder, environment: environment)
  }

  @discardableResult
  static func run(
    _ arguments: [String], input: Data? = nil, folder: URL? = nil,
    environment: [String: String] = [:], executable: URL = Tool.executable
  ) throws -> Result {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }
    // Files, not pipes: nothing to fill up while the process waits.
    let scratch = try Scratch()
    let outputFile = try scratch.file("output")
    let talkFile = try scratch.file("talk")
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: talkFile)
    if let input {
      let inputFile = try scratch.file("input", input)
      process.standardInput = try FileHandle(forReadingFrom: inputFile)
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    try process.run()
    // A program that hangs fails its test, not the whole run.
    let child = process.processIdentifier
    let limit = DispatchWorkItem { kill(child, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(600), execute: limit)
    process.waitUntilExit()
    limit.cancel()
    return Result(
      code: process.terminationStatus, output: try Data(contentsOf: outputFile),
      talk: String(decoding: try Data(contentsOf: talkFile), as: UTF8.self))
  }

  /// The Python of the private environment; nil when there is none, and then it says so.
  static func python(for purpose: String) -> URL? {
    if let path = ProcessInfo.processInfo.environment["DAYBOOK_PYTHON"] {
      return URL(filePath: path)
    }
    print("skipped: no Python environment for \(purpose); set DAYBOOK_PYTHON")
    return nil
  }

  /// A file of the shared data that is no part of the repository; nil, said aloud, when absent.
  static func sharedData(_ name: String) -> String? {
    let path = root.deletingLastPathComponent().appending(path: "shared/data/\(name)").path
    if FileManager.default.fileExists(atPath: path) { return path }
    print("skipped: no shared data \(name)")
    return nil
  }

  /// Runs a script of the repository with Python and expects it to be content.
  static func check(
    _ python: URL, _ script: String, _ arguments: String...,
    location: SourceLocation = #_sourceLocation
  ) throws {
    let path = root.appending(path: script).path
    let result = try run([path] + arguments, executable: python)
    #expect(result.code == 0, "\(result.text)\(result.talk)", sourceLocation: location)
  }
}

/// A folder that is gone after the test.
final class Scratch {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "daybook-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func write(_ name: String, _ text: String) throws -> String {
    let path = path(name)
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  func file(_ name: String, _ content: Data = Data()) throws -> URL {
    let url = folder.appending(path: name)
    try content.write(to: url)
    return url
  }
}
