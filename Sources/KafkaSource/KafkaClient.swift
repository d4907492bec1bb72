import CKafka
import MessageSources

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One client of librdkafka, consumer or producer, and what its callbacks said.
///
/// - Concurrency: callbacks run only inside calls of the thread that polls.
final class KafkaClient {
  enum Role { case consumer, producer }

  let handle: OpaquePointer
  let place: String
  private let box: Box

  /// What callbacks write: it lives longer than the client.
  final class Box {
    /// The last error that was no message's.
    var lastError: (code: Int32, reason: String)?
    var areAllBrokersDown = false
    /// A connection that worked has ended.
    var hasLostConnection = false
    /// Called when a group gives (true) or takes partitions.
    var rebalance: ((_ isAssigned: Bool, [(topic: String, partition: Int32)]) -> Void)?
    /// The first message that a producer could not deliver.
    var deliveryFailure: (code: Int32, topic: String)?
  }

  init(_ address: KafkaAddress, role: Role) throws {
    place = address.name
    if let why = daybook_kafka_load() {
      throw SourceError.refused(
        place: place, detail: "librdkafka is not installed (\(String(cString: why)))",
        hint: "install it: apt-get install librdkafka1 (macOS: brew install librdkafka)")
    }
    box = Box()
    guard let conf = daybook_rd_kafka_conf_new() else {
      throw SourceError.unreachable(place: place, detail: "out of memory")
    }
    var isHandedOver = false
    defer { if !isHandedOver { daybook_rd_kafka_conf_destroy(conf) } }
    daybook_kafka_silence(conf)
    for setting in Self.settings(address, role) {
      try Self.set(conf, setting, place)
    }
    daybook_rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(box).toOpaque())
    daybook_rd_kafka_conf_set_error_cb(conf, noteError)
    if role == .producer {
      daybook_rd_kafka_conf_set_dr_msg_cb(conf, noteDelivery)
    } else if address.group != nil {
      daybook_rd_kafka_conf_set_rebalance_cb(conf, noteRebalance)
    }
    var words = [CChar](repeating: 0, count: 512)
    let type = role == .producer ? daybook_RD_KAFKA_PRODUCER : daybook_RD_KAFKA_CONSUMER
    guard let handle = daybook_rd_kafka_new(UInt32(type), conf, &words, words.count) else {
      throw SourceError.refused(
        place: place, detail: Self.text(words), hint: "check the address's options")
    }
    isHandedOver = true
    self.handle = handle
    if role == .consumer { _ = daybook_rd_kafka_poll_set_consumer(handle) }
  }

  deinit { daybook_rd_kafka_destroy(handle) }

  var lastError: (code: Int32, reason: String)? { box.lastError }
  var areAllBrokersDown: Bool {
    get { box.areAllBrokersDown }
    set { box.areAllBrokersDown = newValue }
  }
  var hasLostConnection: Bool { box.hasLostConnection }
  var deliveryFailure: (code: Int32, topic: String)? { box.deliveryFailure }

  func onRebalance(_ body: ((Bool, [(topic: String, partition: Int32)]) -> Void)?) {
    box.rebalance = body
  }

  /// Hears of errors that wait to be told: without it a refusal looks like brokers that are gone.
  ///
  /// - Shape: for a consumer that is given up after a failure: messages that wait are dropped.
  func hearErrors() {
    for _ in 0..<Limits.heardErrorCount {
      guard let message = daybook_rd_kafka_consumer_poll(handle, 0) else { return }
      daybook_rd_kafka_message_destroy(message)
    }
  }

  private static func settings(_ address: KafkaAddress, _ role: Role) -> [BrokerURL.Option] {
    var settings: [BrokerURL.Option] = [
      .init("bootstrap.servers", address.url.hosts.map(\.text).joined(separator: ",")),
      .init("client.id", "daybook"),
      .init("socket.keepalive.enable", "true"),
      .init("message.max.bytes", "\(Limits.messageByteCount)"),
      .init("receive.message.max.bytes", "\(Limits.fetchByteCount * 4)"),
    ]
    switch role {
    case .consumer:
      settings += [
        .init("group.id", address.commitGroup),
        .init("enable.auto.commit", "false"),
        .init("enable.auto.offset.store", "false"),
        // An offset that is not there is our business: nothing is skipped silently.
        .init("auto.offset.reset", "error"),
        .init("enable.partition.eof", "true"),
        .init("queued.max.messages.kbytes", "\(Limits.queuedKilobytes)"),
        .init("fetch.max.bytes", "\(Limits.fetchByteCount)"),
        .init("fetch.message.max.bytes", "\(1 << 20)"),
        .init("fetch.wait.max.ms", "100"),
        .init("session.timeout.ms", "\(Limits.sessionMilliseconds)"),
        .init("partition.assignment.strategy", "range,roundrobin"),
      ]
      settings += address.settings
    case .producer:
      settings += [
        .init("enable.idempotence", "true"),
        .init("queue.buffering.max.messages", "\(Limits.publishesInFlight)"),
        .init("queue.buffering.max.kbytes", "\(Limits.publishKilobytesInFlight)"),
        .init("linger.ms", "5"),
        .init("message.timeout.ms", "\(Limits.publishMilliseconds)"),
      ]
      settings += address.settings.filter { $0.key != "isolation.level" }
    }
    return settings
  }

  private static func set(
    _ conf: OpaquePointer, _ setting: BrokerURL.Option, _ place: String
  ) throws {
    var words = [CChar](repeating: 0, count: 512)
    let result = daybook_rd_kafka_conf_set(
      conf, setting.key, setting.value, &words, words.count)
    guard result == daybook_RD_KAFKA_CONF_OK.rawInt32 else {
      // The library's words may repeat the value, and a value may be a password.
      let isSecret = setting.key.contains("password") || setting.key.contains("pem")
      throw SourceError.refused(
        place: place,
        detail: "the option \(setting.key)" + (isSecret ? " is not accepted" : ": \(text(words))"),
        hint: "options with a dot are the client library's own")
    }
  }

  /// An error's meaning for whoever retries.
  func failure(_ code: Int32, _ what: String) -> SourceError {
    let words = describe(code)
    let because = lastError.map { " (\($0.reason))" } ?? ""
    if let last = lastError, last.reason.contains("unexpected eof") {
      // Hung up on in the middle of TLS' greetings: by a broker that stops, or one without TLS.
      return .unreachable(place: place, detail: "\(what): \(words)\(because)")
    }
    switch code {
    case daybook_RD_KAFKA_RESP_ERR__AUTHENTICATION.rawInt32,
      daybook_RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED.rawInt32,
      daybook_RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawInt32,
      daybook_RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED.rawInt32,
      daybook_RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED.rawInt32:
      return .refused(
        place: place, detail: "\(what): \(words)", hint: "check user, password and permissions")
    case daybook_RD_KAFKA_RESP_ERR__SSL.rawInt32:
      return .refused(place: place, detail: "\(what): \(words)\(because)", hint: "check tls_ca")
    default:
      if let last = lastError,
        last.code == daybook_RD_KAFKA_RESP_ERR__AUTHENTICATION.rawInt32
          || last.code == daybook_RD_KAFKA_RESP_ERR__SSL.rawInt32
      {
        return .refused(
          place: place, detail: "\(what): \(last.reason)",
          hint: "check user, password and the tls options")
      }
      return .unreachable(place: place, detail: "\(what): \(words)\(because)")
    }
  }

  private static func text(_ words: [CChar]) -> String {
    String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// librdkafka's words for an error.
func describe(_ code: Int32) -> String {
  daybook_rd_kafka_err2str(code).map { String(cString: $0) } ?? "error \(code)"
}

private func box(_ opaque: UnsafeMutableRawPointer?) -> KafkaClient.Box? {
  opaque.map { Unmanaged<KafkaClient.Box>.fromOpaque($0).takeUnretainedValue() }
}

private func noteError(
  _: OpaquePointer?, code: Int32, reason: UnsafePointer<CChar>?, opaque: UnsafeMutableRawPointer?
) {
  guard let box = box(opaque) else { return }
  if code == daybook_RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawInt32 {
    box.areAllBrokersDown = true
    return
  }
  // Whoever is refused is hung up on too, which says less.
  let isHangUp = code == daybook_RD_KAFKA_RESP_ERR__TRANSPORT.rawInt32
  let words = reason.map { String(cString: $0) } ?? ""
  // The library's words for a connection that was good: those of one that never came about differ.
  if isHangUp, words.contains("in state UP") { box.hasLostConnection = true }
  if isHangUp, let last = box.lastError, last.code != code { return }
  box.lastError = (code, words)
}

private func noteRebalance(
  client: OpaquePointer?, code: Int32,
  partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
  opaque: UnsafeMutableRawPointer?
) {
  var list: [(topic: String, partition: Int32)] = []
  if let partitions = partitions?.pointee {
    for index in 0..<Int(partitions.cnt) {
      let element = partitions.elems[index]
      if let topic = element.topic { list.append((String(cString: topic), element.partition)) }
    }
  }
  guard let rebalance = box(opaque)?.rebalance else {
    // Closing waits until the partitions are given back.
    _ = daybook_rd_kafka_assign(client, nil)
    return
  }
  rebalance(code == daybook_RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS.rawInt32, list)
}

private func noteDelivery(
  _: OpaquePointer?, message: UnsafePointer<rd_kafka_message_t>?, opaque: UnsafeMutableRawPointer?
) {
  guard let message = message?.pointee, message.err != 0, let box = box(opaque),
    box.deliveryFailure == nil
  else { return }
  let topic = daybook_rd_kafka_topic_name(message.rkt).map { String(cString: $0) } ?? ""
  box.deliveryFailure = (message.err, topic)
}

extension BinaryInteger {
  /// Numbers of an anonymous C enumeration come as `Int`.
  var rawInt32: Int32 { Int32(self) }
}
