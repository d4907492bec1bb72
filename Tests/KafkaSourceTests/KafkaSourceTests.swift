import CKafka
import Foundation
import MessageSourceChecks
import MessageSources
import ServersTesting
import Testing

@testable import KafkaSource

/// On librdkafka's mock, which runs inside the process.
@Suite(
  .serialized, .enabled(if: MockCluster.isInstalled, "no librdkafka (scripts/setup.sh system)"))
struct KafkaSourcesOnTheMock {
  @Test func `partitions are read where the ledger stands, and added up`() throws {
    let cluster = try MockCluster(brokers: 3)
    cluster.makeTopic("shop", partitions: 4)
    try publish(numbered(0..<2_000), servers: cluster.servers)
    let reader = try makeReader("kafka://\(cluster.servers)/shop")
    try reader.open()
    try reader.take(until: 2_000)
    #expect(Set(reader.messages) == Set(numbered(0..<2_000)))
    #expect(reader.messages.count == 2_000)
    #expect(reader.origins.allSatisfy { $0.hasPrefix("kafka:shop/") })
    let again = try makeReader("kafka://\(cluster.servers)/shop", committed: reader.committed)
    try again.open()
    try publish(numbered(2_000..<2_100), servers: cluster.servers)
    try again.take(until: 101, idlePulls: 4)
    #expect(Set(again.messages) == Set(numbered(2_000..<2_100)))
    #expect(again.messages.count == 100)
    #expect(again.source.backlog()?.messageCount == 0)
  }

  @Test func `a group gives partitions, and the ledger's positions count`() throws {
    let cluster = try MockCluster()
    cluster.makeTopic("shop", partitions: 2)
    try publish(numbered(0..<500), servers: cluster.servers)
    let address = "kafka://\(cluster.servers)/shop?group=books&session.timeout.ms=6000"
    let reader = try makeReader(address)
    try reader.open()
    try reader.take(until: 500, idlePulls: 60)
    #expect(reader.messages.count == 500)
    #expect(reader.notices.contains { $0.kind == .information })
    // The group's own offsets are at the end by now; a ledger without positions takes everything.
    reader.source.close()
    let other = try makeReader(address)
    try other.open()
    try other.take(until: 500, idlePulls: 60)
    #expect(Set(other.messages) == Set(numbered(0..<500)))
  }

  @Test func `what a rebalance takes and gives back goes on where this ledger stands`() throws {
    let cluster = try MockCluster()
    cluster.makeTopic("shop", partitions: 4)
    try publish(numbered(0..<400), servers: cluster.servers)
    let address = "kafka://\(cluster.servers)/shop?group=books&session.timeout.ms=6000"
    let first = try makeReader(address)
    try first.open()
    try first.take(until: 400, idlePulls: 60)
    #expect(first.messages.count == 400)
    // A second member with a ledger of its own takes its share from the beginning.
    let second = try makeReader(address)
    try second.open()
    func all() -> Set<[UInt8]> { Set(first.messages).union(second.messages) }
    func takeInTurns(until isDone: () -> Bool) throws {
      for _ in 0..<120 where !isDone() {
        try first.take(until: .max, idlePulls: 1)
        try second.take(until: .max, idlePulls: 1)
      }
    }
    try takeInTurns {
      !second.messages.isEmpty && first.notices.count { $0.text.contains("the group gave") } >= 2
    }
    try publish(numbered(400..<800), servers: cluster.servers)
    try takeInTurns { all().count >= 800 }
    #expect(!second.messages.isEmpty)
    #expect(all() == Set(numbered(0..<800)))
    #expect(first.notices.count { $0.text.contains("the group gave") } >= 2)
    // It leaves: the group's offsets are at the end, the first ledger's are not.
    second.source.close()
    try publish(numbered(800..<900), servers: cluster.servers)
    try first.take(until: 900, idlePulls: 120)
    #expect(first.messages.count == 900)
    #expect(Set(first.messages) == Set(numbered(0..<900)))
    #expect(Set(second.messages).count == second.messages.count)
  }

  @Test func `fixed partitions are read alone`() throws {
    let cluster = try MockCluster()
    cluster.makeTopic("shop", partitions: 3)
    try publish(numbered(0..<900), servers: cluster.servers)
    var count = 0
    for partition in 0..<3 {
      let reader = try makeReader("kafka://\(cluster.servers)/shop?partitions=\(partition)")
      try reader.open()
      try reader.take(until: 901, idlePulls: 3)
      #expect(reader.origins.allSatisfy { $0.hasPrefix("kafka:shop/\(partition)@") })
      count += reader.messages.count
    }
    #expect(count == 900)
    let missing = try KafkaSource(KafkaAddress("kafka://\(cluster.servers)/shop?partitions=7"))
    #expect {
      try missing.open(resumeAfter: .none)
    } throws: { error in
      if case .refused = error as? SourceError { true } else { false }
    }
  }

  @Test func `a topic that was made again is another origin, and taken whole`() throws {
    let old = try MockCluster()
    old.makeTopic("shop")
    try publish(numbered(0..<50), servers: old.servers)
    let reader = try makeReader("kafka://\(old.servers)/shop")
    try reader.open()
    try reader.take(until: 50)
    for count in [20, 80] {
      // The ledger believes the new topic to be the one it knows.
      let cluster = try MockCluster()
      cluster.makeTopic("shop")
      try publish(numbered(1_000..<1_000 + count), servers: cluster.servers)
      let probe = try makeReader("kafka://\(cluster.servers)/shop")
      try probe.open()
      try probe.take(until: 1)
      let origin = try #require(probe.committed.keys.first)
      let known = try #require(reader.committed.values.first)
      let next = try makeReader(
        "kafka://\(cluster.servers)/shop",
        committed: [
          origin: SourcePosition(origin: origin, position: known.position, detail: known.detail)
        ])
      try next.open()
      try next.take(until: count)
      #expect(next.messages == numbered(1_000..<1_000 + count))
      #expect(next.notices.map(\.kind) == [.newEpoch])
      #expect(next.origins.map { $0.hasSuffix("~2") } == [false, true])
    }
  }

  @Test func `brokers that are not there, and topics that are not, are waited for`() throws {
    let cluster = try MockCluster()
    cluster.makeTopic("shop")
    let gone = try KafkaSource(KafkaAddress("kafka://127.0.0.1:1/shop?socket.timeout.ms=1000"))
    #expect {
      try gone.open(resumeAfter: .none)
    } throws: { error in
      if case .unreachable = error as? SourceError { true } else { false }
    }
    cluster.denyTopic("ship")
    let missing = try KafkaSource(KafkaAddress("kafka://\(cluster.servers)/ship"))
    #expect {
      try missing.open(resumeAfter: .none)
    } throws: { error in
      if case .missing = error as? SourceError { true } else { false }
    }
  }

  @Test func `a cluster's name takes the place of the brokers' id`() throws {
    let cluster = try MockCluster()
    cluster.makeTopic("shop")
    try publish(numbered(0..<5), servers: cluster.servers)
    let reader = try makeReader("kafka://\(cluster.servers)/shop?cluster=eu")
    try reader.open()
    try reader.take(until: 5)
    #expect(reader.origins == ["kafka:shop/0@cluster=eu"])
    let origin = Array("kafka:shop/0@cluster=eu".utf8)
    func sink(_ options: String) throws -> Bool? {
      try KafkaSink(KafkaAddress("kafka://\(cluster.servers)/shop\(options)"))
        .publishesInto(origin: origin)
    }
    #expect(try sink("?cluster=eu") == true)
    #expect(try sink("?cluster=us") == false)
    #expect(try sink("") == nil)
  }
}

/// On a real broker: transactions, large messages, crashes.
@Suite(
  .serialized,
  .enabled(
    if: MockCluster.isInstalled && KafkaBroker.executable != nil,
    "no Kafka broker (scripts/setup.sh python)"))
struct KafkaSourcesOnABroker {
  @Test func `topics pass the checks of all sources`() throws {
    let checks = MessageSourceChecks { try KafkaStand(real: true) }
    #expect(try checks.problems() == [])
  }

  @Test func `aborted transactions are not read, committed ones are`() throws {
    let broker = try KafkaBroker.started()
    try publish(numbered(0..<10), servers: broker.servers)
    let address = try KafkaAddress("kafka://\(broker.servers)/shop?transactional.id=daybook-test")
    let writer = try KafkaClient(address, role: .producer)
    try succeed(daybook_rd_kafka_init_transactions(writer.handle, 10_000))
    for (numbers, commits) in [(10..<20, false), (20..<30, true), (30..<40, false)] {
      try succeed(daybook_rd_kafka_begin_transaction(writer.handle))
      let topic = try #require(daybook_rd_kafka_topic_new(writer.handle, "shop", nil))
      for var message in numbered(numbers) {
        let count = message.count
        #expect(
          daybook_rd_kafka_produce(
            topic, -1, daybook_RD_KAFKA_MSG_F_COPY.rawInt32, &message, count, nil, 0, nil) == 0)
      }
      daybook_rd_kafka_topic_destroy(topic)
      _ = daybook_rd_kafka_flush(writer.handle, 10_000)
      try succeed(
        commits
          ? daybook_rd_kafka_commit_transaction(writer.handle, 10_000)
          : daybook_rd_kafka_abort_transaction(writer.handle, 10_000))
    }
    let reader = try makeReader("kafka://\(broker.servers)/shop")
    try reader.open()
    try reader.take(until: 21, idlePulls: 6)
    #expect(Set(reader.messages) == Set(numbered(0..<10) + numbered(20..<30)))
    let careless = try makeReader("kafka://\(broker.servers)/shop?isolation=read_uncommitted")
    try careless.open()
    try careless.take(until: 41, idlePulls: 6)
    #expect(Set(careless.messages) == Set(numbered(0..<40)))
  }

  private func succeed(_ error: OpaquePointer?) throws {
    guard let error else { return }
    defer { daybook_rd_kafka_error_destroy(error) }
    throw ServerFailure(
      words: daybook_rd_kafka_error_string(error).map { String(cString: $0) } ?? "")
  }

  @Test func `a broker that crashed loses and doubles nothing`() throws {
    let broker = try KafkaBroker.started()
    try publish(numbered(0..<1_000), servers: broker.servers)
    let reader = try makeReader("kafka://\(broker.servers)/shop")
    try reader.open()
    try reader.take(until: 1_000)
    broker.kill()
    try reader.take(until: 1_001, idlePulls: 2)
    #expect(reader.errors.allSatisfy { if case .unreachable = $0 { true } else { false } })
    try broker.startAndWait()
    try publish(numbered(1_000..<1_200), servers: broker.servers)
    try reader.take(until: 1_200)
    #expect(Set(reader.messages) == Set(numbered(0..<1_200)))
    #expect(reader.messages.count == 1_200)
    // This broker saves with a delay: what it forgot when it was killed must be told.
    #expect(reader.notices.allSatisfy { $0.kind == .newEpoch })
    #expect(reader.origins.count == reader.notices.count + 1)
  }
}

@Suite struct PartitionLives {
  private let digest = MessageDigest("xxh64=ff")
  private let base = Array("kafka:t/1@c".utf8)

  private func find(
    _ committed: [SourcePosition], low: Int64 = 0, high: Int64 = 100, mustBegin: Bool = false
  ) throws -> PartitionLife {
    try PartitionLife.find(
      topic: "t", partition: 1, cluster: "c", low: low, high: high,
      committed: CommittedPositions(committed), mustBegin: mustBegin)
  }

  @Test func `an unknown partition is taken whole, in silence`() throws {
    let other = SourcePosition(origin: Array("kafka:t/12@c".utf8), position: 5)
    #expect(
      try find([other], low: 3)
        == PartitionLife(origin: base, position: nil, start: 3, digest: nil, notice: nil))
  }

  @Test func `a known partition begins with the last message, to compare`() throws {
    let life = try find([SourcePosition(origin: base, position: 41, detail: "xxh64=ff")])
    #expect(life.start == 41)
    #expect(life.digest == digest)
    #expect(try find([SourcePosition(origin: base, position: 41)]).start == 42)
    #expect(try find([SourcePosition(origin: base, position: 99)]).start == 100)
  }

  @Test func `removed messages are told`() throws {
    let life = try find([SourcePosition(origin: base, position: 9)], low: 20)
    #expect(life.start == 20)
    #expect(life.notice?.kind == .lost)
    #expect(try find([SourcePosition(origin: base, position: 19)], low: 20).notice == nil)
  }

  @Test func `a shorter partition, or another message, begins another life`() throws {
    let known = SourcePosition(origin: base, position: 100)
    for life in [try find([known], low: 4), try find([known], low: 4, high: 500, mustBegin: true)] {
      #expect(life.origin == base + Array("~2".utf8))
      #expect(life.start == 4)
      #expect(life.notice?.kind == .newEpoch)
    }
    let second = SourcePosition(origin: base + Array("~2".utf8), position: 7)
    #expect(try find([known, second]).start == 8)
  }

  @Test func `another cluster is another origin, told`() throws {
    let life = try find([SourcePosition(origin: Array("kafka:t/1@old".utf8), position: 9)])
    #expect(life.origin == base)
    #expect(life.start == 0)
    #expect(life.notice?.kind == .newEpoch)
  }
}

@Suite struct KafkaAddresses {
  private func address(_ text: String, _ options: [BrokerURL.Option] = []) throws -> KafkaAddress {
    try KafkaAddress(text, options: options)
  }

  @Test func `all parts are read, and the name has no credentials`() throws {
    let address = try address(
      "kafka://us%40er:pa%3Ass@one:1,two/a,b?tls=true&group=g&ssl.ca.location=/ca.pem")
    #expect(address.topics == ["a", "b"])
    #expect(address.group == "g")
    #expect(address.name == "kafka://one:1,two:9092/a,b")
    let settings = Dictionary(uniqueKeysWithValues: address.settings.map { ($0.key, $0.value) })
    #expect(settings["sasl.username"] == "us@er")
    #expect(settings["sasl.password"] == "pa:ss")
    #expect(settings["sasl.mechanism"] == "PLAIN")
    #expect(settings["security.protocol"] == "SASL_SSL")
    #expect(settings["isolation.level"] == "read_committed")
  }

  @Test(arguments: [
    ("nats://h/t", "not kafka"), ("kafka://h/t?gruop=x", "did you mean group?"),
    ("kafka://h/t?auto.offset.reset=latest", "Daybook's own"),
    ("kafka://h/t?partitions=a", "numbers from 0"),
    ("kafka://h/t?group=a&partitions=1", "exclude each other"),
    ("kafka://h/t?isolation=loose", "read_committed or"),
    ("kafka://h/t?cluster=a~2", "cluster is a name"),
  ])
  func `what is wrong is said`(_ text: String, _ words: String) {
    #expect {
      try address(text)
    } throws: { "\($0)".contains(words) }
  }

  @Test(.enabled(if: MockCluster.isInstalled, "no librdkafka"))
  func `an option that the client does not know is refused, and no password is told`() throws {
    let source = try KafkaSource(address("kafka://h/t?no.such=1"))
    #expect {
      try source.open(resumeAfter: .none)
    } throws: { "\($0)".contains("no.such") }
    let secret = try KafkaSource(address("kafka://u:s3cret@h/t?sasl.mechanism=NONSENSE"))
    #expect {
      try secret.open(resumeAfter: .none)
    } throws: { !"\($0)".contains("s3cret") }
  }
}
