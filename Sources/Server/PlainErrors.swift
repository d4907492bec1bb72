import HTTPTypes
import Hummingbird

/// Answers what goes wrong in a line of text instead of an empty body.
struct PlainErrors: RouterMiddleware {
  typealias Context = BasicRequestContext

  /// What there is to ask for.
  let paths: [String]

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPError {
      let text =
        error.status == .notFound
        ? "there is \(paths.joined(separator: ", "))\n"
        : "\(error.body ?? error.status.reasonPhrase)\n"
      return .text(text, status: error.status, more: error.headers)
    }
  }
}

extension Response {
  /// A few lines that nobody keeps.
  static func text(
    _ text: String, status: HTTPResponse.Status = .ok,
    type: String = "text/plain; charset=utf-8", more: HTTPFields = [:]
  ) -> Response {
    var fields: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
    fields.append(contentsOf: more)
    return Response(
      status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
