import CNATS
import MessageSources

/// The pull loop over libnats' core: one inbox, one pull request in flight, and a watch over the
/// consumer's own sequence, so that a delivery that got lost on the way is never stepped over.
///
/// libnats 3.4's own fetch functions overrun the heap when a connection comes back; they are not
/// used.
final class PullSession {
  private let connection: NATSConnection
  private let subscription: OpaquePointer
  private let inbox: String
  private let subject: String
  private let place: String
  /// Deliveries that the pull in flight may still bring; 0 without one.
  private var expectedCount = 0
  private var deliveredByPull = 0
  private var pullByteCount: Int
  private let largestPullByteCount: Int
  /// The consumer sequence of the last delivery.
  private var consumerSequence: UInt64
  /// Time spent waiting since the server last showed a sign.
  private var silence: Int64 = 0

  init(_ connection: NATSConnection, _ address: NATSAddress, stream: String, delivered: UInt64)
    throws
  {
    self.connection = connection
    place = address.name
    subject = "\(address.apiPrefix).CONSUMER.MSG.NEXT.\(stream).\(address.durable)"
    consumerSequence = delivered
    largestPullByteCount = max(
      Limits.pullByteCount, connection.maxPayload + Limits.messageByteCount)
    pullByteCount = max(Limits.pullByteCount, connection.maxPayload + (64 << 10))
    var text: UnsafeMutablePointer<natsInbox>?
    guard daybook_natsInbox_Create(&text) == natsOK, let text else {
      throw SourceError.unreachable(place: place, detail: "no inbox: out of memory")
    }
    inbox = String(cString: text)
    daybook_natsInbox_Destroy(text)
    var subscription: OpaquePointer?
    let status = daybook_natsConnection_SubscribeSync(&subscription, connection.handle, inbox)
    guard status == natsOK, let subscription else {
      throw SourceError.unreachable(place: place, detail: connection.closeReason)
    }
    self.subscription = subscription
    _ = daybook_natsSubscription_SetPendingLimits(subscription, -1, -1)
  }

  deinit {
    _ = daybook_natsSubscription_Unsubscribe(subscription)
    daybook_natsSubscription_Destroy(subscription)
  }

  /// What came next.
  enum Next {
    /// A delivery; whoever gets it destroys it.
    case delivery(OpaquePointer, DeliverySubject)
    /// Nothing within the wait.
    case nothing
  }

  /// The next delivery, waiting at most so long.
  ///
  /// - Errors: `SourceError`; the session is then over.
  func next(milliseconds: Int64) throws -> Next {
    while true {
      if expectedCount == 0 { try sendPull() }
      var message: OpaquePointer?
      let status = daybook_natsSubscription_NextMsg(&message, subscription, milliseconds)
      guard status == natsOK, let message else {
        guard status == natsTimeout else {
          throw SourceError.unreachable(place: place, detail: connection.closeReason)
        }
        try noteSilence(milliseconds)
        return .nothing
      }
      silence = 0
      guard let reply = daybook_natsMsg_GetReply(message), let delivery = DeliverySubject(reply)
      else {
        defer { daybook_natsMsg_Destroy(message) }
        try takeControl(message)
        continue
      }
      if delivery.consumerSequence != consumerSequence + 1 {
        daybook_natsMsg_Destroy(message)
        throw DeliveryGap(expected: consumerSequence + 1, found: delivery.consumerSequence)
      }
      consumerSequence = delivery.consumerSequence
      expectedCount -= 1
      deliveredByPull += 1
      return .delivery(message, delivery)
    }
  }

  /// A delivery was lost, or somebody else reads through the same durable.
  struct DeliveryGap: Error {
    var expected: UInt64
    var found: UInt64
  }

  private func sendPull() throws {
    guard connection.isConnected else {
      throw SourceError.unreachable(place: place, detail: connection.closeReason)
    }
    let body = """
      {"batch":\(Limits.pullMessageCount),"max_bytes":\(pullByteCount),\
      "expires":\(Limits.pullExpiryNanoseconds),"idle_heartbeat":\(Limits.heartbeatNanoseconds)}
      """
    let status = body.withCString { bytes in
      daybook_natsConnection_PublishRequest(
        connection.handle, subject, inbox, bytes, Int32(body.utf8.count))
    }
    guard status == natsOK else {
      throw SourceError.unreachable(place: place, detail: connection.closeReason)
    }
    expectedCount = Limits.pullMessageCount
    deliveredByPull = 0
    silence = 0
  }

  /// Two missed heartbeats mean that the pull is lost.
  private func noteSilence(_ milliseconds: Int64) throws {
    silence += max(milliseconds, 0)
    guard silence * 1_000_000 > 5 * Limits.heartbeatNanoseconds / 2 else { return }
    throw SourceError.unreachable(
      place: place,
      detail:
        "no message and no heartbeat for \(silence / 1_000) s: the durable or the server is gone"
    )
  }

  /// A message without a delivery's reply subject: the server says something about the pull.
  private func takeControl(_ message: OpaquePointer) throws {
    guard let status = header(message, "Status") else { return }
    let description = header(message, "Description") ?? ""
    switch status {
    case "100": return
    case "404", "408":
      expectedCount = 0
    case "409" where description.contains("Exceeds MaxBytes"):
      // The next message alone is larger than what a pull may bring.
      expectedCount = 0
      guard deliveredByPull == 0 else { return }
      guard pullByteCount < largestPullByteCount else {
        throw SourceError.refused(
          place: place, detail: "a message is larger than \(largestPullByteCount) bytes",
          hint: "the stream holds a message above the server's own max_payload")
      }
      pullByteCount = largestPullByteCount
    case "409" where description.contains("Deleted") || description.contains("Shutdown"),
      "503":
      throw SourceError.unreachable(
        place: place, detail: description.isEmpty ? "nobody serves the durable" : description)
    default:
      // Batch completed, leadership change, limits: this pull is over, another may go on.
      expectedCount = 0
    }
  }

  private func header(_ message: OpaquePointer, _ key: String) -> String? {
    var value: UnsafePointer<CChar>?
    guard daybook_natsMsgHeader_Get(message, key, &value) == natsOK, let value else { return nil }
    return String(cString: value)
  }
}
