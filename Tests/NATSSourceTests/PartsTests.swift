import MessageSources
import Testing

@testable import NATSSource

@Suite struct DeliverySubjects {
  @Test(arguments: [
    "$JS.ACK.SHOP.daybook.1.18446744073709551615.7.1700000000123456789.42",
    "$JS.ACK.hub.acchash.SHOP.daybook.1.18446744073709551615.7.1700000000123456789.42",
    "$JS.ACK._.acchash.SHOP.daybook.1.18446744073709551615.7.1700000000123456789.42.token",
  ])
  func `all forms say the same`(_ text: String) throws {
    let subject = try #require(DeliverySubject(text))
    #expect(subject.streamSequence == UInt64.max)
    #expect(subject.consumerSequence == 7)
    #expect(subject.timeNanoseconds == 1_700_000_000_123_456_789)
    #expect(subject.pendingCount == 42)
  }

  @Test(arguments: [
    "", "$JS.ACK", "$JS.ACK.", "_INBOX.abc", "$JS.ACK.SHOP.daybook.1.2.3.4",
    "$JS.ACK.SHOP.daybook.1.2.x.4.5", "$JS.ACK.SHOP.daybook.1..3.4.5",
    "$JS.ACK.SHOP.daybook.1.18446744073709551616.3.4.5", "$JS.ACK.a.b.c.d.e.f.g.h.i.j.k.l.m.n",
  ])
  func `anything else is none`(_ text: String) { #expect(DeliverySubject(text) == nil) }
}

@Suite struct StreamLives {
  private let created = "2026-03-01T10:00:00.123456789Z"
  private var base: [UInt8] { Array("nats:SHOP@\(created)".utf8) }
  private let digest = StreamLife.Digest("xxh64=00000000000000ff at=1700000000123456789")

  private func find(
    _ committed: [SourcePosition], first: UInt64 = 1, isWhole: Bool = true,
    stored: StreamLife.Stored = .gone
  ) throws -> StreamLife {
    try StreamLife.find(
      stream: "SHOP", created: created, sequences: first..<101, isWhole: isWhole,
      committed: CommittedPositions(committed), stored: { _ in stored })
  }

  @Test func `an unknown stream is taken whole, in silence`() throws {
    let life = try find([])
    #expect(life == StreamLife(origin: base, position: nil, start: .all, notice: nil))
  }

  @Test func `a known stream goes on behind its position`() throws {
    let known = SourcePosition(origin: base, position: 41, detail: digest?.text ?? "")
    for stored in [StreamLife.Stored.gone, .message(try #require(digest))] {
      let life = try find([known], stored: stored)
      #expect(life.position == 41)
      #expect(life.start == .sequence(42))
      #expect(life.notice == nil)
    }
  }

  @Test func `messages that were removed before they were taken are told of`() throws {
    let known = SourcePosition(origin: base, position: 41)
    for first in [UInt64(1), 41, 42] { #expect(try find([known], first: first).notice == nil) }
    let life = try find([known], first: 43)
    #expect(life.start == .sequence(42))
    #expect(life.notice?.kind == .lost)
    // Behind a filter nobody knows whether they were ours.
    #expect(try find([known], first: 43, isWhole: false).notice == nil)
  }

  @Test func `another time of creation is a new origin, told`() throws {
    let life = try find([
      SourcePosition(origin: Array("nats:SHOP@2020-01-01T00:00:00Z".utf8), position: 9)
    ])
    #expect(life.origin == base)
    #expect(life.start == .all)
    #expect(life.notice?.kind == .newEpoch)
  }

  @Test func `a lost tail begins a life behind the last message known`() throws {
    let known = SourcePosition(origin: base, position: 200, detail: try #require(digest).text)
    let life = try find([known])
    #expect(life.origin == base + Array("~2".utf8))
    #expect(life.start == .time("2023-11-14T22:13:20.123456790Z"))
    #expect(life.notice?.kind == .newEpoch)
    let later = try find([known, SourcePosition(origin: life.origin, position: 55)])
    #expect(later.origin == life.origin)
    #expect(later.start == .sequence(56))
  }

  @Test func `another message at the position is a lost tail too`() throws {
    let known = SourcePosition(origin: base, position: 50, detail: try #require(digest).text)
    let other = try #require(
      StreamLife.Digest("xxh64=00000000000000fe at=1700000000123456789"))
    #expect(try find([known], stored: .message(other)).notice?.kind == .newEpoch)
  }

  @Test(arguments: [
    ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
    ("2023-11-14T22:13:20.5Z", 1_700_000_000_500_000_000),
    ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789),
    ("2023-11-14T22:13:20.12345678Z", 1_700_000_000_123_456_780),
  ])
  func `times keep their nanoseconds`(_ text: String, _ nanoseconds: Int64) throws {
    #expect(StreamLife.nanoseconds(text) == nanoseconds)
    #expect(StreamLife.nanoseconds(StreamLife.time(nanoseconds: nanoseconds)) == nanoseconds)
  }
}

@Suite struct AcknowledgementQueues {
  @Test func `the newest delivery with nothing uncommitted before it is taken`() {
    var queue = AcknowledgementQueue()
    queue.append(position: 10, reply: "a")
    queue.append(position: 20, reply: "b")
    // A redelivery after it is newer, and covers both.
    queue.append(position: 15, reply: "c")
    queue.append(position: 30, reply: "d")
    #expect(queue.take(upTo: 9) == nil)
    #expect(queue.take(upTo: 12) == "a")
    #expect(queue.take(upTo: 29) == "c")
    #expect(queue.take(upTo: 29) == nil)
    #expect(queue.take(upTo: 99) == "d")
  }

  @Test func `it forgets the oldest rather than growing`() {
    var queue = AcknowledgementQueue()
    for position in 0..<200_000 { queue.append(position: Int64(position), reply: "\(position)") }
    #expect(queue.take(upTo: 100_000) == nil)
    #expect(queue.take(upTo: 150_000) == "150000")
  }
}

@Suite struct NATSAddresses {
  @Test func `all parts are read, and the name has no credentials`() throws {
    let address = try NATSAddress(
      "nats://us%40er:pa%3Ass@one:1,two,[::1]:3/SHOP?subject=shop.%3E&durable=books&ack_wait=60")
    #expect(address.url.hosts.map(\.text) == ["one:1", "two:4222", "[::1]:3"])
    #expect(address.credentials == .user(name: "us@er", password: "pa:ss"))
    #expect(address.stream == "SHOP")
    #expect(address.subject == "shop.>")
    #expect(address.durable == "books")
    #expect(address.ackWaitSeconds == 60)
    #expect(address.name == "nats://one:1,two:4222,[::1]:3/SHOP (shop.>)")
  }

  @Test func `the user part alone is a token, with a colon a user`() throws {
    #expect(try NATSAddress("nats://abc@h/S").credentials == .token("abc"))
    #expect(try NATSAddress("nats://abc:@h/S").credentials == .user(name: "abc", password: ""))
    #expect(try NATSAddress("nats://h/S").credentials == .none)
    let address = try NATSAddress(
      "nats://h/S", options: [.init("user", "u"), .init("password", "p")])
    #expect(address.credentials == .user(name: "u", password: "p"))
  }

  @Test(arguments: [
    ("host/S", "no scheme"), ("kafka://h/S", "not nats"), ("nats:///S", "no host"),
    ("nats://h:0/S", "port"), ("nats://h/S?durabel=x", "did you mean durable?"),
    ("nats://h/A.B", "may not have"), ("nats://h/S?durable=a*", "may not have"),
    ("nats://h/S?tls_cert=x", "belong together"), ("nats://h/S?ack_wait=1", "10 to"),
    ("nats://h/S?token_file=/nowhere/at/all", "cannot read"), ("nats://a%4@h/S", "two hex digits"),
  ])
  func `what is wrong is said`(_ text: String, _ words: String) {
    #expect {
      try NATSAddress(text)
    } throws: { "\($0)".contains(words) }
  }
}
