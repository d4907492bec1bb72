import CKafka
import MessageSources

// What the brokers say of themselves and of their topics.

extension KafkaClient {
  /// What origins call the cluster: the operator's name for it, else the brokers' id.
  func clusterName(for address: KafkaAddress) -> String? {
    if let name = address.cluster { return KafkaAddress.namedClusterPrefix + name }
    guard let id = daybook_rd_kafka_clusterid(handle, Limits.requestMilliseconds) else {
      return nil
    }
    defer { daybook_rd_kafka_mem_free(handle, id) }
    return String(cString: id)
  }

  /// The partitions to read, from the brokers' own list.
  func partitions(of address: KafkaAddress) throws -> [(topic: String, number: Int32)] {
    var found: [(topic: String, number: Int32)] = []
    for topic in address.topics {
      guard let named = daybook_rd_kafka_topic_new(handle, topic, nil) else {
        throw failure(daybook_rd_kafka_last_error(), "topic \(topic)")
      }
      defer { daybook_rd_kafka_topic_destroy(named) }
      var metadata: UnsafePointer<rd_kafka_metadata>?
      let status = daybook_rd_kafka_metadata(
        handle, 0, named, &metadata, Limits.requestMilliseconds)
      guard status == 0, let metadata else {
        hearErrors()
        throw failure(status, "the list of partitions")
      }
      defer { daybook_rd_kafka_metadata_destroy(metadata) }
      guard metadata.pointee.topic_cnt == 1, let entry = metadata.pointee.topics?.pointee,
        entry.err == 0
      else {
        let code = metadata.pointee.topics?.pointee.err ?? 0
        if code == daybook_RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART.rawInt32 {
          throw SourceError.missing(
            place: place, detail: "the topic \(topic) does not exist yet")
        }
        throw failure(code, "the topic \(topic) is not there yet")
      }
      var numbers = (0..<Int(entry.partition_cnt)).compactMap { entry.partitions?[$0].id }
      if let wanted = address.partitions {
        for number in wanted where !numbers.contains(number) {
          throw SourceError.refused(
            place: place, detail: "\(topic) has no partition \(number)",
            hint: "it has \(numbers.count), counted from 0")
        }
        numbers = wanted
      }
      found += numbers.sorted().map { (topic: topic, number: $0) }
    }
    return found
  }
}
