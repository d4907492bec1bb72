package import Foundation

/// A real server in a process of its own, with a folder that goes when it goes.
///
/// - Concurrency: a test uses its server from one thread; the log's reader only empties its pipe.
package final class ServerProcess: @unchecked Sendable {
  package let folder: URL
  private var process: Process?

  /// The repository's own folder.
  package static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Tools of the private Python environment that are there.
  package static func installed(_ names: String...) -> [String] {
    names.map { repository.appending(path: ".venv/bin/\($0)").path }
      .filter { FileManager.default.isExecutableFile(atPath: $0) }
  }

  package init(_ name: String) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "daybook-\(name)-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Starts the server in its folder.
  ///
  /// - Parameter ready: words of its log that it is awaited with; nil waits for nothing.
  /// - Returns: the log up to these words.
  @discardableResult
  package func start(
    _ executable: String, _ arguments: [String], awaiting ready: String? = nil
  ) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardError = ready == nil ? FileHandle.nullDevice : pipe
    try process.run()
    self.process = process
    guard let ready else { return "" }
    var log = ""
    while !log.contains(ready) {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { throw ServerFailure(words: log) }
      log += String(decoding: data, as: UTF8.self)
    }
    pipe.fileHandleForReading.readabilityHandler = { handle in
      if handle.availableData.isEmpty { handle.readabilityHandler = nil }
    }
    return log
  }

  /// Ends the server as a crash would.
  package func kill() { end(SIGKILL) }

  /// Ends the server in order.
  package func stop() { end(SIGTERM) }

  private func end(_ signal: Int32) {
    guard let process, process.isRunning else { return }
    Foundation.kill(process.processIdentifier, signal)
    process.waitUntilExit()
    self.process = nil
  }
}

/// A server did not come up, or did not do what a test needs.
package struct ServerFailure: Error {
  package var words: String

  package init(words: String) { self.words = words }
}
