import Foundation
import MessageSourceChecks
import MessageSources
import ServersTesting
import Testing

@testable import NATSSource

/// Against real servers that each test starts for itself: Debian's 2.9 and PyPI's 2.15.
@Suite(
  .serialized,
  .enabled(if: !NATSServer.installed.isEmpty, "no nats-server (scripts/setup.sh python)"))
struct NATSSources {
  @Test(arguments: NATSServer.installed)
  func `a stream passes the checks of all sources`(_ executable: String) throws {
    let checks = MessageSourceChecks { try NATSStand(executable) }
    #expect(try checks.problems() == [])
  }

  @Test(arguments: NATSServer.installed)
  func `a server that crashed and forgot acknowledgements loses and doubles nothing`(
    _ executable: String
  ) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    try server.publish(numbered(0..<6_000))
    let reader = try server.reader()
    try reader.open()
    try reader.take(until: 3_000)
    server.kill()
    try server.start()
    try server.publish(numbered(6_000..<7_000))
    try reader.take(until: 7_000)
    #expect(reader.messages == numbered(0..<7_000))
    #expect(!reader.errors.isEmpty, "the lost connection was noticed")
    #expect(reader.errors.allSatisfy { if case .unreachable = $0 { true } else { false } })
    #expect(reader.notices.isEmpty)
  }

  @Test(arguments: NATSServer.installed)
  func `a durable that somebody deleted is made again where the ledger stands`(
    _ executable: String
  ) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    try server.publish(numbered(0..<500))
    let reader = try server.reader()
    try reader.open()
    try reader.take(until: 500)
    try server.request("CONSUMER.DELETE.SHOP.daybook")
    try server.publish(numbered(500..<900))
    try reader.take(until: 900)
    #expect(reader.messages == numbered(0..<900))
    #expect(reader.redelivered == 0)
  }

  /// A server killed in the middle of removing a durable leaves its state without its description.
  @Test(arguments: NATSServer.installed)
  func `a new durable with what was left of an old one's state steps over nothing`(
    _ executable: String
  ) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    try server.publish(numbered(0..<100))
    let reader = try server.reader()
    try reader.open()
    try reader.take(until: 100)
    try server.publish(numbered(100..<900))
    // A durable as earlier programs made it, kept in files; delivered, and not committed when
    // everything dies.
    reader.source.close()
    try server.request("CONSUMER.DELETE.SHOP.daybook")
    try server.request(
      "CONSUMER.DURABLE.CREATE.SHOP.daybook",
      """
      {"stream_name":"SHOP","config":{"durable_name":"daybook","ack_policy":"all",\
      "deliver_policy":"by_start_sequence","opt_start_seq":101,"max_ack_pending":2000,\
      "description":"\(JetStreamAPI.consumerMark)"}}
      """)
    try server.request("CONSUMER.MSG.NEXT.SHOP.daybook", "{\"batch\":600}")
    // An orderly end writes the durable's state; the kill is what is done to its files.
    server.stop()
    let durable = try #require(server.files.first { $0.hasSuffix("/obs/daybook/meta.inf") })
    try FileManager.default.removeItem(atPath: durable)
    try server.start()
    try reader.open()
    try reader.take(until: 900)
    #expect(reader.messages == numbered(0..<900))
  }

  @Test(arguments: NATSServer.installed)
  func `a stream made again is another origin, announced, and taken whole`(
    _ executable: String
  ) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    try server.publish(numbered(0..<50))
    let reader = try server.reader()
    try reader.open()
    try reader.take(until: 50)
    try server.request("STREAM.DELETE.SHOP")
    try server.makeStream()
    try server.publish(numbered(50..<60))
    try reader.take(until: 60)
    #expect(reader.messages == numbered(0..<60))
    #expect(reader.notices.map(\.kind) == [.newEpoch])
    #expect(reader.origins.count == 2)
    #expect(reader.origins.allSatisfy { $0.hasPrefix("nats:SHOP@20") })
  }

  @Test(arguments: NATSServer.installed)
  func `a stream that lost its tail is another origin behind the last message known`(
    _ executable: String
  ) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    try server.publish(numbered(0..<10))
    server.stop()
    let copy = server.folder.appending(path: "copy")
    try FileManager.default.copyItem(at: server.store, to: copy)
    try server.start()
    try server.publish(numbered(10..<20))
    let reader = try server.reader()
    try reader.open()
    try reader.take(until: 20)
    // The machine lost power: what was not synchronised is gone, its sequences are given again.
    server.kill()
    try FileManager.default.removeItem(at: server.store)
    try FileManager.default.moveItem(at: copy, to: server.store)
    try server.start()
    try server.publish(numbered(20..<45))
    try reader.take(until: 45)
    #expect(reader.messages == numbered(0..<45))
    #expect(reader.notices.map(\.kind) == [.newEpoch])
    #expect(reader.origins.map { $0.hasSuffix("~2") } == [false, true])
    // And so it stays: the new life is found again.
    try reader.open()
    try server.publish(numbered(45..<50))
    try reader.take(until: 50)
    #expect(reader.messages == numbered(0..<50))
    #expect(reader.notices.count == 1)
  }

  @Test(arguments: NATSServer.installed)
  func `a reader that may hold no more unacknowledged messages goes on after its commit`(
    _ executable: String
  ) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    try server.publish(numbered(0..<2_500))
    let source = NATSSource(try server.address("SHOP?max_ack_pending=1000"))
    try source.open(resumeAfter: .none)
    let limit = PullLimit(messageCount: 10_000, byteCount: 1 << 24)
    var batch = MessageBatch()
    for _ in 0..<8 where batch.count < 1_000 {
      _ = try source.pull(into: &batch, limit: limit, wait: .milliseconds(500))
    }
    #expect(batch.count == 1_000)
    #expect(try source.pull(into: &batch, limit: limit, wait: .milliseconds(300)) == .idle)
    #expect(source.acknowledge(batch.endPositions))
    for _ in 0..<8 where batch.count < 2_000 {
      _ = try source.pull(into: &batch, limit: limit, wait: .milliseconds(500))
    }
    #expect(batch.count == 2_000)
    #expect(source.backlog()?.messageCount == 500)
  }

  @Test(arguments: NATSServer.installed)
  func `a filter takes its subjects only, and a stream is found by one`(
    _ executable: String
  ) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    try server.publish(numbered(0..<20), subject: "shop.cart.changed")
    try server.publish(numbered(20..<30), subject: "shop.order.created")
    try server.publish(numbered(30..<40), subject: "shop.cart.changed")
    let reader = try server.reader("?subject=shop.order.*")
    try reader.open()
    try reader.take(until: 11, idlePulls: 4)
    #expect(reader.messages == numbered(20..<30))
  }

  @Test(arguments: NATSServer.installed)
  func `a source that does not follow ends with what is there`(_ executable: String) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    for count in [0, 700] {
      try server.publish(numbered(0..<count))
      let source = NATSSource(try server.address("SHOP"), follows: false)
      try source.open(resumeAfter: .none)
      var batch = MessageBatch()
      let limit = PullLimit(messageCount: 300, byteCount: 1 << 20)
      var outcome = PullOutcome.idle
      for _ in 0..<20 where outcome != .ended {
        outcome = try source.pull(into: &batch, limit: limit, wait: .milliseconds(200))
      }
      #expect(outcome == .ended)
      #expect(batch.count == count)
    }
  }

  @Test func `a purge of what was not taken is told, and the rest is taken`() throws {
    let server = try NATSServer(try #require(NATSServer.installed.last))
    try server.makeStream()
    try server.publish(numbered(0..<20))
    let reader = try server.reader()
    try reader.open()
    try reader.take(until: 20)
    try server.publish(numbered(20..<50))
    try server.request("STREAM.PURGE.SHOP", "{\"seq\":31}")
    try reader.open()
    try reader.take(until: 40)
    #expect(reader.messages == numbered(0..<20) + numbered(30..<50))
    #expect(reader.notices.map(\.kind) == [.lost])
  }

  @Test(arguments: ["interest", "workqueue"])
  func `a stream that drops what was read is refused`(_ retention: String) throws {
    let server = try NATSServer(try #require(NATSServer.installed.last))
    try server.request(
      "STREAM.CREATE.SHOP",
      "{\"name\":\"SHOP\",\"subjects\":[\"shop.>\"],\"retention\":\"\(retention)\"}")
    #expect {
      try NATSSource(server.address("SHOP")).open(resumeAfter: .none)
    } throws: { error in
      if case .refused = error as? SourceError { true } else { false }
    }
  }

  @Test func `somebody else's durable is left alone`() throws {
    let server = try NATSServer(try #require(NATSServer.installed.last))
    try server.makeStream()
    try server.request(
      "CONSUMER.DURABLE.CREATE.SHOP.webhooks",
      "{\"stream_name\":\"SHOP\",\"config\":{\"durable_name\":\"webhooks\",\"ack_policy\":\"explicit\"}}"
    )
    let source = NATSSource(try server.address("SHOP?durable=webhooks"))
    #expect {
      try source.open(resumeAfter: .none)
    } throws: { error in
      if case .refused = error as? SourceError { true } else { false }
    }
    #expect(try server.request("CONSUMER.INFO.SHOP.webhooks").contains("\"explicit\""))
  }

  @Test func `a stream that is not there yet is waited for`() throws {
    let server = try NATSServer(try #require(NATSServer.installed.last))
    let source = NATSSource(try server.address("SHOP"))
    #expect {
      try source.open(resumeAfter: .none)
    } throws: { error in
      if case .missing = error as? SourceError { true } else { false }
    }
    try server.makeStream()
    try source.open(resumeAfter: .none)
  }

  @Test func `a sink says when no stream takes a subject, and knows where messages came from`()
    throws
  {
    let server = try NATSServer(try #require(NATSServer.installed.last))
    try server.makeStream()
    #expect(throws: SourceError.self) { try server.publish(numbered(0..<1), subject: "elsewhere") }
    try server.publish(numbered(0..<3), rest: "SHOP")
    let reader = try server.reader()
    try reader.open()
    try reader.take(until: 3)
    let origin = try #require(reader.committed.keys.first)
    #expect(NATSSink(try server.address("SHOP")).publishesInto(origin: origin) == true)
    #expect(NATSSink(try server.address()).publishesInto(origin: origin) == true)
    #expect(NATSSink(try server.address("OTHER")).publishesInto(origin: origin) == false)
    #expect(NATSSink(try server.address()).publishesInto(origin: Array("bus:x".utf8)) == false)
    #expect(
      NATSSink(try server.address()).publishesInto(origin: Array("nats:SHOP@2020".utf8)) == false)
  }
}
