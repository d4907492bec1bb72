import Foundation
import MessageSourceChecks
import MessageSources
import ServersTesting
import Testing

@testable import KafkaSource

/// TLS and SASL: the broker that these tests have can do neither, so a gate stands before it that
/// does both; the messages are a real broker's.
@Suite(
  .serialized,
  .enabled(
    if: MockCluster.isInstalled && KafkaBroker.executable != nil && Certificates.canBeMade,
    "no Kafka broker (scripts/setup.sh python), or no openssl"))
struct KafkaSecurity {
  private let broker: KafkaProcess
  private let certificates: Certificates

  init() throws {
    broker = try KafkaBroker.started()
    certificates = try Certificates()
  }

  /// Publishes through one address and reads back through it.
  private func goesThrough(_ address: String) throws {
    try publishAll(numbered(0..<200), to: KafkaSink(KafkaAddress(address)))
    let reader = try makeReader(address)
    try reader.open()
    try reader.take(until: 200, idlePulls: 20)
    #expect(Set(reader.messages) == Set(numbered(0..<200)), "\(reader.source.name)")
  }

  /// What opening a source says; it must not say the secrets.
  private func refusal(_ address: String, _ secrets: [String] = []) throws -> String {
    let source = try KafkaSource(KafkaAddress(address))
    do {
      try source.open(resumeAfter: .none)
    } catch let error as SourceError {
      for secret in secrets { #expect(!"\(error) \(source.name)".contains(secret)) }
      guard case .refused = error else { return "not refused, but \(error)" }
      return "\(error)"
    }
    return "opened"
  }

  @Test func `messages go through TLS, and only to whom the authority knows`() throws {
    let gate = try KafkaGate(broker, certificates: certificates)
    let address = "kafka://\(gate.servers)/shop"
    try goesThrough("\(address)?tls_ca=\(certificates.path("ca.pem"))")
    let strange = try refusal("\(address)?tls_ca=\(certificates.path("other.pem"))")
    #expect(strange.contains("certificate verify failed"), "\(strange)")
    let unknown = try refusal("\(address)?tls=true")
    #expect(unknown.contains("certificate verify failed"), "\(unknown)")
    let none = try refusal("\(address)?tls_ca=/nowhere/ca.pem")
    #expect(none.contains("ssl.ca.location"), "\(none)")
  }

  @Test func `a broker may ask for the client's certificate`() throws {
    let gate = try KafkaGate(broker, certificates: certificates, asksForCertificate: true)
    let address = "kafka://\(gate.servers)/shop?tls_ca=\(certificates.path("ca.pem"))"
    let ours =
      "&tls_cert=\(certificates.path("client.pem"))&tls_key=\(certificates.path("client.key"))"
    try goesThrough(address + ours)
    let without = try refusal(address)
    #expect(without.contains("certificate required") || without.contains("SSL"), "\(without)")
  }

  @Test(arguments: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], [false, true])
  func `messages go through SASL`(_ mechanism: String, _ isSecure: Bool) throws {
    let gate = try KafkaGate(
      broker, certificates: isSecure ? certificates : nil,
      login: KafkaGate.Login(mechanism, user: "shop", password: "p@ss/w0rd"))
    let options =
      "sasl.mechanism=\(mechanism)" + (isSecure ? "&tls_ca=\(certificates.path("ca.pem"))" : "")
    try goesThrough("kafka://shop:p%40ss%2Fw0rd@\(gate.servers)/shop?\(options)")
    let wrong = try refusal(
      "kafka://shop:wr0ng@\(gate.servers)/shop?\(options)", ["wr0ng", "p@ss/w0rd"])
    #expect(wrong.contains("check user, password"), "\(wrong)")
    #expect(!wrong.contains("not refused"), "\(wrong)")
  }

  @Test func `TLS to a broker without it, and plain words to one with it, are told apart`() throws {
    // A broker that hangs up may be starting: it is tried again, and what it looks like is said.
    let secure = try refusal("kafka://\(broker.servers)/shop?tls=true")
    #expect(secure.contains("not refused"), "\(secure)")
    #expect(secure.contains("SSL handshake failed"), "\(secure)")
    let gate = try KafkaGate(broker, certificates: certificates)
    let plain = try refusal("kafka://\(gate.servers)/shop")
    #expect(plain.contains("not refused"), "\(plain)")
    #expect(plain.contains("isconnected"), "\(plain)")
  }
}
