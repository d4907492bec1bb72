import Foundation
import MessageSourceChecks
import MessageSources
import ServersTesting

@testable import NATSSource

/// What these tests do to a real server.
typealias NATSServer = NATSProcess

extension NATSProcess {
  func address(_ rest: String = "", user: String = "") throws -> NATSAddress {
    try NATSAddress("nats://\(user)127.0.0.1:\(port)/\(rest)")
  }

  /// One request to the stream API, from a connection of its own; the answer as text.
  @discardableResult
  func request(_ operation: String, _ body: String = "", user: String = "") throws -> String {
    let connection = try NATSConnection(address(user: user), reading: .callersThread)
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
    try publishAll(
      messages, to: NATSSink(try address(rest, user: user)), subject: subject)
  }

  /// All files of the server's store.
  var files: [String] {
    (try? FileManager.default.subpathsOfDirectory(atPath: store.path))?
      .map { store.path + "/" + $0 } ?? []
  }

  /// A reader of the stream that an address names.
  func reader(_ rest: String = "SHOP") throws -> CommittingReader {
    CommittingReader(NATSSource(try address(rest)))
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
