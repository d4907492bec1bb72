package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Paths that belong together, and what answers them.
package protocol HTTPRoutes: Sendable {
  /// For the one who asks for something else.
  var paths: [String] { get }
  /// Names each path and its answer.
  func add(to router: Router<BasicRequestContext>)
}

/// Why the server could not start.
package struct HTTPServerError: Error, CustomStringConvertible {
  package var place: String
  package var detail: String

  package var description: String { "HTTP cannot be served on \(place): \(detail)" }
}

/// Serves routes over HTTP/1.1 until the group of services it belongs to ends.
///
/// - Concurrency: answers are asynchronous and may block nowhere: what takes time goes to a thread
///   of its own.
package struct HTTPServer: Service {
  private let address: String
  private let port: Int
  private let routes: [any HTTPRoutes]
  private let logger: Logger
  private let onServing: @Sendable (_ port: Int) -> Void

  /// - Parameters:
  ///   - port: 0 lets the system pick one.
  ///   - onServing: told the port once it is bound.
  package init(
    address: String, port: Int, routes: [any HTTPRoutes], logger: Logger,
    onServing: @escaping @Sendable (_ port: Int) -> Void
  ) {
    self.address = address
    self.port = port
    self.routes = routes
    self.logger = logger
    self.onServing = onServing
  }

  /// Binds and serves; after a graceful shutdown answers under way are given, for a while.
  ///
  /// - Errors: `HTTPServerError` when the address cannot be bound.
  package func run() async throws {
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: Limits.eventLoopCount)
    let application = Application(
      router: router(), server: .http1(configuration: connections()),
      configuration: ApplicationConfiguration(
        address: .hostname(address, port: port), backlog: Limits.backlog,
        availableConnectionsDelegate: MaximumAvailableConnections(
          Limits.connectionCount, logger: logger)),
      onServerRunning: { channel in onServing(channel.localAddress?.port ?? port) },
      eventLoopGroupProvider: .shared(loops), logger: logger)
    var life = ServiceGroupConfiguration(
      services: [ServiceGroupConfiguration.ServiceConfiguration(service: application)],
      logger: logger)
    life.maximumGracefulShutdownDuration = .seconds(Limits.endSeconds)
    let result: Result<Void, any Error>
    do {
      try await ServiceGroup(configuration: life).run()
      result = .success(())
    } catch is CancellationError {
      // Somebody did not take an answer in time.
      result = .success(())
    } catch {
      result = .failure(
        HTTPServerError(place: "\(address):\(port)", detail: HTTPServer.detail(of: error)))
    }
    try await loops.shutdownGracefully()
    try result.get()
  }

  private func router() -> Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: PlainErrors(paths: routes.flatMap(\.paths)))
    for part in routes { part.add(to: router) }
    return router
  }

  private func connections() -> HTTP1Channel.Configuration {
    HTTP1Channel.Configuration(
      idleTimeout: .seconds(Limits.idleSeconds),
      httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
        maxHeaderFieldSize: Limits.headerByteCount, maxHeaderListSize: Limits.headerByteCount,
        maxHeaderFieldCount: Limits.headerFieldCount))
  }

  private static func detail(of error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    return String(cString: strerror(error.errnoCode))
  }
}
