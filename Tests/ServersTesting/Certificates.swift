package import Foundation

/// An authority, another one that signed nothing, and a server's and a client's certificate for
/// 127.0.0.1, made anew by openssl: `ca.pem`, `other.pem`, `server.pem`, `server.key`,
/// `client.pem`, `client.key`.
package final class Certificates {
  package let folder: URL

  /// Whether there is an openssl to make them with.
  package static let canBeMade = FileManager.default.isExecutableFile(atPath: openssl)
  private static let openssl = "/usr/bin/openssl"

  package init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "daybook-tls-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["ca", "other"] {
      try openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test-\(name)",
        "-keyout", "\(name).key", "-out", "\(name).pem")
    }
    try "subjectAltName=IP:127.0.0.1,DNS:localhost".write(
      to: folder.appending(path: "names"), atomically: true, encoding: .utf8)
    for name in ["server", "client"] {
      try openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=\(name)", "-keyout", "\(name).key",
        "-out", "\(name).csr")
      try openssl(
        "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "\(name).pem")
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The path of one of the files.
  package func path(_ name: String) -> String { folder.appending(path: name).path }

  private func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: Self.openssl)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      throw ServerFailure(words: "openssl \(arguments.joined(separator: " "))")
    }
  }
}
