import Foundation

/// What stands before a Kafka broker that has neither TLS nor SASL, and does both
/// (`scripts/kafka_gate.py`).
///
/// - Concurrency: as of `ServerProcess`.
package final class KafkaGate: @unchecked Sendable {
  /// How a client must prove who it is.
  package struct Login: Sendable {
    package var mechanism: String
    package var user: String
    package var password: String

    package init(_ mechanism: String, user: String, password: String) {
      self.mechanism = mechanism
      self.user = user
      self.password = password
    }
  }

  private let server: ServerProcess
  private let port: Int

  /// - Parameters:
  ///   - certificates: with them the gate speaks TLS only.
  ///   - asksForCertificate: whether a client must have one of the same authority.
  package init(
    _ broker: KafkaProcess, certificates: Certificates? = nil, asksForCertificate: Bool = false,
    login: Login? = nil
  ) throws {
    server = try ServerProcess("gate")
    let script = ServerProcess.repository.appending(path: "scripts/kafka_gate.py").path
    var arguments = [
      "python3", script, "\(broker.port)", certificates?.folder.path ?? server.folder.path,
    ]
    if let certificates {
      arguments.append("--tls")
      if asksForCertificate { arguments += ["--client-ca", certificates.path("ca.pem")] }
    }
    if let login { arguments += ["--sasl", login.mechanism, login.user, login.password] }
    let log = try server.start("/usr/bin/env", arguments, awaiting: "gate on ")
    guard let match = log.firstMatch(of: /gate on (\d+)/), let port = Int(match.1) else {
      throw ServerFailure(words: log)
    }
    self.port = port
  }

  package var servers: String { "127.0.0.1:\(port)" }
}
