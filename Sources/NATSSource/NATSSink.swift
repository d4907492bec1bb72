import CNATS
package import MessageSources

/// Publishes messages into JetStream: every one is confirmed by the server, a bounded number is on
/// its way.
///
/// - Shape: a message goes to its own subject behind the address's `prefix`; one without a subject
///   to the address's `subject`.
package final class NATSSink: MessageSink {
  private let address: NATSAddress
  private var opening: Opening?

  private struct Opening {
    var connection: NATSConnection
    var api: JetStreamAPI
    var answers: ConfirmationInbox
    var defaultSubject: String?
  }

  package init(_ address: NATSAddress) { self.address = address }

  package var name: String { address.name }

  package func publishesInto(origin: [UInt8]) -> Bool? {
    let text = String(decoding: origin, as: UTF8.self)
    guard text.hasPrefix("nats:"), let at = text.lastIndex(of: "@") else { return false }
    let stream = String(text[text.index(text.startIndex, offsetBy: 5)..<at])
    if !address.stream.isEmpty, address.stream != stream { return false }
    do {
      let api =
        try opening?.api
        ?? JetStreamAPI(
          connection: NATSConnection(address, reading: .callersThread), address: address)
      // A later life of the same stream carries a number behind the time.
      let created = text[text.index(after: at)...].prefix { $0 != "~" }
      return try api.stream(stream).created == created
    } catch let refusal as JetStreamAPI.Refusal where refusal.isStreamMissing {
      return false
    } catch {
      return nil
    }
  }

  package func open() throws {
    close()
    let connection = try NATSConnection(address, reading: .libraryThread)
    let api = JetStreamAPI(connection: connection, address: address)
    if !address.stream.isEmpty {
      do {
        _ = try api.stream(address.stream)
      } catch let refusal as JetStreamAPI.Refusal {
        throw SourceError.refused(
          place: name, detail: refusal.description, hint: "create the stream first")
      }
    }
    opening = Opening(
      connection: connection, api: api, answers: try ConfirmationInbox(connection, address),
      defaultSubject: address.subject)
  }

  package func publish(_ batch: MessageBatch) throws {
    guard let opening else {
      throw SourceError.unreachable(place: name, detail: "the sink is not open")
    }
    let subjects = batch.subjects.map { bytes in
      let subject = String(decoding: bytes, as: UTF8.self)
      if subject.isEmpty { return opening.defaultSubject ?? "" }
      return address.subjectPrefix + subject
    }
    try batch.text.withUnsafeBytes { text in
      for row in 0..<batch.count {
        let subject = subjects[Int(batch.subjectCodes[row])]
        guard !subject.isEmpty else {
          throw SourceError.refused(
            place: name, detail: "a message has no subject to publish it on",
            hint: "give one for such messages: ?subject=…")
        }
        let start = Int(batch.starts[row])
        try opening.answers.publish(
          UnsafeRawBufferPointer(rebasing: text[start..<start + Int(batch.lengths[row])]),
          on: subject)
      }
    }
  }

  package func flush() throws { try opening?.answers.drain(below: 0) }

  package func close() { opening = nil }
}

/// Publishing with an inbox for the server's confirmations.
private final class ConfirmationInbox {
  private let connection: NATSConnection
  private let place: String
  private let stream: [UInt8]
  private let inbox: String
  private let subscription: OpaquePointer
  private var nextNumber: UInt64 = 0
  /// Sizes and subjects of what is not confirmed yet, by number.
  private var unconfirmed: [UInt64: (byteCount: Int, subject: String)] = [:]
  private var unconfirmedByteCount = 0

  init(_ connection: NATSConnection, _ address: NATSAddress) throws {
    self.connection = connection
    place = address.name
    stream = address.stream.isEmpty ? [] : Array("\"stream\":\"\(address.stream)\"".utf8)
    inbox = try connection.newInbox()
    subscription = try connection.subscribe(inbox + ".*")
  }

  deinit {
    _ = daybook_natsSubscription_Unsubscribe(subscription)
    daybook_natsSubscription_Destroy(subscription)
  }

  func publish(_ bytes: UnsafeRawBufferPointer, on subject: String) throws {
    try takeWhatIsThere()
    if unconfirmed.count >= Limits.publishesInFlight
      || unconfirmedByteCount + bytes.count > Limits.publishBytesInFlight
    {
      try drain(below: Limits.publishesInFlight / 2)
    }
    let status = daybook_natsConnection_PublishRequest(
      connection.handle, subject, "\(inbox).\(nextNumber)", bytes.baseAddress, Int32(bytes.count))
    guard status == natsOK else {
      if Int(status) == daybook_NATS_MAX_PAYLOAD {
        throw SourceError.refused(
          place: place,
          detail:
            "a message of \(bytes.count) bytes is above the server's \(connection.maxPayload)",
          hint: "raise the server's max_payload")
      }
      throw SourceError.unreachable(place: place, detail: connection.closeReason)
    }
    unconfirmed[nextNumber] = (bytes.count, subject)
    unconfirmedByteCount += bytes.count
    nextNumber += 1
  }

  private func takeWhatIsThere() throws {
    while !unconfirmed.isEmpty, try takeAnswer(milliseconds: 0) {}
  }

  /// Waits until at most so many messages (and half of the bytes) are unconfirmed.
  func drain(below count: Int) throws {
    while unconfirmed.count > count
      || (count > 0 && unconfirmedByteCount > Limits.publishBytesInFlight / 2)
    {
      if try !takeAnswer(milliseconds: Limits.publishMilliseconds) {
        throw SourceError.unreachable(
          place: place,
          detail: "\(unconfirmed.count) messages were not confirmed within "
            + "\(Limits.publishMilliseconds / 1_000) s (does a stream take their subjects?)")
      }
    }
  }

  private func takeAnswer(milliseconds: Int64) throws -> Bool {
    var message: OpaquePointer?
    let status = connection.next(&message, of: subscription, milliseconds: milliseconds)
    guard status == natsOK, let message else {
      if status == natsTimeout { return false }
      throw SourceError.unreachable(place: place, detail: connection.closeReason)
    }
    defer { daybook_nats_release(message) }
    guard let subject = daybook_natsMsg_GetSubject(message),
      let number = UInt64(String(cString: subject).dropFirst(inbox.utf8.count + 1)),
      let sent = unconfirmed.removeValue(forKey: number)
    else { return true }
    unconfirmedByteCount -= sent.byteCount
    try check(connection.bytes(of: message), sent.subject)
    return true
  }

  private func check(_ answer: UnsafeRawBufferPointer, _ subject: String) throws {
    if answer.isEmpty {
      throw SourceError.refused(
        place: place, detail: "no stream takes the subject \(subject)",
        hint: "create a stream for it, or check ?prefix=")
    }
    if answer.contains(Array("\"error\"".utf8)),
      let error = try? JetStreamReplies.decode(Array(answer), as: JetStreamReplies.ErrorOnly.self)
        .error
    {
      throw SourceError.unreachable(
        place: place,
        detail: "a message on \(subject) was not stored: \(error.description ?? "\(error.code)")")
    }
    guard stream.isEmpty || answer.contains(stream) else {
      throw SourceError.refused(
        place: place, detail: "the subject \(subject) is taken by another stream",
        hint: "name that stream in the address")
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether some bytes occur; for short texts.
  fileprivate func contains(_ wanted: [UInt8]) -> Bool {
    guard count >= wanted.count else { return false }
    return (0...count - wanted.count).contains { start in
      (0..<wanted.count).allSatisfy { self[start + $0] == wanted[$0] }
    }
  }
}
