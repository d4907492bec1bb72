import Foundation
import MessageSourceChecks
import MessageSources
import ServersTesting
import Testing

@testable import NATSSource

/// Every way to prove who one is, against a real server, and what is said when it is refused.
@Suite(
  .serialized,
  .enabled(if: !NATSServer.installed.isEmpty, "no nats-server (scripts/setup.sh python)"))
struct Credentials {
  private func check(
    _ server: NATSServer, good: NATSAddress, bad: [NATSAddress], secrets: [String]
  ) throws {
    let source = NATSSource(good)
    try source.open(resumeAfter: .none)
    var batch = MessageBatch()
    let limit = PullLimit(messageCount: 10, byteCount: 1 << 20)
    for _ in 0..<8 where batch.isEmpty {
      _ = try source.pull(into: &batch, limit: limit, wait: .milliseconds(500))
    }
    #expect(batch.count == 3)
    for address in bad {
      let refused = NATSSource(address)
      do {
        try refused.open(resumeAfter: .none)
        Issue.record("wrong credentials were accepted")
      } catch let error as SourceError {
        guard case .refused = error else {
          Issue.record("\(error) is not a refusal")
          continue
        }
        for secret in secrets {
          #expect(!"\(error) \(refused.name)".contains(secret), "credentials in an error")
        }
      }
    }
  }

  @Test(arguments: NATSServer.installed)
  func `a token in the address or in a file`(_ executable: String) throws {
    let server = try NATSServer(executable, configuration: "authorization { token: \"s3cret\" }")
    try server.makeStream(user: "s3cret@")
    try server.publish(numbered(0..<3), user: "s3cret@")
    let file = server.folder.appending(path: "token")
    try "s3cret\n".write(to: file, atomically: true, encoding: .utf8)
    try check(
      server, good: server.address("SHOP?token_file=\(file.path)"),
      bad: [
        server.address("SHOP"), server.address("SHOP", user: "wr0ng@"),
        server.address("SHOP", user: "x:s3cret@"),
      ], secrets: ["s3cret", "wr0ng"])
  }

  @Test(arguments: NATSServer.installed)
  func `a user with a password, or with an empty one`(_ executable: String) throws {
    let server = try NATSServer(
      executable,
      configuration: """
        authorization { users: [{user: "shop", password: "p@ss/w0rd"}, {user: "event", password: ""}] }
        """)
    let user = "shop:p%40ss%2Fw0rd@"
    try server.makeStream(user: user)
    try server.publish(numbered(0..<3), user: user)
    try check(
      server, good: server.address("SHOP", user: user),
      bad: [server.address("SHOP", user: "shop:wr0ng@"), server.address("SHOP", user: "shop@")],
      secrets: ["p@ss", "wr0ng"])
    try NATSSource(server.address("SHOP", user: "event:@")).open(resumeAfter: .none)
  }

  @Test(arguments: NATSServer.installed)
  func `an nkey, whose public half is computed from the seed`(_ executable: String) throws {
    let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    let publicKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
    let server = try NATSServer(
      executable, configuration: "authorization { users: [{nkey: \(publicKey)}] }")
    let file = server.folder.appending(path: "seed")
    try "\(seed)\n".write(to: file, atomically: true, encoding: .utf8)
    #expect(try NKey.publicKey(ofSeedFile: file.path, place: "here") == publicKey)
    let good = try server.address("SHOP?nkey=\(file.path)")
    let connection = try NATSConnection(good, reading: .callersThread)
    _ = try connection.request(
      "$JS.API.STREAM.CREATE.SHOP", "{\"name\":\"SHOP\",\"subjects\":[\"shop.>\"]}",
      milliseconds: 5_000)
    try server.publish(numbered(0..<3), rest: "?nkey=\(file.path)")
    let broken = server.folder.appending(path: "broken")
    try seed.replacingOccurrences(of: "UAHU", with: "UAHV")
      .write(to: broken, atomically: true, encoding: .utf8)
    try check(
      server, good: good,
      bad: [
        server.address("SHOP"), server.address("SHOP?nkey=\(broken.path)"),
        server.address("SHOP?nkey=/nowhere"),
      ], secrets: [seed, "SUACSSL"])
  }

  /// libnats signs one in some hundred challenges wrongly; that is no refusal.
  @Test(arguments: NATSServer.installed)
  func `a right nkey is accepted however often it is shown`(_ executable: String) throws {
    let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    let publicKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
    let server = try NATSServer(
      executable, configuration: "authorization { users: [{nkey: \(publicKey)}] }")
    let file = server.folder.appending(path: "seed")
    try seed.write(to: file, atomically: true, encoding: .utf8)
    let address = try server.address("SHOP?nkey=\(file.path)")
    for _ in 0..<1_000 { _ = try NATSConnection(address, reading: .callersThread) }
  }

  @Test(arguments: NATSServer.installed)
  func `a credentials file of a user whose account an operator signed`(
    _ executable: String
  ) throws {
    let owner = Operator()
    let server = try NATSServer(executable, configuration: owner.configuration())
    func file(_ name: String, _ text: String) throws -> String {
      let url = server.folder.appending(path: name)
      try text.write(to: url, atomically: true, encoding: .utf8)
      return url.path
    }
    let ours = try file("ours.creds", owner.credentials())
    let connection = try NATSConnection(server.address("?creds=\(ours)"), reading: .callersThread)
    _ = try connection.request(
      "$JS.API.STREAM.CREATE.SHOP", "{\"name\":\"SHOP\",\"subjects\":[\"shop.>\"]}",
      milliseconds: 5_000)
    try server.publish(numbered(0..<3), rest: "?creds=\(ours)")
    let strange = try file("strange.creds", owner.credentials(isOurs: false))
    let old = try file("old.creds", owner.credentials(expiresAt: 1_700_000_100))
    try check(
      server, good: server.address("SHOP?creds=\(ours)"),
      bad: [
        server.address("SHOP"), server.address("SHOP?creds=\(strange)"),
        server.address("SHOP?creds=\(old)"), server.address("SHOP?creds=/nowhere"),
      ], secrets: ["eyJ", "SUA"])
  }

  @Test(
    .enabled(if: Certificates.canBeMade, "no openssl command"),
    arguments: NATSServer.installed)
  func `TLS with an authority and a client's certificate`(_ executable: String) throws {
    let certificates = try Certificates()
    let folder = certificates.folder.path
    let server = try NATSServer(
      executable,
      configuration: """
        tls { cert_file: "\(folder)/server.pem", key_file: "\(folder)/server.key",
              ca_file: "\(folder)/ca.pem", verify: true }
        """)
    let files = "tls_ca=\(folder)/ca.pem&tls_cert=\(folder)/client.pem&tls_key=\(folder)/client.key"
    let good = try server.address("SHOP?\(files)")
    let connection = try NATSConnection(good, reading: .callersThread)
    _ = try connection.request(
      "$JS.API.STREAM.CREATE.SHOP", "{\"name\":\"SHOP\",\"subjects\":[\"shop.>\"]}",
      milliseconds: 5_000)
    try server.publish(numbered(0..<3), rest: "?\(files)")
    try check(
      server, good: good,
      bad: [
        server.address("SHOP"),
        server.address(
          "SHOP?tls_ca=\(folder)/other.pem&tls_cert=\(folder)/client.pem&tls_key=\(folder)/client.key"
        ),
        server.address("SHOP?tls_ca=/nowhere"),
      ], secrets: [])
  }
}
