package import Foundation

/// A nats-server with JetStream on a port that the system chose.
///
/// - Concurrency: as of `ServerProcess`.
package final class NATSProcess: @unchecked Sendable {
  private let server: ServerProcess
  private let executable: String
  private let configuration: String
  package private(set) var port = -1

  /// The servers that are installed: Debian's 2.9 and PyPI's 2.15, as `make setup` puts them.
  package static let installed = ServerProcess.installed("nats-server-debian", "nats-server")

  /// - Parameter configuration: further lines of the server's configuration.
  package init(_ executable: String, configuration: String = "") throws {
    self.executable = executable
    self.configuration = configuration
    server = try ServerProcess("nats")
    try start()
  }

  package var folder: URL { server.folder }
  package var store: URL { folder.appending(path: "store") }

  /// Starts, on the port of before when there was one, and returns when clients may connect.
  package func start() throws {
    let file = folder.appending(path: "server.conf")
    try """
    listen: "127.0.0.1:\(port)"
    max_payload: 8388608
    jetstream { store_dir: "\(store.path)", max_memory_store: 1GB, max_file_store: 10GB }
    \(configuration)
    """.write(to: file, atomically: true, encoding: .utf8)
    let log = try server.start(executable, ["-c", file.path], awaiting: "Server is ready")
    if let match = log.firstMatch(of: /client connections on 127\.0\.0\.1:(\d+)/) {
      port = Int(match.1) ?? -1
    }
  }

  package func kill() { server.kill() }
  package func stop() { server.stop() }
}
