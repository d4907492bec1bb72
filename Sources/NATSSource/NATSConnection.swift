import CNATS
import MessageSources

/// One connection of libnats. It never reconnects by itself: whoever uses it closes it after an
/// error and opens another, so that no request is left over from an earlier connection.
///
/// - Concurrency: one thread at a time.
final class NATSConnection {
  let handle: OpaquePointer
  private let place: String
  private let inboxPrefix: String?
  /// Without one libnats has threads of its own that read and send.
  private let loop: ConnectionLoop?
  /// Where answers come to a connection with a loop; made with the first request.
  private var answers: AnswerInbox?

  /// Who reads what the server sends.
  enum Reading {
    /// A thread of libnats, which hands messages over one by one; small messages of ours are sent
    /// together.
    case libraryThread
    /// The thread that uses the connection, while it takes messages, requests or turns: nothing is
    /// handed from thread to thread. Only without TLS: libnats waits without end for the rest of a
    /// record there.
    case callersThread
  }

  /// Connects.
  init(_ address: NATSAddress, reading: Reading) throws {
    place = address.name
    inboxPrefix = address.inboxPrefix
    try Self.load(place)
    let loop = reading == .callersThread && !address.isSecure ? ConnectionLoop() : nil
    var options: OpaquePointer?
    var status = daybook_natsOptions_Create(&options)
    guard status == natsOK, let options else { throw Self.failure(status, place, "out of memory") }
    defer { daybook_natsOptions_Destroy(options) }
    try Self.fill(options, address)
    _ = daybook_natsOptions_SetSendAsap(options, reading == .callersThread)
    if let loop {
      guard daybook_nats_use_loop(options, loop.state) == natsOK else {
        throw Self.failure(natsOK, place, "out of memory")
      }
      // The timer's thread would close the socket under us. Heartbeats tell a dead server.
      _ = daybook_natsOptions_SetPingInterval(options, 0)
    }
    var connection: OpaquePointer?
    for _ in 0..<(address.credentials.areSigned ? Limits.signatureAttempts : 1) {
      status = daybook_natsConnection_Connect(&connection, options)
      if Int(status) != daybook_NATS_CONNECTION_AUTH_FAILED { break }
    }
    guard status == natsOK, let connection else {
      throw Self.connectFailure(status, address, Self.lastError(status))
    }
    handle = connection
    self.loop = loop
  }

  deinit {
    answers?.end()
    // Closing would wait for a thread that sends what is left.
    if let loop { _ = daybook_nats_turn(handle, loop.state, 0) }
    daybook_natsConnection_Close(handle)
    daybook_natsConnection_Destroy(handle)
    withExtendedLifetime(loop) {}
  }

  /// Loads libnats, or says how to get it.
  static func load(_ place: String) throws {
    if let why = daybook_nats_load() {
      throw SourceError.refused(
        place: place, detail: "libnats is not installed (\(String(cString: why)))",
        hint: "install it: apt-get install libnats3.4 (macOS: brew install cnats)")
    }
  }

  var isConnected: Bool { daybook_natsConnection_Status(handle) == natsConnected }

  /// The largest message that the server takes.
  var maxPayload: Int { Int(daybook_natsConnection_GetMaxPayload(handle)) }

  /// Why the connection closed, as far as libnats knows.
  var closeReason: String {
    var text: UnsafePointer<CChar>?
    _ = daybook_natsConnection_GetLastError(handle, &text)
    let words = text.map { String(cString: $0) } ?? ""
    return words.isEmpty ? "the connection was lost" : "the connection was lost: \(words)"
  }

  /// Takes what the server sent, if the connection is read by the thread that uses it: called now
  /// and then while nobody takes messages, so that the server need not wait and keeps it.
  func tend() {
    guard let loop else { return }
    for _ in 0..<Limits.tendedTurns where daybook_nats_turn(handle, loop.state, 0) <= 0 { return }
  }

  /// A subscription without a limit: what may come is limited by what is asked for.
  func subscribe(_ subject: String) throws -> OpaquePointer {
    var subscription: OpaquePointer?
    guard daybook_natsConnection_SubscribeSync(&subscription, handle, subject) == natsOK,
      let subscription
    else { throw SourceError.unreachable(place: place, detail: closeReason) }
    _ = daybook_natsSubscription_SetPendingLimits(subscription, -1, -1)
    return subscription
  }

  /// The next message of a subscription, waiting at most so long; whoever gets it destroys it.
  ///
  /// - Returns: libnats' status, `natsTimeout` when nothing came.
  func next(
    _ message: inout OpaquePointer?, of subscription: OpaquePointer, milliseconds: Int64
  ) -> UInt32 {
    guard let loop else {
      return daybook_natsSubscription_NextMsg(&message, subscription, milliseconds)
    }
    while true {
      let status = daybook_natsSubscription_NextMsg(&message, subscription, 0)
      guard status == natsTimeout else { return status }
      switch daybook_nats_turn(handle, loop.state, Int32(clamping: milliseconds)) {
      case 0: return natsTimeout
      case 1: continue
      default: return UInt32(daybook_NATS_CONNECTION_CLOSED)
      }
    }
  }

  /// One request and its answer.
  ///
  /// - Errors: `SourceError.unreachable` without an answer in time.
  func request(_ subject: String, _ body: String, milliseconds: Int64) throws -> [UInt8] {
    var reply: OpaquePointer?
    let status =
      loop == nil
      ? body.withCString { bytes in
        daybook_natsConnection_Request(
          &reply, handle, subject, bytes, Int32(body.utf8.count), milliseconds)
      }
      : try askInTurns(&reply, subject, body, milliseconds)
    guard status == natsOK, let reply else { throw requestFailure(status, subject) }
    defer { daybook_nats_release(reply) }
    return Array(bytes(of: reply))
  }

  /// The same where no thread of libnats would take the answer.
  private func askInTurns(
    _ reply: inout OpaquePointer?, _ subject: String, _ body: String, _ milliseconds: Int64
  ) throws -> UInt32 {
    let answers = try self.answers ?? AnswerInbox(self)
    self.answers = answers
    let address = answers.nextAddress()
    let sent = daybook_natsConnection_PublishRequest(
      handle, subject, address, body, Int32(body.utf8.count))
    guard sent == natsOK else { return sent }
    let deadline = ContinuousClock.now + .milliseconds(milliseconds)
    while true {
      let left = (deadline - ContinuousClock.now) / .milliseconds(1)
      if left <= 0 { return natsTimeout }
      let status = next(
        &reply, of: answers.subscription, milliseconds: Int64(left.rounded(.up)))
      guard status == natsOK, let message = reply else { return status }
      // A stored message, as an answer, carries the subject that it came on.
      let place = daybook_natsMsg_GetSubject(message).map { String(cString: $0) } ?? ""
      if place == address || !answers.takes(place) { return natsOK }
      // The answer to an earlier request, which was given up.
      daybook_nats_release(message)
      reply = nil
    }
  }

  private func requestFailure(_ status: UInt32, _ subject: String) -> SourceError {
    switch status {
    case natsNoResponders:
      return .unreachable(
        place: place,
        detail: "nobody answers \(subject): JetStream is off, not ready, or not for this account")
    case natsTimeout where isConnected:
      return .unreachable(
        place: place, detail: "no answer to \(subject) (not permitted, or the server is busy)")
    default:
      return isConnected
        ? Self.failure(status, place, Self.lastError(status))
        : .unreachable(place: place, detail: closeReason)
    }
  }

  /// The bytes of a message: valid until it is destroyed.
  func bytes(of message: OpaquePointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: daybook_natsMsg_GetData(message), count: Int(daybook_natsMsg_GetDataLength(message)))
  }
}

/// What a connection's loop needs as long as the connection lives.
private final class ConnectionLoop {
  let state = UnsafeMutablePointer<daybook_nats_loop>.allocate(capacity: 1)

  init() { state.initialize(to: daybook_nats_loop(descriptor: -1, wantsToWrite: false)) }

  deinit { state.deallocate() }
}

/// A subscription that takes the answers to requests, each to an address of its own.
private final class AnswerInbox {
  let subscription: OpaquePointer
  private let inbox: String
  private var number: UInt64 = 0

  init(_ connection: NATSConnection) throws {
    inbox = try connection.newInbox()
    subscription = try connection.subscribe(inbox + ".*")
  }

  func nextAddress() -> String {
    number += 1
    return "\(inbox).\(number)"
  }

  /// Whether it is the address of some request.
  func takes(_ address: String) -> Bool { address.hasPrefix(inbox + ".") }

  /// Called once, before the connection closes.
  func end() { daybook_natsSubscription_Destroy(subscription) }
}

// MARK: Options

extension NATSConnection {
  private static func fill(_ options: OpaquePointer, _ address: NATSAddress) throws {
    let place = address.name
    func check(_ status: UInt32, _ what: String) throws {
      guard status == natsOK else {
        throw SourceError.refused(
          place: place, detail: "\(what): \(lastError(status))", hint: "check that option")
      }
    }
    let servers = address.url.hosts.map { "nats://\($0.text)" }
    let copies = servers.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var list = copies.map { UnsafePointer($0) }
    try check(
      daybook_natsOptions_SetServers(options, &list, Int32(list.count)), "the list of servers")
    try check(daybook_nats_silence(options), "the error handler")
    _ = daybook_natsOptions_SetName(options, "daybook")
    _ = daybook_natsOptions_SetNoRandomize(options, true)
    _ = daybook_natsOptions_SetAllowReconnect(options, false)
    _ = daybook_natsOptions_SetTimeout(options, Limits.connectMilliseconds)
    _ = daybook_natsOptions_SetPingInterval(options, Limits.pingMilliseconds)
    _ = daybook_natsOptions_SetMaxPingsOut(options, Limits.pingsOut)
    _ = daybook_natsOptions_SetIOBufSize(options, Limits.ioBufferByteCount)
    if let prefix = address.inboxPrefix {
      try check(daybook_natsOptions_SetCustomInboxPrefix(options, prefix), "inbox_prefix")
    }
    switch address.credentials {
    case .none: break
    case .token(let token): try check(daybook_natsOptions_SetToken(options, token), "the token")
    case .user(let name, let password):
      try check(daybook_natsOptions_SetUserInfo(options, name, password), "user and password")
    case .file(let path):
      // libnats reads it while it connects, and would call that a server out of reach.
      guard access(path, R_OK) == 0 else {
        throw SourceError.refused(
          place: place, detail: "the creds file \(path) cannot be read",
          hint: "it holds a user's JWT and seed, as nsc writes them")
      }
      try check(
        daybook_natsOptions_SetUserCredentialsFromFiles(options, path, nil), "the creds file")
    case .nkey(let path):
      let publicKey = try NKey.publicKey(ofSeedFile: path, place: place)
      try check(daybook_natsOptions_SetNKeyFromSeed(options, publicKey, path), "the nkey")
    }
    guard address.isSecure else { return }
    try check(daybook_natsOptions_SetSecure(options, true), "TLS")
    if let authority = address.authorityFile {
      try check(daybook_natsOptions_LoadCATrustedCertificates(options, authority), "tls_ca")
    }
    if let certificate = address.certificateFile, let key = address.keyFile {
      try check(
        daybook_natsOptions_LoadCertificatesChain(options, certificate, key),
        "tls_cert and tls_key")
    }
    if let host = address.expectedHost {
      try check(daybook_natsOptions_SetExpectedHostname(options, host), "tls_host")
    }
  }

  /// A subject for answers that nobody else has, behind the prefix that the address gives them.
  func newInbox() throws -> String {
    var text: UnsafeMutablePointer<natsInbox>?
    guard daybook_natsInbox_Create(&text) == natsOK, let text else {
      throw SourceError.unreachable(place: place, detail: "no inbox: out of memory")
    }
    defer { daybook_natsInbox_Destroy(text) }
    // libnats puts its own prefix before a name of its own.
    let inbox = String(cString: text)
    guard let inboxPrefix, let dot = inbox.lastIndex(of: ".") else { return inbox }
    return inboxPrefix + inbox[dot...]
  }

  /// libnats' words for the last error of this thread.
  static func lastError(_ status: UInt32) -> String {
    var last: UInt32 = 0
    let words = daybook_nats_GetLastError(&last).map { String(cString: $0) } ?? ""
    let text = daybook_natsStatus_GetText(status).map { String(cString: $0) } ?? "status \(status)"
    return words.isEmpty || last != status ? text : words
  }

  static func failure(_ status: UInt32, _ place: String, _ detail: String) -> SourceError {
    .unreachable(place: place, detail: detail)
  }

  private static func connectFailure(
    _ status: UInt32, _ address: NATSAddress, _ words: String
  ) -> SourceError {
    let place = address.name
    switch Int(status) {
    case daybook_NATS_CONNECTION_AUTH_FAILED, daybook_NATS_NOT_PERMITTED:
      let how =
        switch address.credentials {
        case .none: "no credentials were given"
        case .token: "a token was given"
        case .user: "a user and a password were given"
        case .nkey: "an nkey was given"
        case .file: "a creds file was given"
        }
      return .refused(
        place: place, detail: "the server does not accept the credentials (\(how))",
        hint: "check them: TOKEN@host is a token, USER:PASSWORD@host a user")
    case daybook_NATS_SSL_ERROR, daybook_NATS_SECURE_CONNECTION_REQUIRED,
      daybook_NATS_SECURE_CONNECTION_WANTED:
      return .refused(
        place: place, detail: "TLS: \(words)",
        hint: "check tls, tls_ca, tls_cert, tls_key and the host's name in the certificate")
    default: return .unreachable(place: place, detail: words)
    }
  }
}

// libnats' numbers, shortened for the hot code.
let natsOK = UInt32(daybook_NATS_OK)
let natsTimeout = UInt32(daybook_NATS_TIMEOUT)
let natsNoResponders = UInt32(daybook_NATS_NO_RESPONDERS)
let natsConnected = UInt32(daybook_NATS_CONN_STATUS_CONNECTED)

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
