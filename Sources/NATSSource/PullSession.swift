import CNATS
import MessageSources

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The pull loop over libnats' core: one pull request in flight, and a watch over the consumer's
/// own sequence, so that a delivery that got lost on the way is never stepped over.
///
/// Every pull has an address of its own below one inbox: servers also say of a pull that it is
/// complete, which comes when the next one is under way and must not end that.
///
/// libnats 3.4's own fetch functions overrun the heap when a connection comes back; they are not
/// used.
final class PullSession {
  private let connection: NATSConnection
  private let subscription: OpaquePointer
  private let inbox: String
  /// Where the server says something about the pull in flight.
  private var pullAddress = ""
  private var pullNumber: UInt64 = 0
  private let subject: String
  private let place: String
  /// Deliveries that the pull in flight may still bring; 0 without one.
  private var expectedCount = 0
  private var deliveredByPull = 0
  private var pullByteCount: Int
  private let largestPullByteCount: Int
  /// The consumer sequence of the last delivery.
  private var consumerSequence: UInt64
  /// Messages that the server is known to have for us.
  private var pendingCount: UInt64
  /// Time spent waiting since the server last showed a sign.
  private var silence: Int64 = 0

  /// - Parameter consumer: the durable's state, with nothing under way.
  init(
    _ connection: NATSConnection, _ address: NATSAddress, stream: String,
    consumer: JetStreamReplies.ConsumerInfo
  ) throws {
    self.connection = connection
    place = address.name
    subject = "\(address.apiPrefix).CONSUMER.MSG.NEXT.\(stream).\(address.durable)"
    consumerSequence = consumer.delivered.consumer_seq
    pendingCount = consumer.num_pending ?? 0
    largestPullByteCount = max(
      Limits.pullByteCount, connection.maxPayload + Limits.messageByteCount)
    pullByteCount = max(Limits.pullByteCount, connection.maxPayload + (64 << 10))
    inbox = try connection.newInbox()
    subscription = try connection.subscribe(inbox + ".*")
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
      let status = connection.next(&message, of: subscription, milliseconds: milliseconds)
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
        defer { daybook_nats_release(message) }
        try takeControl(message)
        continue
      }
      if delivery.consumerSequence != consumerSequence + 1 {
        daybook_nats_release(message)
        throw DeliveryGap(expected: consumerSequence + 1, found: delivery.consumerSequence)
      }
      consumerSequence = delivery.consumerSequence
      pendingCount = delivery.pendingCount
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
    pullNumber += 1
    pullAddress = "\(inbox).\(pullNumber)"
    let status = daybook_natsConnection_PublishRequest(
      connection.handle, subject, pullAddress, pullBody, Int32(pullBody.utf8.count))
    guard status == natsOK else {
      throw SourceError.unreachable(place: place, detail: connection.closeReason)
    }
    expectedCount = Limits.pullMessageCount
    deliveredByPull = 0
    silence = 0
  }

  /// Heartbeats are for a pull that has to wait; keeping their time is a twentieth of a server's
  /// work. One that the server can fill at once ends soon, or silence tells.
  private var pullBody: String {
    let limits = "\"batch\":\(Limits.pullMessageCount),\"max_bytes\":\(pullByteCount)"
    if pendingCount >= UInt64(Limits.pullMessageCount) {
      return "{\(limits),\"expires\":\(Limits.fullPullExpiryNanoseconds)}"
    }
    return "{\(limits),\"expires\":\(Limits.pullExpiryNanoseconds),"
      + "\"idle_heartbeat\":\(Limits.heartbeatNanoseconds)}"
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
    // Words about a pull before this one: it is over already.
    guard let address = daybook_natsMsg_GetSubject(message), strcmp(address, pullAddress) == 0,
      let status = header(message, "Status")
    else { return }
    let description = header(message, "Description") ?? ""
    switch status {
    case "100": return
    case "404", "408":
      endPull()
    case "409" where description.contains("Exceeds MaxBytes"):
      // The next message alone is larger than what a pull may bring.
      endPull()
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
      endPull()
    }
  }

  /// The server has ended the pull before it was full: what it still has is not known.
  private func endPull() {
    expectedCount = 0
    pendingCount = 0
  }

  private func header(_ message: OpaquePointer, _ key: String) -> String? {
    var value: UnsafePointer<CChar>?
    guard daybook_natsMsgHeader_Get(message, key, &value) == natsOK, let value else { return nil }
    return String(cString: value)
  }
}
