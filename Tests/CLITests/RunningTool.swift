import Foundation
import Testing

/// A `daybook` that runs until it is told to end.
final class RunningTool {
  private let process = Process()
  private let scratch: Scratch
  private let began = ContinuousClock.now

  /// Starts the executable; what it prints goes to files.
  init(
    _ arguments: String..., input: Pipe? = nil, environment: [String: String] = [:]
  ) throws {
    scratch = try Scratch()
    process.executableURL = Tool.executable
    process.arguments = arguments
    process.standardOutput = try FileHandle(forWritingTo: try scratch.file("output"))
    process.standardError = try FileHandle(forWritingTo: try scratch.file("talk"))
    process.standardInput = input ?? FileHandle.nullDevice as Any
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var output: String { read("output") }
  var talk: String { read("talk") }

  private func read(_ name: String) -> String {
    (try? String(contentsOfFile: scratch.path(name), encoding: .utf8)) ?? ""
  }

  var isRunning: Bool { process.isRunning }

  /// Waits for its own end; the exit code.
  func waitForEnd() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  func signal(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Asks it to end; the exit code and how long that took.
  func end(_ signal: Int32 = SIGTERM) -> (code: Int32, took: Duration) {
    let asked = ContinuousClock.now
    self.signal(signal)
    process.waitUntilExit()
    return (process.terminationStatus, ContinuousClock.now - asked)
  }

  /// Waits until something is so; each look should do some work, such as asking another process.
  ///
  /// - Errors: what it had to say, when that never comes or the process has ended.
  func waits(
    for what: String, upTo limit: Duration = .seconds(60), until isSo: () throws -> Bool
  ) throws {
    let end = ContinuousClock.now + limit
    while try !isSo() {
      if ContinuousClock.now > end || !process.isRunning {
        throw NeverCame(what: what, talk: talk)
      }
    }
  }

  struct NeverCame: Error {
    var what: String
    var talk: String
  }
}

extension Tool {
  /// Events that readers of a ledger see; 0 while there is none.
  static func eventCount(_ ledger: String) throws -> Int {
    let status = try run("status", "--json", "--ledger", ledger)
    guard status.code == 0 || !status.output.isEmpty,
      let object = try? JSONSerialization.jsonObject(with: status.output) as? [String: Any],
      let facts = object["ledger"] as? [String: Any]
    else { return 0 }
    return facts["events"] as? Int ?? 0
  }
}
