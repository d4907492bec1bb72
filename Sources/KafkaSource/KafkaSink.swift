import CKafka
package import MessageSources

/// Publishes messages to Kafka topics, each confirmed by the brokers, a bounded number on its way.
///
/// - Shape: all go to the address's topic when it names one, else each to the topic of its subject
///   behind the address's `prefix`.
package final class KafkaSink: MessageSink {
  private let address: KafkaAddress
  private var client: KafkaClient?
  private var topics: [String: OpaquePointer] = [:]

  package init(_ address: KafkaAddress) { self.address = address }

  deinit { close() }

  package var name: String { address.name }

  package func publishesInto(origin: [UInt8]) -> Bool? {
    let text = String(decoding: origin, as: UTF8.self)
    guard text.hasPrefix("kafka:") else { return false }
    let place = text.dropFirst(6)
    let slash = place.lastIndex(of: "/") ?? place.endIndex
    let topic = String(place[..<slash])
    if !address.topics.isEmpty {
      guard address.topics.contains(topic) else { return false }
    } else if !address.topicPrefix.isEmpty {
      return false
    }
    guard let at = place.lastIndex(of: "@") else { return nil }
    let cluster = place[place.index(after: at)...].prefix { $0 != "~" }
    if cluster.hasPrefix(KafkaAddress.namedClusterPrefix) {
      // A name says nothing of the brokers' id: only the same name is known to be the same cluster.
      let name = cluster.dropFirst(KafkaAddress.namedClusterPrefix.count)
      return address.cluster.map { $0 == name } ?? nil
    }
    guard let client = try? self.client ?? KafkaClient(address, role: .producer),
      let id = daybook_rd_kafka_clusterid(client.handle, Limits.requestMilliseconds)
    else { return nil }
    defer { daybook_rd_kafka_mem_free(client.handle, id) }
    return String(cString: id) == cluster
  }

  package func open() throws {
    close()
    client = try KafkaClient(address, role: .producer)
  }

  package func publish(_ batch: MessageBatch) throws {
    guard let client else {
      throw SourceError.unreachable(place: name, detail: "the sink is not open")
    }
    let handles = try batch.subjects.map { subject in
      try topic(String(decoding: subject, as: UTF8.self), client)
    }
    for row in 0..<batch.count {
      let start = Int(batch.starts[row])
      let count = Int(batch.lengths[row])
      try batch.text.withUnsafeBytes { text in
        try produce(
          UnsafeRawBufferPointer(rebasing: text[start..<start + count]),
          handles[Int(batch.subjectCodes[row])], client)
      }
    }
  }

  private func topic(_ subject: String, _ client: KafkaClient) throws -> OpaquePointer {
    let name = address.topics.first ?? (subject.isEmpty ? "" : address.topicPrefix + subject)
    guard !name.isEmpty else {
      throw SourceError.refused(
        place: self.name, detail: "a message has no subject to take for a topic",
        hint: "name a topic in the address")
    }
    if let handle = topics[name] { return handle }
    guard let handle = daybook_rd_kafka_topic_new(client.handle, name, nil) else {
      throw client.failure(daybook_rd_kafka_last_error(), "topic \(name)")
    }
    topics[name] = handle
    return handle
  }

  private func produce(
    _ bytes: UnsafeRawBufferPointer, _ topic: OpaquePointer, _ client: KafkaClient
  ) throws {
    while true {
      try check(client)
      let status = daybook_rd_kafka_produce(
        topic, daybook_RD_KAFKA_PARTITION_UA.rawInt32, daybook_RD_KAFKA_MSG_F_COPY.rawInt32,
        UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, nil, 0, nil)
      if status == 0 { break }
      let code = daybook_rd_kafka_last_error()
      guard code == daybook_RD_KAFKA_RESP_ERR__QUEUE_FULL.rawInt32 else {
        throw client.failure(code, "publishing")
      }
      // What is on its way must be confirmed first.
      _ = daybook_rd_kafka_poll(client.handle, 100)
    }
    _ = daybook_rd_kafka_poll(client.handle, 0)
  }

  private func check(_ client: KafkaClient) throws {
    guard let failure = client.deliveryFailure else { return }
    throw client.failure(failure.code, "a message to \(failure.topic) was not taken")
  }

  package func flush() throws {
    guard let client else { return }
    let status = daybook_rd_kafka_flush(client.handle, Limits.publishMilliseconds)
    try check(client)
    guard status == 0 else {
      throw client.failure(
        status, "\(daybook_rd_kafka_outq_len(client.handle)) messages are not confirmed")
    }
  }

  package func close() {
    for handle in topics.values { daybook_rd_kafka_topic_destroy(handle) }
    topics = [:]
    client = nil
  }
}
