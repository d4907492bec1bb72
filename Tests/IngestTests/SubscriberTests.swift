import Bytes
import Files
import Foundation
import Ingest
import Ledger
import MessageSourceChecks
import MessageSources
import Synchronization
import Testing
import Threads

/// A subscriber with its threads, over brokers in memory and a real ledger.
private final class Stand: Sendable {
  let folder = FileManager.default.temporaryDirectory.appending(path: "sub-\(UUID().uuidString)")
  let incidents = Mutex<[Incident]>([])
  let freeByteCount = Mutex<Int64>(1 << 40)
  /// Whether no segment can be written.
  let isFull = Mutex(false)

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: folder) }

  var directory: String { folder.path + "/ledger" }

  func subscriber(
    _ sources: [any MessageSource], steady: SteadyClock = .system,
    writing: LedgerWriterOptions = .live, change: (inout SubscriberOptions) -> Void = { _ in }
  ) throws -> Subscriber {
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    var options = SubscriberOptions()
    options.maximumDelay = 20_000
    options.endsWhenIdle = true
    change(&options)
    let pool = WorkerPool(threadCount: 2)
    let directory = directory
    return try Subscriber(
      sources: sources.map { SubscribedSource($0) }, directory: directory,
      files: ShrinkingDisk(stand: self), pool: pool, clock: .system,
      steady: steady, options: options,
      say: { [self] incident in incidents.withLock { $0.append(incident) } }
    ) { [self] in
      var random = SystemRandomNumberGenerator()
      return try LedgerWriter.open(
        directory: directory, files: ShrinkingDisk(stand: self), pool: pool, clock: .system,
        random: &random, options: writing)
    }
  }

  func messages() throws -> [String] {
    var all: [String] = []
    try LedgerReader.open(directory: directory, files: POSIXFileSystem()).snapshot()
      .forEachMessage { part in
        for row in 0..<part.count { all.append(part.message.text(row)) }
      }
    return all
  }

  func said(_ message: String) -> Bool {
    incidents.withLock { $0.contains { $0.message == message } }
  }
}

/// The real files with a free space that tests set.
private struct ShrinkingDisk: FileSystem {
  let stand: Stand
  private let real = POSIXFileSystem()
  init(stand: Stand) { self.stand = stand }
  func makeDirectory(_ path: String) throws(FileError) { try real.makeDirectory(path) }
  func create(_ path: String) throws(FileError) -> any OutputFile {
    if stand.isFull.withLock({ $0 }), path.contains("/temporary/") {
      throw FileError(operation: "create", path: path, reason: .noSpace, detail: "No space left")
    }
    return try real.create(path)
  }
  func open(_ path: String) throws(FileError) -> any InputFile { try real.open(path) }
  func rename(_ path: String, to new: String) throws(FileError) { try real.rename(path, to: new) }
  func remove(_ path: String) throws(FileError) { try real.remove(path) }
  func synchronizeDirectory(_ path: String) throws(FileError) {
    try real.synchronizeDirectory(path)
  }
  func list(_ path: String) throws(FileError) -> [String] { try real.list(path) }
  func exists(_ path: String) -> Bool { real.exists(path) }
  func space(_ path: String) throws(FileError) -> DiskSpace {
    DiskSpace(free: stand.freeByteCount.withLock { $0 }, total: 2 << 40)
  }
  func lock(_ path: String) throws(FileError) -> any FileLock { try real.lock(path) }
  func shareLock(_ path: String) throws(FileError) -> any FileLock { try real.shareLock(path) }
}

private func event(_ number: Int, of broker: String) -> String {
  "{\"specversion\":\"1.0\",\"id\":\"\(number)\",\"source\":\"/\(broker)\","
    + "\"type\":\"product.viewed\",\"time\":\"2026-03-01T00:00:00Z\","
    + "\"data\":{\"visitor_id\":\"v\"}}"
}

/// Refuses at once.
private final class RefusingSource: MessageSource {
  var name: String { "refusing" }
  func open(resumeAfter committed: CommittedPositions) throws {
    throw SourceError.refused(place: "refusing", detail: "no such stream", hint: "make it")
  }
  func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome { .idle }
  func acknowledge(_ positions: [SourcePosition]) -> Bool { false }
  func backlog() -> SourceBacklog? { nil }
  func interrupt() {}
  func close() {}
}

@Suite struct Subscribers {
  @Test func `several sources drain into one ledger, and are told how far`() throws {
    let stand = try Stand()
    let brokers = (0..<3).map { MemoryBroker(name: "b\($0)") }
    var expected: Set<String> = []
    for broker in brokers {
      for number in 0..<2000 {
        let text = event(number, of: broker.name)
        expected.insert(text)
        broker.publish(Array(text.utf8), recordedAt: 1_800_000_000_000_000)
      }
      broker.publish(Array("{broken".utf8))
    }
    let end = try stand.subscriber(brokers.map { MemorySource($0) }).run()
    let messages = try stand.messages()
    #expect(messages.count == 6000 && Set(messages) == expected)
    #expect(brokers.allSatisfy { $0.acknowledged == 2001 })
    for source in end.status.sources {
      #expect(source.received == 2001 && source.accepted == 2000)
      #expect(source.rejected == ["json": 1] && source.positions.map(\.position) == [2001])
    }
    // A second run finds nothing new, and takes what comes after.
    brokers[1].publish(Array(event(5000, of: "b1").utf8))
    let again = try stand.subscriber(brokers.map { MemorySource($0) }).run()
    #expect(again.status.sources.map(\.accepted) == [0, 1, 0])
    #expect(try stand.messages().count == 6001)
  }

  @Test func `a stop commits what was taken, and the next run goes on behind it`() throws {
    let stand = try Stand()
    let broker = MemoryBroker(name: "b")
    for number in 0..<500 { broker.publish(Array(event(number, of: "b").utf8)) }
    let subscriber = try stand.subscriber([MemorySource(broker)]) { options in
      options.endsWhenIdle = false
      options.maximumDelay = 60_000_000
    }
    let thread = OwnThread {
      // Not before something is taken: then the stop has something to commit.
      let monitor = Monitor()
      while subscriber.status.sources[0].accepted < 500 {
        monitor.locked { monitor.wait(atMost: .milliseconds(5)) }
      }
      subscriber.stop()
    }
    let end = try subscriber.run()
    thread.join()
    #expect(end.status.commitCount == 1 && broker.acknowledged == 500)
    #expect(try stand.messages().count == 500)
  }

  /// Looks again and again until something is so; false when that never comes.
  private func comes(_ isSo: () -> Bool) -> Bool {
    let monitor = Monitor()
    for _ in 0..<12_000 {
      if isSo() { return true }
      monitor.locked { monitor.wait(atMost: .milliseconds(5)) }
    }
    return isSo()
  }

  @Test(arguments: [20_000, 500])
  func `the end of a backlog is committed at once, a trickle is not`(_ count: Int) throws {
    let stand = try Stand()
    let broker = MemoryBroker(name: "b")
    for number in 0..<count { broker.publish(Array(event(number, of: "b").utf8)) }
    // A clock that stands still: no delay ever ends.
    let subscriber = try stand.subscriber([MemorySource(broker)], steady: SteadyClock { 0 }) {
      $0.endsWhenIdle = false
    }
    let isTrickle = count < 1_000
    let thread = OwnThread {
      let isThere = self.comes {
        let status = subscriber.status
        return status.sources[0].accepted == count && (isTrickle || status.commitCount == 1)
      }
      #expect(isThere)
      #expect(isTrickle || broker.acknowledged == count || self.comes { broker.acknowledged == count })
      #expect(subscriber.status.commitCount == (isTrickle ? 0 : 1))
      subscriber.stop()
    }
    let end = try subscriber.run()
    thread.join()
    #expect(end.status.commitCount == 1)
    #expect(try stand.messages().count == count)
  }

  @Test func `a disk that is full at the end leaves all fresh, for the next run to seal`() throws {
    let stand = try Stand()
    let broker = MemoryBroker(name: "b")
    for number in 0..<300 { broker.publish(Array(event(number, of: "b").utf8)) }
    stand.isFull.withLock { $0 = true }
    _ = try stand.subscriber([MemorySource(broker)]).run()
    #expect(stand.said("events stay unsealed"))
    #expect(broker.acknowledged == 300)
    #expect(try stand.messages().count == 300)
    stand.isFull.withLock { $0 = false }
    for number in 300..<310 { broker.publish(Array(event(number, of: "b").utf8)) }
    _ = try stand.subscriber([MemorySource(broker)]).run()
    let summary = try LedgerReader.open(directory: stand.directory, files: POSIXFileSystem())
      .summary()
    #expect(summary.rowCount == 310 && summary.freshRowCount == 0)
    #expect(Set(try stand.messages()).count == 310)
  }

  @Test func `a disk that is full when a segment is due is waited for`() throws {
    let stand = try Stand()
    let broker = MemoryBroker(name: "b")
    for number in 0..<300 { broker.publish(Array(event(number, of: "b").utf8)) }
    stand.isFull.withLock { $0 = true }
    var writing = LedgerWriterOptions.live
    writing.sealAfterMicroseconds = 0
    let subscriber = try stand.subscriber([MemorySource(broker)], writing: writing) {
      $0.endsWhenIdle = false
    }
    let thread = OwnThread {
      #expect(self.comes { stand.said("ledger cannot be written; trying again") })
      // Readers have them all the same.
      #expect((try? stand.messages().count) == 300)
      stand.isFull.withLock { $0 = false }
      #expect(self.comes { broker.acknowledged == 300 })
      broker.publish(Array(event(300, of: "b").utf8))
      #expect(self.comes { broker.acknowledged == 301 })
      subscriber.stop()
    }
    _ = try subscriber.run()
    thread.join()
    #expect(stand.said("ledger can be written again"))
    #expect(!stand.said("events stay unsealed"))
    #expect(Set(try stand.messages()).count == 301)
    #expect(try stand.messages().count == 301)
  }

  @Test func `many short runs leave few segments, and readers keep what they hold`() throws {
    let stand = try Stand()
    let broker = MemoryBroker(name: "b")
    var held: [(snapshot: LedgerSnapshot, count: Int)] = []
    for run in 0..<24 {
      for number in 0..<20 { broker.publish(Array(event(run * 20 + number, of: "b").utf8)) }
      _ = try stand.subscriber([MemorySource(broker)]).run()
      let reader = try LedgerReader.open(directory: stand.directory, files: POSIXFileSystem())
      #expect(try reader.summary().segmentCount <= 4)
      if run % 5 == 0 { held.append((try reader.snapshot(), (run + 1) * 20)) }
    }
    for (snapshot, count) in held {
      var found = 0
      try snapshot.forEachMessage { found += $0.count }
      #expect(found == count)
    }
    #expect(!stand.said("small segments stay unmerged"))
    #expect(Set(try stand.messages()).count == 480)
    // Nobody holds them any more: the files go with the next merge or opening.
    held = []
    broker.publish(Array(event(480, of: "b").utf8))
    _ = try stand.subscriber([MemorySource(broker)]).run()
    let files = try POSIXFileSystem().list(stand.directory + "/segments")
    #expect(files.count <= 4)
  }

  @Test func `a source that refuses is told, and the others go on`() throws {
    let stand = try Stand()
    let broker = MemoryBroker(name: "b")
    for number in 0..<50 { broker.publish(Array(event(number, of: "b").utf8)) }
    let end = try stand.subscriber([RefusingSource(), MemorySource(broker)]).run()
    #expect(end.refusals.map(\.name) == ["refusing"])
    #expect(end.status.sources.map(\.state) == [.refused, .ended])
    #expect(try stand.messages().count == 50)
    #expect(stand.said("source will not deliver"))
  }

  @Test func `a broker that comes back is taken up again`() throws {
    let stand = try Stand()
    let broker = MemoryBroker(name: "b")
    broker.setReachable(false)
    broker.publish(Array(event(1, of: "b").utf8))
    let subscriber = try stand.subscriber([MemorySource(broker)])
    let thread = OwnThread {
      let monitor = Monitor()
      while subscriber.status.sources[0].state != .unreachable {
        monitor.locked { monitor.wait(atMost: .milliseconds(5)) }
      }
      broker.setReachable(true)
    }
    _ = try subscriber.run()
    thread.join()
    #expect(try stand.messages().count == 1)
    #expect(stand.said("source cannot be reached; trying again"))
    #expect(stand.said("source answers again"))
  }

  @Test(arguments: [(nil, 1000), (60.0, 1 << 40)] as [(Double?, Int64)])
  func `a nearly full disk stops pulling until there is room`(
    percent: Double?, free: Int64
  ) throws {
    let stand = try Stand()
    stand.freeByteCount.withLock { $0 = free }
    let broker = MemoryBroker(name: "b")
    let subscriber = try stand.subscriber([MemorySource(broker)]) {
      $0.endsWhenIdle = false
      $0.diskFloorPercent = percent
    }
    let thread = OwnThread {
      let monitor = Monitor()
      func wait(until isTrue: () -> Bool) {
        while !isTrue() { monitor.locked { monitor.wait(atMost: .milliseconds(5)) } }
      }
      wait { subscriber.status.sources[0].state == .paused || subscriber.status.isDiskNearlyFull }
      broker.publish(Array(event(1, of: "b").utf8))
      stand.freeByteCount.withLock { $0 = (percent == nil ? 1 : 2) << 40 }
      // A read that was under way when the disk filled may still bring the message.
      wait {
        subscriber.status.sources[0].accepted == 1 && stand.said("disk has room again")
      }
      subscriber.stop()
    }
    _ = try subscriber.run()
    thread.join()
    #expect(try stand.messages().count == 1)
    #expect(stand.said("disk nearly full; nothing is pulled until there is room"))
    #expect(stand.said("disk has room again"))
  }
}
