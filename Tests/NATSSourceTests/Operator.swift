import CCrypto
import Foundation
import MessageSources

@testable import NATSSource

/// An operator with a system account and one of ours, as `nsc` makes them, with fresh keys: for a
/// server in operator mode whose resolver lies in memory.
///
/// - Source: NATS' ADR-14 (JWT claims, `ed25519-nkey`), nkeys README.
struct Operator {
  /// One Ed25519 pair with NKey's names for its halves.
  struct KeyPair {
    let seed: [UInt8]
    private let kind: UInt8

    /// - Parameter kind: the prefix: operator 14, account 0, user 20.
    init(kind: UInt8) {
      self.kind = kind << 3
      seed = (0..<32).map { _ in UInt8.random(in: 0...255) }
    }

    var publicKey: String { get throws { text([kind] + (try key { try Self.publicHalf($0) })) } }

    var seedText: String { text([18 << 3 | kind >> 5, kind << 3] + seed) }

    func sign(_ message: String) throws -> [UInt8] {
      try key { key in
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        let bytes = Array(message.utf8)
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
          EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1
        else { throw BadKey() }
        return signature
      }
    }

    private func text(_ bytes: [UInt8]) -> String {
      let sum = NKey.crc16(bytes[...])
      return NKey.encodeBase32(bytes + [UInt8(sum & 0xff), UInt8(sum >> 8)])
    }

    private func key<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
      guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
        throw BadKey()
      }
      defer { EVP_PKEY_free(key) }
      return try body(key)
    }

    private static func publicHalf(_ key: OpaquePointer) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 32)
      var count = bytes.count
      guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 else { throw BadKey() }
      return bytes
    }
  }

  struct BadKey: Error {}

  private let key = KeyPair(kind: 14)
  private let system = KeyPair(kind: 0)
  private let account = KeyPair(kind: 0)

  /// What a server's configuration says of it.
  func configuration() throws -> String {
    """
    operator: \(try jwt("O", key.publicKey, #""type":"operator","version":2"#, by: key))
    system_account: \(try system.publicKey)
    resolver: MEMORY
    resolver_preload: {
      \(try system.publicKey): \(try accountJWT(system))
      \(try account.publicKey): \(try accountJWT(account))
    }
    """
  }

  private func accountJWT(_ account: KeyPair) throws -> String {
    let everything = [
      "subs", "data", "payload", "imports", "exports", "conn", "leaf", "mem_storage",
      "disk_storage", "streams", "consumer",
    ].map { "\"\($0)\":-1" }.joined(separator: ",")
    // The system's account stores nothing.
    let limits =
      try account.publicKey == system.publicKey
      ? everything.replacingOccurrences(of: #""mem_storage":-1,"disk_storage":-1,"#, with: "")
      : everything
    return try jwt(
      "A", account.publicKey,
      #""limits":{"wildcards":true,\#(limits)},"type":"account","version":2"#, by: key)
  }

  /// A credentials file of a new user of our account; with another key, of one that it never made.
  func credentials(isOurs: Bool = true, expiresAt: Int? = nil) throws -> String {
    let user = KeyPair(kind: 20)
    let issuer = isOurs ? account : KeyPair(kind: 0)
    let token = try jwt(
      "shop", user.publicKey,
      #""pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user","version":2"#,
      by: issuer, expiresAt: expiresAt)
    return """
      -----BEGIN NATS USER JWT-----
      \(token)
      ------END NATS USER JWT------

      -----BEGIN USER NKEY SEED-----
      \(user.seedText)
      ------END USER NKEY SEED------

      """
  }

  private func jwt(
    _ name: String, _ subject: String, _ claims: String, by issuer: KeyPair, expiresAt: Int? = nil
  ) throws -> String {
    let end = expiresAt.map { "\"exp\":\($0)," } ?? ""
    let body = """
      {"jti":"\(UUID())","iat":1700000000,\(end)"iss":"\(try issuer.publicKey)",\
      "name":"\(name)","sub":"\(subject)","nats":{\(claims)}}
      """
    let signed = Self.base64(#"{"typ":"JWT","alg":"ed25519-nkey"}"#.utf8) + "."
      + Self.base64(body.utf8)
    return signed + "." + Self.base64(try issuer.sign(signed))
  }

  private static func base64(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}
