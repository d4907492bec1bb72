import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A listening socket that takes one connection after the other.
///
/// - Concurrency: `serve` on one thread; `stop` from any.
final class Listener: Sendable {
  let port: Int
  private let descriptor: Int32
  /// A pipe whose end wakes `serve`.
  private let wake: (reading: Int32, writing: Int32)
  private let isStopped = Atomic<Bool>(false)

  /// Binds an address: a name or number of this machine.
  init(address: String, port: Int) throws {
    func failure(_ detail: String) -> MetricsServerError {
      MetricsServerError(place: "\(address):\(port)", detail: detail)
    }
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(address, "\(port)", &hints, &found)
    guard code == 0, let first = found else {
      throw failure(String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(found) }
    let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
    guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
    var one: Int32 = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0,
      listen(descriptor, Limits.backlog) == 0
    else {
      let detail = String(cString: strerror(errno))
      close(descriptor)
      throw failure(detail)
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      close(descriptor)
      throw failure(String(cString: strerror(errno)))
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    self.descriptor = descriptor
    wake = (ends[0], ends[1])
    self.port = Listener.port(of: descriptor) ?? port
  }

  deinit {
    close(descriptor)
    close(wake.reading)
    close(wake.writing)
  }

  private static func port(of descriptor: Int32) -> Int? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutableBytes(of: &storage) { bytes in
      bytes.baseAddress.map {
        getsockname(descriptor, $0.assumingMemoryBound(to: sockaddr.self), &length)
      } ?? -1
    }
    guard code == 0 else { return nil }
    // The port stands behind the family in both families, in network order.
    return withUnsafeBytes(of: &storage) { Int($0[2]) << 8 | Int($0[3]) }
  }

  /// Makes `serve` return.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    var byte: UInt8 = 0
    _ = write(wake.writing, &byte, 1)
  }

  /// Answers connections until `stop`.
  func serve(_ answer: (HTTPRequest?) -> HTTPAnswer) {
    while !isStopped.load(ordering: .relaxed) {
      var waited = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&waited, 2, -1) > 0, waited[0].revents != 0 else { continue }
      let connection = accept(descriptor, nil, nil)
      if connection < 0 { continue }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      converse(connection, answer)
      close(connection)
    }
  }

  private func converse(_ connection: Int32, _ answer: (HTTPRequest?) -> HTTPAnswer) {
    _ = fcntl(connection, F_SETFL, O_NONBLOCK)
    var request: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 2_048)
    while !HTTPRequest.isWhole(request) {
      guard request.count < Limits.requestByteCount, isReady(connection, POLLIN) else { return }
      let count = piece.withUnsafeMutableBytes { read(connection, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      request += piece[..<count]
    }
    let parsed = HTTPRequest(request)
    var bytes = answer(parsed).bytes(isHead: parsed?.method == "HEAD")[...]
    while !bytes.isEmpty {
      guard isReady(connection, POLLOUT) else { return }
      let count = bytes.withUnsafeBytes { buffer in
        #if canImport(Glibc)
          send(connection, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        #else
          send(connection, buffer.baseAddress, buffer.count, 0)
        #endif
      }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Waits a little for a connection to be ready.
  private func isReady(_ connection: Int32, _ event: Int32) -> Bool {
    var waited = pollfd(fd: connection, events: Int16(event), revents: 0)
    return poll(&waited, 1, Limits.patienceMilliseconds) > 0
  }
}
