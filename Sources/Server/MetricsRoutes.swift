import HTTPTypes
package import Hummingbird
import Threads

/// What the routes answer with, asked at each request on a thread of its own.
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

/// `/metrics`, `/healthz` and `/readyz`.
package struct MetricsRoutes: HTTPRoutes {
  private let answers: MetricsAnswers

  package init(_ answers: MetricsAnswers) { self.answers = answers }

  package var paths: [String] { ["/metrics", "/healthz", "/readyz"] }

  package func add(to router: Router<BasicRequestContext>) {
    let answers = answers
    router.get("/metrics") { _, _ in
      // The answer asks the catalog, which may have to wait for the disk.
      let text = await onOwnThread { answers.metrics() }
      return Response.text(text, type: "text/plain; version=0.0.4; charset=utf-8")
    }
    router.get("/healthz") { _, _ in Response.text("ok\n") }
    router.get("/readyz") { _, _ in
      let reasons = await onOwnThread { answers.unreadyReasons() }
      if reasons.isEmpty { return Response.text("ready\n") }
      return Response.text(
        reasons.map { $0 + "\n" }.joined(), status: .serviceUnavailable)
    }
    for path in paths {
      for method: HTTPRequest.Method in [.post, .put, .patch, .delete, .options, .trace, .connect] {
        router.on(RouterPath(path), method: method) { _, _ -> Response in
          throw HTTPError(
            .methodNotAllowed, headers: [.allow: "GET, HEAD"], message: "only GET and HEAD")
        }
      }
    }
  }
}
