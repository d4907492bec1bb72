import Foundation

/// A broker of Kafka's protocol (noida-db) on a free port.
///
/// - Concurrency: as of `ServerProcess`.
package final class KafkaProcess: @unchecked Sendable {
  private let server: ServerProcess
  package let port: Int

  /// The broker's executable, where the private Python environment has it.
  package static let executable: String? = {
    let libraries = ServerProcess.repository.appending(path: ".venv/lib")
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: libraries.path)) ?? []
    return versions.map { libraries.appending(path: "\($0)/site-packages/noida_db/noida-db").path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()

  /// A broker that is not started yet.
  package init() throws {
    server = try ServerProcess("kafka")
    port = try Self.freePort()
  }

  package var servers: String { "127.0.0.1:\(port)" }

  /// Starts it; whoever asks it keeps asking until it answers.
  package func start() throws {
    guard let executable = Self.executable else { throw ServerFailure(words: "not installed") }
    chmod(executable, 0o755)
    try server.start(
      executable,
      [
        "start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir",
        data.path,
      ])
  }

  package func kill() { server.kill() }

  /// Waits until nothing more is written for three seconds, at most half a minute.
  package func waitUntilSaved() throws {
    var (before, since) = (try saved(), ContinuousClock.now)
    let start = since
    while ContinuousClock.now - since < .seconds(3), ContinuousClock.now - start < .seconds(30) {
      usleep(100_000)
      let now = try saved()
      if now != before { (before, since) = (now, ContinuousClock.now) }
    }
  }

  /// Every file of the broker with its size.
  private func saved() throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: data.path) {
      let path = data.appending(path: name).path
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      sizes[name] = attributes?[.size] as? Int
    }
    return sizes
  }

  /// Keeps a copy of what the broker has on disk, after it has ended.
  package func saveData() throws {
    try FileManager.default.copyItem(at: data, to: server.folder.appending(path: "saved"))
  }

  /// Puts the copy in the place of what the broker has: all that came later is lost.
  package func restoreData() throws {
    try FileManager.default.removeItem(at: data)
    try FileManager.default.copyItem(at: server.folder.appending(path: "saved"), to: data)
  }

  private var data: URL { server.folder.appending(path: "data") }

  private static func freePort() throws -> Int {
    let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(handle) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(handle, $0, size) == 0 ? getsockname(handle, $0, &size) : -1
      }
    }
    guard status == 0 else { throw ServerFailure(words: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
