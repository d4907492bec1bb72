import Server
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct `Metrics over HTTP` {
  private final class Reasons: Sendable {
    let list = Mutex<[String]>([])
  }

  private func get(_ path: String, port: Int) -> String {
    exchange("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port)
  }

  /// Bytes over a plain socket, and the answer as it comes; empty when there is none.
  private func exchange(_ text: String, port: Int) -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { return "" }
    let request = Array(text.utf8)
    _ = request.withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    var answer: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count <= 0 { break }
      answer += piece[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
  }

  @Test func `health, readiness and metrics are served until it is stopped`() throws {
    let reasons = Reasons()
    let server = MetricsServer(
      address: "127.0.0.1", port: 0,
      answers: MetricsAnswers(
        metrics: { "# TYPE x counter\nx 1\n" },
        unreadyReasons: { reasons.list.withLock { $0 } }))
    let port = try server.start()
    #expect(port > 0)
    let metrics = get("/metrics", port: port)
    #expect(metrics.hasPrefix("HTTP/1.1 200"))
    #expect(metrics.lowercased().contains("content-type: text/plain; version=0.0.4"))
    #expect(metrics.hasSuffix("\r\n\r\n# TYPE x counter\nx 1\n"))
    #expect(get("/healthz", port: port).hasPrefix("HTTP/1.1 200"))
    #expect(get("/readyz", port: port).hasPrefix("HTTP/1.1 200"))
    reasons.list.withLock { $0 = ["commerce is unreachable"] }
    let unready = get("/readyz", port: port)
    #expect(unready.hasPrefix("HTTP/1.1 503"))
    #expect(unready.hasSuffix("commerce is unreachable\n"))
    #expect(get("/other", port: port).hasPrefix("HTTP/1.1 404"))
    #expect(exchange("HEAD /metrics HTTP/1.1\r\n\r\n", port: port).hasSuffix("\r\n\r\n"))
    #expect(exchange("POST /metrics HTTP/1.1\r\n\r\n", port: port).hasPrefix("HTTP/1.1 405"))
    #expect(get("/metrics?x=1", port: port).hasPrefix("HTTP/1.1 200"))
    for nonsense in ["\n\n", "GET\r\n\r\n", "GET / SMTP/1\r\n\r\n", "\0\u{1}\u{2}\n\n"] {
      #expect(exchange(nonsense, port: port).hasPrefix("HTTP/1.1 400"), "\(nonsense)")
    }
    // Too much of a header is dropped; the next one is answered.
    let long = String(repeating: "x", count: 100_000)
    #expect(!exchange("GET /\(long) HTTP/1.1\r\n\r\n", port: port).contains("200"))
    #expect(get("/healthz", port: port).hasPrefix("HTTP/1.1 200"))
    // A second one cannot have the same port, and says which.
    let second = MetricsServer(
      address: "127.0.0.1", port: port,
      answers: MetricsAnswers(metrics: { "" }, unreadyReasons: { [] }))
    #expect(throws: MetricsServerError.self) { try second.start() }
    server.stop()
    #expect(get("/healthz", port: port).isEmpty)
  }
}
