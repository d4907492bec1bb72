import CKafka
import Foundation
import MessageSourceChecks
import MessageSources
import ServersTesting

@testable import KafkaSource

/// librdkafka's own mock of a cluster, inside this process: it keeps about 5 MB a partition.
final class MockCluster {
  private let client: KafkaClient
  private let cluster: OpaquePointer
  let servers: String

  static let isInstalled = daybook_kafka_load() == nil

  init(brokers: Int32 = 1) throws {
    client = try KafkaClient(KafkaAddress("kafka://127.0.0.1:1/x"), role: .producer)
    guard let cluster = daybook_rd_kafka_mock_cluster_new(client.handle, brokers),
      let servers = daybook_rd_kafka_mock_cluster_bootstraps(cluster)
    else { throw ServerFailure(words: "no mock cluster") }
    self.cluster = cluster
    self.servers = String(cString: servers)
  }

  deinit { daybook_rd_kafka_mock_cluster_destroy(cluster) }

  /// Says of a topic that it does not exist; one that is only asked for would be made.
  func denyTopic(_ name: String) {
    daybook_rd_kafka_mock_topic_set_error(
      cluster, name, daybook_RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART.rawInt32)
  }

  func makeTopic(_ name: String, partitions: Int32 = 1) {
    _ = daybook_rd_kafka_mock_topic_create(cluster, name, partitions, 1)
  }
}

/// What these tests do to a real broker.
typealias KafkaBroker = KafkaProcess

extension KafkaProcess {
  /// A broker that answers.
  static func started() throws -> KafkaProcess {
    let broker = try KafkaProcess()
    try broker.startAndWait()
    return broker
  }

  /// Starts it; ready when a client gets an answer: the client itself keeps trying.
  func startAndWait() throws {
    try start()
    let client = try KafkaClient(KafkaAddress("kafka://\(servers)/x"), role: .producer)
    var metadata: UnsafePointer<rd_kafka_metadata>?
    for _ in 0..<30 where metadata == nil {
      _ = daybook_rd_kafka_metadata(client.handle, 1, nil, &metadata, 1_000)
    }
    guard let metadata else { throw ServerFailure(words: "the broker does not answer") }
    daybook_rd_kafka_metadata_destroy(metadata)
  }

  /// Asks for a topic, which makes it.
  func makeTopic(_ name: String) throws {
    let client = try KafkaClient(KafkaAddress("kafka://\(servers)/x"), role: .producer)
    let topic = daybook_rd_kafka_topic_new(client.handle, name, nil)
    defer { daybook_rd_kafka_topic_destroy(topic) }
    for _ in 0..<30 {
      var metadata: UnsafePointer<rd_kafka_metadata>?
      _ = daybook_rd_kafka_metadata(client.handle, 0, topic, &metadata, 5_000)
      guard let metadata else { continue }
      defer { daybook_rd_kafka_metadata_destroy(metadata) }
      if metadata.pointee.topics?.pointee.err == 0 { return }
    }
    throw ServerFailure(words: "the broker does not make topics")
  }
}

/// Publishes to one topic through the sink under test.
func publish(_ messages: [[UInt8]], servers: String, topic: String = "shop") throws {
  try publishAll(
    messages, to: KafkaSink(try KafkaAddress("kafka://\(servers)/\(topic)")))
}

/// A reader of the topic that an address names.
func makeReader(
  _ address: String, committed: [[UInt8]: SourcePosition] = [:]
) throws -> CommittingReader {
  try CommittingReader(KafkaSource(KafkaAddress(address)), committed: committed)
}

/// A broker of one check: the mock, or the real one.
final class KafkaStand: SourceStand, @unchecked Sendable {
  // - Concurrency: a check uses its stand from one thread.
  private let mock: MockCluster?
  private let broker: KafkaBroker?
  private let servers: String
  private let options: String

  init(real: Bool, options: String = "") throws {
    self.options = options
    if real {
      broker = try KafkaBroker.started()
      mock = nil
      servers = broker?.servers ?? ""
      try broker?.makeTopic("shop")
    } else {
      mock = try MockCluster()
      broker = nil
      servers = mock?.servers ?? ""
      mock?.makeTopic("shop", partitions: 2)
    }
  }

  var takesAnyBytes: Bool { true }
  /// The broker's fixed limit is 1 MiB with the frame.
  var largestMessage: Int { 1_000_000 }

  func publish(_ messages: [[UInt8]]) throws {
    try KafkaSourceTests.publish(messages, servers: servers)
  }

  func makeSource() throws -> any MessageSource {
    try KafkaSource(KafkaAddress("kafka://\(servers)/shop\(options)"))
  }

  func close() { broker?.kill() }
}
