import Threads

/// What the server answers with, asked at each request on the server's thread.
package struct MetricsAnswers: Sendable {
  /// Prometheus text.
  package var metrics: @Sendable () -> String
  /// Why the subscriber is not ready; empty when it is.
  package var unreadyReasons: @Sendable () -> [String]

  package init(
    metrics: @escaping @Sendable () -> String,
    unreadyReasons: @escaping @Sendable () -> [String]
  ) {
    self.metrics = metrics
    self.unreadyReasons = unreadyReasons
  }
}

/// Why the server could not start.
package struct MetricsServerError: Error, CustomStringConvertible {
  package var place: String
  package var detail: String

  package var description: String { "metrics cannot be served on \(place): \(detail)" }
}

/// Serves `/metrics`, `/healthz` and `/readyz` over HTTP/1.1, one connection after the other, on a
/// thread of its own.
///
/// - Concurrency: `start` and `stop` from one thread.
package final class MetricsServer {
  private let address: String
  private let port: Int
  private let answers: MetricsAnswers
  private var listener: Listener?
  private var thread: OwnThread?

  /// - Parameter port: 0 lets the system pick one.
  package init(address: String, port: Int, answers: MetricsAnswers) {
    self.address = address
    self.port = port
    self.answers = answers
  }

  deinit { stop() }

  /// Binds and serves; returns the port.
  ///
  /// - Errors: `MetricsServerError` when the address cannot be bound.
  @discardableResult
  package func start() throws -> Int {
    let listener = try Listener(address: address, port: port)
    let answers = answers
    self.listener = listener
    thread = OwnThread {
      listener.serve { MetricsServer.answer($0, answers) }
    }
    return listener.port
  }

  /// Ends the server, after the answer that is under way.
  package func stop() {
    listener?.stop()
    thread?.join()
    listener = nil
    thread = nil
  }

  private static func answer(_ request: HTTPRequest?, _ answers: MetricsAnswers) -> HTTPAnswer {
    guard let request else {
      return HTTPAnswer(status: "400 Bad Request", body: "this is no HTTP request\n")
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      return HTTPAnswer(status: "405 Method Not Allowed", body: "only GET and HEAD\n")
    }
    switch request.path {
    case "/metrics":
      return HTTPAnswer(
        status: "200 OK", type: "text/plain; version=0.0.4; charset=utf-8",
        body: answers.metrics())
    case "/healthz": return HTTPAnswer(status: "200 OK", body: "ok\n")
    case "/readyz":
      let reasons = answers.unreadyReasons()
      if reasons.isEmpty { return HTTPAnswer(status: "200 OK", body: "ready\n") }
      return HTTPAnswer(
        status: "503 Service Unavailable", body: reasons.map { $0 + "\n" }.joined())
    default:
      return HTTPAnswer(
        status: "404 Not Found", body: "there is /metrics, /healthz and /readyz\n")
    }
  }
}
