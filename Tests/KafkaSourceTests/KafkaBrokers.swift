import CKafka
import Foundation
import MessageSourceChecks
import MessageSources

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
    else { throw BrokerFailure(words: "no mock cluster") }
    self.cluster = cluster
    self.servers = String(cString: servers)
  }

  deinit { daybook_rd_kafka_mock_cluster_destroy(cluster) }

  func makeTopic(_ name: String, partitions: Int32 = 1) {
    _ = daybook_rd_kafka_mock_topic_create(cluster, name, partitions, 1)
  }
}

struct BrokerFailure: Error { var words: String }

/// A real broker (noida-db) on a free port, with a folder of its own.
/// - Concurrency: a test uses its broker from one thread.
final class KafkaBroker: @unchecked Sendable {
  let folder: URL
  let port: Int
  private var process: Process?

  static let executable: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let libraries = root.appending(path: ".venv/lib")
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: libraries.path)) ?? []
    return versions.map { libraries.appending(path: "\($0)/site-packages/noida_db/noida-db").path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "daybook-kafka-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    port = try Self.freePort()
    try start()
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: folder)
  }

  var servers: String { "127.0.0.1:\(port)" }

  func start() throws {
    guard let executable = Self.executable else { throw BrokerFailure(words: "not installed") }
    chmod(executable, 0o755)
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = [
      "start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir",
      folder.appending(path: "data").path,
    ]
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
    // Ready when a client gets an answer: the client itself keeps trying.
    let client = try KafkaClient(KafkaAddress("kafka://\(servers)/x"), role: .producer)
    var metadata: UnsafePointer<rd_kafka_metadata>?
    for _ in 0..<30 where metadata == nil {
      _ = daybook_rd_kafka_metadata(client.handle, 1, nil, &metadata, 1_000)
    }
    guard let metadata else { throw BrokerFailure(words: "the broker does not answer") }
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
    throw BrokerFailure(words: "the broker does not make topics")
  }

  /// Ends the broker as a crash would.
  func kill() {
    guard let process, process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    self.process = nil
  }

  private static func freePort() throws -> Int {
    let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(handle) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(handle, $0, size) == 0 ? getsockname(handle, $0, &size) : -1
      }
    }
    guard status == 0 else { throw BrokerFailure(words: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// Publishes to one topic through the sink under test.
func publish(_ messages: [[UInt8]], servers: String, topic: String = "shop") throws {
  let sink = KafkaSink(try KafkaAddress("kafka://\(servers)/\(topic)"))
  try sink.open()
  defer { sink.close() }
  var batch = MessageBatch()
  for (index, message) in messages.enumerated() {
    batch.append(message, position: Int64(index), subject: [], origin: Array("test".utf8))
  }
  try sink.publish(batch)
  try sink.flush()
}

func numbered(_ numbers: Range<Int>) -> [[UInt8]] { numbers.map { Array("{\"n\":\($0)}".utf8) } }

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
      broker = try KafkaBroker()
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

/// A subscriber reduced to what a source sees of one.
final class Reader {
  let source: KafkaSource
  private(set) var committed: [[UInt8]: SourcePosition]
  private(set) var messages: [[UInt8]] = []
  private(set) var notices: [SourceNotice] = []
  private(set) var errors: [SourceError] = []

  init(_ address: String, committed: [[UInt8]: SourcePosition] = [:]) throws {
    source = try KafkaSource(KafkaAddress(address))
    self.committed = committed
  }

  var origins: [String] {
    committed.keys.map { String(decoding: $0, as: UTF8.self) }.sorted()
  }

  func open() throws {
    try source.open(resumeAfter: CommittedPositions(Array(committed.values)))
  }

  /// Pulls and commits until so many messages are there, or too many pulls brought nothing.
  func take(until count: Int, idlePulls: Int = 40) throws {
    var idle = 0
    while messages.count < count, idle < idlePulls {
      var batch = MessageBatch()
      do {
        switch try source.pull(
          into: &batch, limit: PullLimit(messageCount: 300, byteCount: 1 << 24),
          wait: .milliseconds(250))
        {
        case .messages: idle = 0
        case .notice(let notice): notices.append(notice)
        case .idle, .ended: idle += 1
        }
      } catch let error as SourceError {
        errors.append(error)
        idle += 1
        do { try open() } catch let error as SourceError { errors.append(error) }
      }
      for part in batch.parts {
        for row in part.rows
        where batch.positions[row] > committed[part.origin]?.position ?? -1 {
          messages.append(Array(batch.message(row)))
        }
      }
      for end in batch.endPositions where end.position > committed[end.origin]?.position ?? -1 {
        committed[end.origin] = end
      }
      if !batch.isEmpty { _ = source.acknowledge(batch.endPositions) }
    }
  }
}
