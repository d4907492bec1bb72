import EmbeddedBus
import Files
import Foundation
import MessageSourceChecks
import MessageSources
import Synchronization
import Testing
import Threads

@Suite struct Subjects {
  @Test(arguments: [
    ("order.created", "order.created", true), ("order.created", "order.paid", false),
    ("order.*", "order.created", true), ("order.*", "order.payment.failed", false),
    ("order.>", "order.payment.failed", true), ("order.>", "order", false),
    (">", "order", true), ("*", "order", true), ("*", "order.created", false),
    ("*.payment.*", "order.payment.failed", true), ("order.*.failed", "order.payment.failed", true),
    ("order", "order.created", false), ("order.created.x", "order.created", false),
    ("é.*", "é.x", true), ("é.*", "e\u{301}.x", false),
  ])
  func `a filter passes what its words say`(filter: String, subject: String, passes: Bool) throws {
    let filter = try #require(SubjectFilter(filter))
    #expect(filter.matches(Array(subject.utf8)) == passes)
  }

  @Test(arguments: ["", ".", "a.", ".a", "a..b", "a b", "a.>.b", "a>", "a*", "*a", "a\n"])
  func `what is no filter is refused`(text: String) { #expect(SubjectFilter(text) == nil) }

  @Test(arguments: [
    (#"{"type":"order.created"}"#, "order.created"),
    (#"  {"a":{"type":"no"},"b":["type","no"] , "type" : "yes"}"#, "yes"),
    (#"{"type":1}"#, nil), (#"{"x":"type","y":"no"}"#, nil), (#"{"type":"a\"b"}"#, nil),
    (#"["type","no"]"#, nil), ("", nil), (#"{"type"#, nil), (#"{"x\"":1,"type":"t"}"#, "t"),
    (#"{"type":"cut"#, nil), (#"{"a":1}{"type":"no"}"#, nil),
  ])
  func `the type of a message is found without decoding it`(message: String, type: String?) {
    let found = Array(message.utf8).withUnsafeBytes { bytes in
      TypeField.find(bytes).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(found == type)
  }
}

@Suite struct EmbeddedBuses {
  @Test func `the bus does what every source must`() throws {
    #expect(try MessageSourceChecks(patience: .milliseconds(100)) { try TestBus() }.problems() == [])
  }

  @Test func `messages keep their order, bytes, subjects and times`() throws {
    let test = try TestBus()
    let bus = try test.open()
    #expect(try bus.publish(batch(["a", "", "{\n}"], subject: "x.y")) == 1...3)
    test.time.withLock { $0 = 2_000_000 }
    #expect(try bus.publish(batch(["b"], subject: "z")) == 4...4)
    var all = MessageBatch()
    let reached = try bus.read(
      after: 0, filter: .all, limit: PullLimit(messageCount: 10, byteCount: 1 << 20), into: &all)
    #expect(reached == 4)
    #expect(all.positions == [1, 2, 3, 4])
    #expect(all.recordedAt == [1_000_000, 1_000_000, 1_000_000, 2_000_000])
    #expect(all.subject(0) == Array("x.y".utf8) && all.subject(3) == Array("z".utf8))
    #expect(Array(all.message(2)) == Array("{\n}".utf8) && all.message(1).isEmpty)
    #expect(try bus.subjectCounts().map(\.messageCount) == [3, 1])
  }

  @Test func `a batch with one bad subject publishes nothing`() throws {
    let bus = try TestBus().open()
    var both = batch(["a"], subject: "fine")
    both.append(Array("b".utf8), position: 9, subject: Array("not fine".utf8), origin: [1])
    #expect(throws: SourceError.self) { try bus.publish(both) }
    #expect(try bus.lastPosition() == 0)
    #expect(throws: SourceError.self) {
      try bus.publish(batch([[UInt8](repeating: 0, count: (8 << 20) + 1)], subject: "large"))
    }
  }

  @Test func `a filter reads only what it wants, over batches and new subjects`() throws {
    let bus = try TestBus().open()
    for round in 0..<30 {
      try bus.publish(batch(["view \(round)"], subject: "product.viewed"))
      try bus.publish(batch(["order \(round)"], subject: "order.created"))
      if round > 20 { try bus.publish(batch(["paid \(round)"], subject: "order.paid.\(round)")) }
    }
    let orders = try #require(SubjectFilter("order.>"))
    let got = try texts(bus, filter: orders)
    #expect(got.count == 39 && got.allSatisfy { !$0.hasPrefix("view") })
    #expect(got == (0..<30).flatMap { $0 > 20 ? ["order \($0)", "paid \($0)"] : ["order \($0)"] })
    #expect(try texts(bus, after: 60, filter: orders).first == "order 29" || got.count == 39)
    #expect(try bus.backlog(after: 0, filter: orders).count == 39)
  }

  @Test func `three subscribers see everything once, though one was down`() throws {
    let test = try TestBus()
    let bus = try test.open()
    let orders = try #require(SubjectFilter("order.*"))
    try bus.addSubscriber("mail", filter: orders, position: 0)
    try bus.addSubscriber("stock", filter: .all, position: 0)
    try bus.addSubscriber("books", filter: .all, position: 0)
    var seen: [String: [String]] = [:]
    /// One turn of a subscriber, which may not confirm what it saw.
    func turn(_ name: String, confirms: Bool = true) throws {
      let subscriber = try #require(try bus.subscriber(name))
      var got = MessageBatch()
      let reached = try bus.read(
        after: subscriber.position, filter: subscriber.filter,
        limit: PullLimit(messageCount: 50, byteCount: 1 << 20), into: &got)
      guard confirms else { return }
      seen[name, default: []] += (0..<got.count).map {
        String(decoding: got.message($0), as: UTF8.self)
      }
      try bus.confirm(name, through: reached)
    }
    for round in 0..<60 {
      try bus.publish(batch(["order \(round)"], subject: "order.created"))
      try bus.publish(batch(["view \(round)"], subject: "product.viewed"))
      try turn("mail")
      if round < 10 || round > 50 { try turn("stock") }
      try turn("books", confirms: round % 2 == 0)
      if round == 30 { try bus.addSubscriber("late", filter: .all, position: 0) }
    }
    for name in ["mail", "stock", "books", "late"] { for _ in 0..<4 { try turn(name) } }
    let everything = (0..<60).flatMap { ["order \($0)", "view \($0)"] }
    #expect(seen["mail"] == (0..<60).map { "order \($0)" })
    #expect(seen["stock"] == everything)
    #expect(seen["books"] == everything)
    #expect(seen["late"] == everything)
    #expect(try bus.subscribers().allSatisfy { $0.backlogCount == 0 })
  }

  @Test func `retention never takes what a subscriber still needs, unless told`() throws {
    let test = try TestBus()
    let bus = try test.open()
    try bus.addSubscriber("slow", filter: .all, position: 0)
    for round in 0..<20 {
      test.time.withLock { $0 = Int64(round) * 1_000_000 }
      try bus.publish(batch(["message \(round)"], subject: "a"))
    }
    try bus.confirm("slow", through: 5)
    let held = try bus.prune(BusRetention(messageCount: 3))
    #expect(held.removedCount == 5 && held.heldBackBy == ["slow"])
    #expect(try texts(bus).first == "message 5")
    #expect(try bus.prune(BusRetention(messageCount: 3), evenUnread: true).removedCount == 12)
    #expect(try texts(bus) == ["message 17", "message 18", "message 19"])
    let counts = try bus.counts()
    #expect(counts.messageCount == 3 && counts.byteCount == 30)
    #expect(counts.lastPosition == 20 && counts.prunedThrough == 17)
    let source = test.source("slow")
    try source.open(resumeAfter: CommittedPositions([
      SourcePosition(origin: bus.origin, position: 5, detail: test.directory)
    ]))
    var got = MessageBatch()
    let limit = PullLimit(messageCount: 10, byteCount: 1 << 20)
    guard case .notice(let notice) = try source.pull(into: &got, limit: limit, wait: .zero) else {
      Issue.record("a subscriber that lost messages hears nothing of it")
      return
    }
    #expect(notice.kind == .lost && notice.text.contains("6 to 17"))
    #expect(try bus.publish(batch(["next"], subject: "a")) == 21...21)
  }

  @Test func `retention by age and by bytes removes the oldest`() throws {
    let test = try TestBus()
    let bus = try test.open()
    for second in 0..<10 {
      test.time.withLock { $0 = Int64(second) * 1_000_000 }
      try bus.publish(batch([String(repeating: "x", count: 100)], subject: "a"))
    }
    #expect(try bus.prune(BusRetention(seconds: 6)).removedCount == 3)
    #expect(try bus.prune(BusRetention(byteCount: 450)).removedCount == 3)
    #expect(try bus.counts().byteCount == 400)
    #expect(try bus.prune(BusRetention()).removedCount == 0)
  }

  @Test func `a bus made anew in the same folder is announced and read from its start`() throws {
    let test = try TestBus()
    let first = try test.open()
    try first.publish(batch(["old"], subject: "a"))
    first.close()
    try FileManager.default.removeItem(at: test.folder)
    let second = try test.open()
    try second.publish(batch(["new"], subject: "a"))
    let source = test.source()
    try source.open(resumeAfter: CommittedPositions([
      SourcePosition(origin: first.origin, position: 1, detail: test.directory)
    ]))
    var got = MessageBatch()
    let limit = PullLimit(messageCount: 10, byteCount: 1 << 20)
    guard case .notice(let notice) = try source.pull(into: &got, limit: limit, wait: .zero) else {
      Issue.record("a new bus is not announced")
      return
    }
    #expect(notice.kind == .newEpoch)
    #expect(try source.pull(into: &got, limit: limit, wait: .zero) == .messages)
    #expect(Array(got.message(0)) == Array("new".utf8) && got.parts[0].origin == second.origin)
  }

  @Test func `one subscriber's name is read by one at a time`() throws {
    let test = try TestBus()
    let source = try test.makeSource()
    try source.open(resumeAfter: .none)
    #expect(throws: SourceError.self) { try test.source().open(resumeAfter: .none) }
    try test.source("another").open(resumeAfter: .none)
    source.close()
    try test.source().open(resumeAfter: .none)
  }

  @Test func `many threads publish at once and every message has its own position`() throws {
    let test = try TestBus()
    try test.open().close()
    try WorkerPool(threadCount: 4).run(4) { thread in
      let bus = try test.open()
      for round in 0..<25 {
        let messages = (0..<20).map { "\(thread)-\(round)-\($0)" }
        try bus.publish(batch(messages, subject: "thread.\(thread)"))
      }
      bus.close()
    }
    let bus = try test.open()
    let all = try texts(bus)
    #expect(all.count == 2000 && Set(all).count == 2000)
    for thread in 0..<4 {
      let own = all.filter { $0.hasPrefix("\(thread)-") }
      #expect(own == (0..<25).flatMap { round in (0..<20).map { "\(thread)-\(round)-\($0)" } })
    }
  }
}
