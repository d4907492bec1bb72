import Foundation
import MessageSourceChecks
import MessageSources
import Synchronization

@testable import NATSSource

/// A real server on a port that the system chose, with a folder of its own.
/// - Concurrency: a test uses its server from one thread; the log reader only empties its pipe.
final class NATSServer: @unchecked Sendable {
  let executable: String
  let folder: URL
  private let configuration: String
  private(set) var port = -1
  private var process: Process?

  /// The servers that are installed: Debian's 2.9 and PyPI's 2.15, as `make setup` puts them.
  static let installed: [String] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return ["nats-server-debian", "nats-server"].map {
      root.appending(path: ".venv/bin/\($0)").path
    }
    .filter { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  init(_ executable: String, configuration: String = "") throws {
    self.executable = executable
    self.configuration = configuration
    folder = FileManager.default.temporaryDirectory.appending(path: "daybook-nats-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try start()
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: folder)
  }

  var store: URL { folder.appending(path: "store") }

  /// Starts, on the port of before when there was one, and returns when clients may connect.
  func start() throws {
    let file = folder.appending(path: "server.conf")
    try """
    listen: "127.0.0.1:\(port)"
    max_payload: 8388608
    jetstream { store_dir: "\(store.path)", max_memory_store: 1GB, max_file_store: 10GB }
    \(configuration)
    """.write(to: file, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = ["-c", file.path]
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    self.process = process
    var log = ""
    while !log.contains("Server is ready") {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { throw ServerFailure(log: log) }
      log += String(decoding: data, as: UTF8.self)
    }
    pipe.fileHandleForReading.readabilityHandler = { handle in
      if handle.availableData.isEmpty { handle.readabilityHandler = nil }
    }
    if let match = log.firstMatch(of: /client connections on 127\.0\.0\.1:(\d+)/) {
      port = Int(match.1) ?? -1
    }
  }

  struct ServerFailure: Error { var log: String }

  /// Ends the server as a crash would.
  func kill() { end(SIGKILL) }

  /// Ends the server in order.
  func stop() { end(SIGTERM) }

  private func end(_ signal: Int32) {
    guard let process, process.isRunning else { return }
    Foundation.kill(process.processIdentifier, signal)
    process.waitUntilExit()
    self.process = nil
  }

  // MARK: What tests do to it

  func address(_ rest: String = "", user: String = "") throws -> NATSAddress {
    try NATSAddress("nats://\(user)127.0.0.1:\(port)/\(rest)")
  }

  /// One request to the stream API, from a connection of its own; the answer as text.
  @discardableResult
  func request(_ operation: String, _ body: String = "", user: String = "") throws -> String {
    let connection = try NATSConnection(address(user: user), sendsAtOnce: true)
    let answer = try connection.request("$JS.API.\(operation)", body, milliseconds: 5_000)
    return String(decoding: answer, as: UTF8.self)
  }

  func makeStream(_ name: String = "SHOP", subjects: String = "shop.>", user: String = "") throws {
    try request(
      "STREAM.CREATE.\(name)",
      "{\"name\":\"\(name)\",\"subjects\":[\"\(subjects)\"],\"storage\":\"file\"}", user: user)
  }

  func publish(
    _ messages: [[UInt8]], subject: String = "shop.order", rest: String = "", user: String = ""
  ) throws {
    let sink = NATSSink(try address(rest, user: user))
    try sink.open()
    defer { sink.close() }
    var batch = MessageBatch()
    for (index, message) in messages.enumerated() {
      batch.append(
        message, position: Int64(index), subject: Array(subject.utf8), origin: Array("test".utf8))
    }
    try sink.publish(batch)
    try sink.flush()
  }
}

/// A fresh server with one stream, for the checks that all sources pass.
final class NATSStand: SourceStand {
  let server: NATSServer

  init(_ executable: String) throws {
    server = try NATSServer(executable)
    try server.makeStream()
  }

  var takesAnyBytes: Bool { true }

  func publish(_ messages: [[UInt8]]) throws { try server.publish(messages) }

  func makeSource() throws -> any MessageSource { NATSSource(try server.address("SHOP")) }

  func close() { server.kill() }
}

/// Messages with numbers in them.
func numbered(_ numbers: Range<Int>) -> [[UInt8]] { numbers.map { Array("{\"n\":\($0)}".utf8) } }

/// A subscriber reduced to what a source sees of one: commits, drops what came before, and opens
/// again after an error.
final class Reader {
  let source: NATSSource
  private(set) var committed: [[UInt8]: SourcePosition] = [:]
  private(set) var messages: [[UInt8]] = []
  private(set) var notices: [SourceNotice] = []
  private(set) var errors: [SourceError] = []
  private(set) var redelivered = 0

  init(_ address: NATSAddress, committed: [SourcePosition] = []) {
    source = NATSSource(address)
    for position in committed { self.committed[position.origin] = position }
  }

  var origins: [String] {
    committed.keys.map { String(decoding: $0, as: UTF8.self) }.sorted()
  }

  func open() throws {
    try source.open(resumeAfter: CommittedPositions(Array(committed.values)))
  }

  /// Pulls and commits until so many messages are there, or too many pulls brought nothing.
  func take(until count: Int, acknowledging: Bool = true, idlePulls: Int = 40) throws {
    var idle = 0
    while messages.count < count, idle < idlePulls {
      var batch = MessageBatch()
      do {
        switch try source.pull(
          into: &batch, limit: PullLimit(messageCount: 300, byteCount: 1 << 24),
          wait: .milliseconds(250))
        {
        case .messages: idle = 0
        case .notice(let notice): notices.append(notice)
        case .idle, .ended: idle += 1
        }
      } catch let error as SourceError {
        errors.append(error)
        idle += 1
        try open()
      }
      commit(batch, acknowledging)
    }
  }

  private func commit(_ batch: MessageBatch, _ acknowledging: Bool) {
    for part in batch.parts {
      for row in part.rows {
        if batch.positions[row] > committed[part.origin]?.position ?? -1 {
          messages.append(Array(batch.message(row)))
        } else {
          redelivered += 1
        }
      }
    }
    for end in batch.endPositions where end.position > committed[end.origin]?.position ?? -1 {
      committed[end.origin] = end
    }
    if acknowledging, !batch.isEmpty { _ = source.acknowledge(batch.endPositions) }
  }
}
