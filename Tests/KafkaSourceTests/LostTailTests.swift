import MessageSourceChecks
import MessageSources
import ServersTesting
import Testing

@testable import KafkaSource

/// A broker that comes back without its newest messages, and answers as if nothing had happened.
@Suite(
  .serialized,
  .enabled(
    if: MockCluster.isInstalled && KafkaBroker.executable != nil,
    "no Kafka broker (scripts/setup.sh python)"))
struct KafkaBrokersThatLostTheirTail {
  /// A broker with some messages on disk, of which a copy is kept, and more that a reader took.
  ///
  /// This broker saves with a delay and does not end in order: one that forgot messages when it was
  /// killed is no stand for these tests, and another is made. Nil, and told, when none would do.
  private func stand() throws -> (KafkaBroker, CommittingReader)? {
    for _ in 0..<5 {
      let broker = try KafkaBroker.started()
      try publish(numbered(0..<300), servers: broker.servers)
      let reader = try makeReader("kafka://\(broker.servers)/shop")
      try reader.open()
      try reader.take(until: 300)
      try broker.waitUntilSaved()
      broker.kill()
      try broker.saveData()
      try broker.startAndWait()
      try publish(numbered(300..<600), servers: broker.servers)
      try reader.take(until: 600)
      if reader.notices.isEmpty && Set(reader.messages) == Set(numbered(0..<600)) {
        return (broker, reader)
      }
    }
    withKnownIssue("the broker forgot what it had acknowledged, five times") {
      Issue.record("NOT RUN: no broker that lost its tail could be made")
    }
    return nil
  }

  /// The broker comes back with its copy and takes further messages: all are read, and it is told.
  private func check(_ more: Range<Int>) throws {
    guard let (broker, reader) = try stand() else { return }
    broker.kill()
    try broker.restoreData()
    try broker.startAndWait()
    try publish(numbered(more), servers: broker.servers)
    try reader.take(until: .max, idlePulls: 60)
    #expect(Set(reader.messages) == Set(numbered(0..<more.upperBound)))
    #expect(reader.notices.contains { $0.kind == .newEpoch })
    #expect(reader.notices.allSatisfy { $0.kind == .newEpoch })
  }

  /// The reader goes on asking beyond the end; what comes is far below that.
  @Test func `messages below what was read are taken, and told`() throws { try check(600..<610) }

  @Test func `a tail that was filled again before the reader looked is taken, and told`() throws {
    try check(600..<1_600)
  }
}

@Suite struct PartitionsThatSeemShort {
  @Test func `an end that is too low counts once it stays so`() {
    var short = ShortPartitions()
    let start = ContinuousClock.now
    func look(_ end: Int64?, after seconds: Int) -> Bool {
      short.mayBeLost("t/0", end: end, wanted: 10, at: start + .seconds(seconds))
    }
    #expect(!look(nil, after: 0))
    #expect(!look(7, after: 1))
    #expect(!look(10, after: 3))
    #expect(!look(7, after: 4))
    #expect(!look(7, after: 6))
    #expect(look(7, after: 7))
    #expect(look(9, after: 60))
    #expect(!look(11, after: 61))
  }
}
