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
  static func run(_ arguments: String..., input: Data? = nil, folder: URL? = nil) throws -> Result {
    try run(arguments, input: input, folder: folder)
  }

  @discardableResult
  static func run(
    _ arguments: [String], input: Data? = nil, folder: URL? = nil,
    executable: URL = Tool.executable
  ) throws -> Result {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    // Files, not pipes: nothing to fill up while the process waits.
    let outputFile = try Scratch.file()
    let talkFile = try Scratch.file()
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: talkFile)
    if let input {
      let inputFile = try Scratch.file()
      try input.write(to: inputFile)
      process.standardInput = try FileHandle(forReadingFrom: inputFile)
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    try process.run()
    process.waitUntilExit()
    return Result(
      code: process.terminationStatus, output: try Data(contentsOf: outputFile),
      talk: String(decoding: try Data(contentsOf: talkFile), as: UTF8.self))
  }

  /// The Python of the private environment, or nil: then the caller says that it skipped.
  static let python: URL? = ProcessInfo.processInfo.environment["DAYBOOK_PYTHON"].map {
    URL(filePath: $0)
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

  static func file() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(
      path: "daybook-\(UUID().uuidString)")
    try Data().write(to: url)
    return url
  }
}
