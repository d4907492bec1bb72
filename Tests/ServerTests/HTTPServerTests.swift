import Logging
import Server
import ServiceLifecycle
import Synchronization
import Testing
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct `Metrics over HTTP` {
  private final class Reasons: Sendable {
    let list = Mutex<[String]>([])
  }

  private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// A socket with a server on this machine, which sends these bytes; nil when nobody listens.
  private static func connection(_ text: String, port: Int) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(descriptor)
      return nil
    }
    let request = Array(text.utf8)
    _ = request.withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    return descriptor
  }

  /// Bytes over a plain socket, and the answer as it comes; empty when there is none.
  private func exchange(_ text: String, port: Int) async -> String {
    await onOwnThread {
      guard let descriptor = Self.connection(text, port: port) else { return "" }
      defer { close(descriptor) }
      var answer: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count <= 0 { break }
        answer += piece[..<count]
      }
      return String(decoding: answer, as: UTF8.self)
    }
  }

  private func request(_ method: String, _ path: String, port: Int) async -> String {
    await exchange(
      "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port)
  }

  private func server(
    port: Int = 0, _ answers: MetricsAnswers, onServing: @escaping @Sendable (Int) -> Void
  ) -> HTTPServer {
    HTTPServer(
      address: "127.0.0.1", port: port, routes: [MetricsRoutes(answers)], logger: Self.silent,
      onServing: onServing)
  }

  /// Runs a body while a server serves; returns the port that it had.
  private func serving(
    _ answers: MetricsAnswers, _ body: (_ port: Int) async throws -> Void
  ) async throws -> Int {
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let group = ServiceGroup(
      services: [server(answers) { found.yield($0) }], logger: Self.silent)
    async let run: Void = group.run()
    var iterator = ports.makeAsyncIterator()
    let port = try #require(await iterator.next())
    try await body(port)
    await group.triggerGracefulShutdown()
    try await run
    return port
  }

  @Test func `health, readiness and metrics are served until it is stopped`() async throws {
    let reasons = Reasons()
    let answers = MetricsAnswers(
      metrics: { "# TYPE x counter\nx 1\n" },
      unreadyReasons: { reasons.list.withLock { $0 } })
    let port = try await serving(answers) { port in
      #expect(port > 0)
      let metrics = await request("GET", "/metrics", port: port)
      #expect(metrics.hasPrefix("HTTP/1.1 200"))
      #expect(metrics.lowercased().contains("content-type: text/plain; version=0.0.4"))
      #expect(metrics.hasSuffix("\r\n\r\n# TYPE x counter\nx 1\n"))
      #expect(await request("GET", "/healthz", port: port).hasSuffix("\r\n\r\nok\n"))
      #expect(await request("GET", "/readyz", port: port).hasPrefix("HTTP/1.1 200"))
      reasons.list.withLock { $0 = ["commerce is unreachable"] }
      let unready = await request("GET", "/readyz", port: port)
      #expect(unready.hasPrefix("HTTP/1.1 503"))
      #expect(unready.hasSuffix("commerce is unreachable\n"))
      #expect(await request("GET", "/metrics?x=1", port: port).hasPrefix("HTTP/1.1 200"))
    }
    #expect(await request("GET", "/healthz", port: port).isEmpty)
  }

  @Test func `what is none of its requests is refused in words, and the next one answered`()
    async throws
  {
    let answers = MetricsAnswers(metrics: { "x 1\n" }, unreadyReasons: { [] })
    _ = try await serving(answers) { port in
      let other = await request("GET", "/other", port: port)
      #expect(other.hasPrefix("HTTP/1.1 404"))
      #expect(other.hasSuffix("there is /metrics, /healthz, /readyz\n"))
      let head = await request("HEAD", "/metrics", port: port)
      #expect(head.hasPrefix("HTTP/1.1 200"))
      #expect(head.lowercased().contains("content-length: 4\r\n"))
      #expect(head.hasSuffix("\r\n\r\n"))
      for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let refused = await request(method, "/metrics", port: port)
        #expect(refused.hasPrefix("HTTP/1.1 405"), "\(method)")
        #expect(refused.lowercased().contains("allow: get, head\r\n"), "\(method)")
      }
      for nonsense in ["GET\r\n\r\n", "GET / SMTP/1\r\n\r\n", "\0\u{1}\u{2}\n\n"] {
        #expect(await exchange(nonsense, port: port).hasPrefix("HTTP/1.1 400"), "\(nonsense)")
      }
      // Too much of a header is dropped.
      let long = String(repeating: "x", count: 100_000)
      #expect(await !request("GET", "/\(long)", port: port).contains("200 OK"))
      let field = "GET /healthz HTTP/1.1\r\nX: \(long)\r\n\r\n"
      #expect(await !exchange(field, port: port).contains("200 OK"))
      #expect(await request("GET", "/healthz", port: port).hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func `a second one cannot have the same port, and says which`() async throws {
    let answers = MetricsAnswers(metrics: { "" }, unreadyReasons: { [] })
    _ = try await serving(answers) { port in
      let second = server(port: port, answers) { _ in }
      let error = await #expect(throws: HTTPServerError.self) { try await second.run() }
      #expect(error?.place == "127.0.0.1:\(port)")
      #expect(error?.detail == "Address already in use")
    }
  }

  @Test func `a client that does not finish its request does not keep it from ending`()
    async throws
  {
    let answers = MetricsAnswers(metrics: { "" }, unreadyReasons: { [] })
    _ = try await serving(answers) { port in
      for text in ["GET /metrics HT", "GET /metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"] {
        _ = try #require(Self.connection(text, port: port))
      }
      #expect(await request("GET", "/healthz", port: port).hasPrefix("HTTP/1.1 200"))
    }
  }
}
