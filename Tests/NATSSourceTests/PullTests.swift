import MessageSourceChecks
import MessageSources
import ServersTesting
import Testing

@testable import NATSSource

/// What a reader asks of a server, and what it does not.
@Suite(
  .serialized,
  .enabled(if: !NATSServer.installed.isEmpty, "no nats-server (scripts/setup.sh python)"))
struct NATSPulls {
  private func state(_ server: NATSServer) throws -> JetStreamReplies.ConsumerInfo {
    try JetStreamReplies.decode(
      Array(server.request("CONSUMER.INFO.SHOP.daybook").utf8),
      as: JetStreamReplies.ConsumerInfo.self)
  }

  /// Servers say of a full pull that it is complete when the next one is under way: an earlier
  /// program took that for the end of the next one and asked for more and more at once.
  @Test(arguments: NATSServer.installed)
  func `one pull is in flight, whatever the server says of earlier ones`(
    _ executable: String
  ) throws {
    let server = try NATSServer(executable)
    try server.makeStream()
    let count = 6 * Limits.pullMessageCount
    try server.publish(numbered(0..<count))
    let reader = try server.reader()
    try reader.open()
    try reader.take(until: 3 * Limits.pullMessageCount + 100)
    // Nobody takes messages any more; the connection is kept, and the server sends what was asked.
    var delivered = UInt64(0)
    var before = UInt64.max
    for _ in 0..<100 where before != delivered || delivered < UInt64(reader.messages.count) {
      before = delivered
      reader.source.tend()
      delivered = try state(server).delivered.stream_seq
    }
    #expect(delivered <= UInt64(reader.messages.count + Limits.pullMessageCount))
    try reader.take(until: count)
    #expect(reader.messages == numbered(0..<count))
    #expect(reader.errors.isEmpty)
    #expect(reader.redelivered == 0)
  }

  @Test(arguments: NATSServer.installed)
  func `everything is answered behind the inbox prefix of the address`(
    _ executable: String
  ) throws {
    let server = try NATSServer(
      executable,
      configuration: """
        authorization { users: [
          {user: "all", password: "x"},
          {user: "own", password: "x", permissions: {publish: ">", subscribe: "_OWN.>"}} ] }
        """)
    try server.makeStream(user: "all:x@")
    try server.publish(numbered(0..<300), user: "all:x@")
    let reader = CommittingReader(
      NATSSource(try server.address("SHOP?inbox_prefix=_OWN", user: "own:x@")))
    try reader.open()
    try reader.take(until: 300)
    #expect(reader.messages == numbered(0..<300))
    try server.publish(
      numbered(300..<310), rest: "?inbox_prefix=_OWN", user: "own:x@")
    try reader.take(until: 310)
    #expect(reader.messages == numbered(0..<310))
  }
}
