import Bytes
import Decoders
import Files
import FilesTesting
import Foundation
import Ledger
import MessageSourceChecks
import MessageSources
import Synchronization
import Threads

@testable import Ingest

/// A whole subscriber over simulated brokers, disk and clocks: one seed, one story.
///
/// The parts are the real ones (source drivers, decoding, ledger writer, fresh log, segments) but
/// for the threads: a scheduler that throws dice takes their steps one by one, so that a seed tells
/// the same story every time. The disk loses or tears what was not synchronised. The catalog is
/// SQLite, which does its own I/O on a real folder: its committed transactions count as durable, and
/// crashes come between them, at any call that the simulated disk sees.
final class Simulation {
  /// What is known about one message that a broker took.
  struct Sent {
    var broker: Int
    var origin: [UInt8]
    var position: Int64
    var bytes: [UInt8]
    /// Another message with its identity was sent before.
    var isConflict = false
    var isBroken = false
    /// The stream was made anew, or lost it, before the ledger had it: it may be missing.
    var mayBeMissing = false
    /// Positions were given twice before it, so its origin may be a later life of the stream.
    var isOfLaterLife = false
  }

  let seed: UInt64
  private var dice: Dice
  private let folder: URL
  private let files: SimulatedFileSystem
  private let time = SimulatedTime()
  private let pool = WorkerPool(threadCount: 1)
  private let brokers: [MemoryBroker]
  private var sent: [Sent] = []
  private var nextNumber = 0
  private(set) var problems: [String] = []
  /// What happened, for the report of a failure.
  private(set) var story: [String] = []

  // One life of the process.
  private var board = StatusBoard(SubscriberStatus())
  private var committed = CommittedTable()
  private var ledger: LedgerDriver?
  private var sources: [MemorySource] = []
  private var drivers: [SourceDriver] = []
  private var queues: [[Delivery]] = []
  private var generation = 0
  /// Merges that a thread would run beside.
  private let merges = Merges()
  private(set) var mergeCount = 0
  /// From here on nothing fails any more, not even after a crash that nobody had noticed.
  private var isEnding = false
  private(set) var crashCount = 0
  private(set) var commitCount = 0
  private(set) var recreatedCount = 0
  private(set) var lostTailCount = 0
  /// Streams that gave positions twice.
  private var cutStreams: Set<[UInt8]> = []

  init(seed: UInt64) throws {
    self.seed = seed
    var dice = Dice(state: seed)
    folder = FileManager.default.temporaryDirectory.appending(path: "sim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "ledger"), withIntermediateDirectories: true)
    files = SimulatedFileSystem(directory: folder.path, seed: seed)
    brokers = (0..<dice.below(3) + 1).map { MemoryBroker(name: "b\($0)") }
    self.dice = dice
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private var directory: String { folder.path + "/ledger" }

  // MARK: The story

  func run(stepCount: Int) throws {
    try startProcess()
    for _ in 0..<stepCount { try step() }
    // In the end everything works again, and all must be there.
    tell("the end: no more faults")
    isEnding = true
    files.schedule([:])
    for broker in brokers { broker.setReachable(true) }
    var quietRounds = 0
    for _ in 0..<400 where quietRounds < 3 {
      for lane in drivers.indices { pull(lane) }
      try takeAll()
      try commit()
      try runMerge()
      let isQuiet = queues.allSatisfy(\.isEmpty) && drivers.allSatisfy(\.isDrained)
      quietRounds = isQuiet ? quietRounds + 1 : 0
    }
    try endProcess()
    try check("at the end")
  }

  private func step() throws {
    switch dice.below(100) {
    case ..<5: try runMerge()
    case ..<30: publish(brokerIndex: dice.below(brokers.count), count: dice.below(8) + 1)
    case ..<60: pull(dice.below(drivers.count))
    case ..<72: try takeAll()
    case ..<82: try commit()
    case ..<87: advance()
    case ..<90:
      let broker = dice.below(brokers.count)
      let isReachable = dice.below(2) == 0
      tell("broker \(broker) reachable: \(isReachable)")
      brokers[broker].setReachable(isReachable)
    case ..<93:
      let lane = dice.below(sources.count)
      sources[lane].resentCount = dice.below(20)
      tell("broker \(lane) sends \(sources[lane].resentCount) again")
    case ..<94: recreate(dice.below(brokers.count))
    case ..<96: loseTail(dice.below(brokers.count))
    case ..<99: scheduleFault()
    default:
      tell("power cut")
      files.crash()
      try restart()
    }
  }

  private func tell(_ text: String) { story.append(text) }

  private func advance() {
    let span = Int64(dice.below(10_000_000))
    time.steady.withLock { $0 += span }
    // The wall clock may jump, forward and back; the steady one never does.
    let jump = dice.below(4) == 0 ? Int64(dice.below(7_200_000_000)) - 3_600_000_000 : span
    time.wall.withLock { $0 += jump }
  }

  private func scheduleFault() {
    let fault: SimulatedFileSystem.Fault =
      switch dice.below(4) {
      case 0: .noSpace
      case 1: .failure
      default: .crash
      }
    let call = dice.below(30)
    tell("fault \(fault) at call \(call)")
    files.schedule([call: fault])
  }

  // MARK: Brokers

  private func publish(brokerIndex: Int, count: Int) {
    let broker = brokers[brokerIndex]
    for _ in 0..<count {
      var isConflict = false
      var isBroken = false
      let bytes: [UInt8]
      switch dice.below(12) {
      case 0 where !sent.isEmpty:
        // The very same message once more.
        let earlier = sent[dice.below(sent.count)]
        bytes = earlier.bytes
        (isConflict, isBroken) = (earlier.isConflict, earlier.isBroken)
      case 1 where nextNumber > 0:
        isConflict = true
        bytes = event(dice.below(nextNumber), variant: dice.below(1_000_000) + 1)
      case 2:
        isBroken = true
        bytes = Array("{\"broken\":\(nextNumber)".utf8)
        nextNumber += 1
      default:
        bytes = event(nextNumber, variant: 0)
        nextNumber += 1
      }
      let origin = broker.origin
      // Positions that are given again are given without holes: a hole where the ledger's last
      // message was could not be told from one that retention made.
      let isCut = cutStreams.contains(origin)
      let gap = Int64(dice.below(3))
      let position = broker.publish(
        bytes, recordedAt: time.wall.withLock { $0 }, skipping: isCut ? 0 : gap)
      sent.append(
        Sent(
          broker: brokerIndex, origin: origin, position: position, bytes: bytes,
          isConflict: isConflict, isBroken: isBroken, isOfLaterLife: isCut))
    }
  }

  private func event(_ number: Int, variant: Int) -> [UInt8] {
    Array(
      ("{\"specversion\":\"1.0\",\"id\":\"e-\(number)\",\"source\":\"/sim\","
        + "\"type\":\"product.viewed\",\"time\":\"2026-03-01T00:00:00Z\","
        + "\"data\":{\"visitor_id\":\"v-\(number % 7)\",\"n\":\(variant)}}").utf8)
  }

  private func recreate(_ index: Int) {
    let origin = brokers[index].origin
    let end = (try? committed.positions.position(of: origin)?.position) ?? 0
    for place in sent.indices where sent[place].origin == origin {
      if sent[place].position > end || sent[place].isOfLaterLife { sent[place].mayBeMissing = true }
    }
    tell("broker \(index) is made anew")
    recreatedCount += 1
    brokers[index].recreate()
  }

  /// The broker crashes without its newest messages; what the ledger was not given is gone.
  private func loseTail(_ index: Int) {
    let origin = brokers[index].origin
    let end = brokers[index].loseTail(dice.below(12))
    tell("broker \(index) loses its tail behind \(end)")
    lostTailCount += 1
    for place in sent.indices where sent[place].origin == origin && sent[place].position > end {
      sent[place].mayBeMissing = true
      sent[place].isOfLaterLife = true
    }
    cutStreams.insert(origin)
  }

  // MARK: The process

  private func startProcess() throws {
    var status = SubscriberStatus()
    status.sources = brokers.map { SubscriberStatus.Source(name: $0.name) }
    board = StatusBoard(status)
    committed = CommittedTable()
    var options = SubscriberOptions()
    options.seed = seed
    options.maximumDelay = 5_000_000
    let (files, directory, pool) = (files, directory, pool)
    let clock = WallClock { [time] in time.wall.withLock { $0 } }
    let steadyClock = SteadyClock { [time] in time.steady.withLock { $0 } }
    var writerOptions = LedgerWriterOptions.live
    writerOptions.segmentRowCount = 24
    writerOptions.indexFanIn = 2
    writerOptions.indexFileRowCount = 32
    // Every other story seals so often that small segments are merged.
    writerOptions.sealAfterMicroseconds = seed % 2 == 0 ? 60_000_000 : 0
    var random = SeededNumbers(state: seed)
    for attempt in 0..<50 {
      do {
        ledger = try LedgerDriver(
          openWriter: {
            try LedgerWriter.open(
              directory: directory, files: files, pool: pool, clock: clock, random: &random,
              options: writerOptions)
          },
          decoders: brokers.map { _ in DecoderOptions(.cloudEvents) }, pool: pool, clock: clock,
          steady: steadyClock, board: board, committed: committed, options: options,
          runMerge: { [merges] in merges.list.append($0) })
        break
      } catch {
        tell("start \(attempt) failed: \(error)")
        if files.hasCrashed { files.restart() } else { files.schedule([:]) }
      }
    }
    guard ledger != nil else {
      problems.append("the process does not start")
      throw CancellationError()
    }
    sources = brokers.map { MemorySource($0) }
    let positions = committed.positions
    drivers = sources.enumerated().map { index, source in
      SourceDriver(
        source, lane: index, committed: positions, clock: clock, steady: steadyClock,
        board: board, options: options, say: { _ in })
    }
    queues = brokers.map { _ in [] }
    generation = 0
  }

  private func endProcess() throws {
    for driver in drivers { driver.close() }
    _ = try ledger?.commit()
    try ledger?.seal(mergesUpTo: Int.max)
    try ledger?.close()
    ledger = nil
  }

  /// After a power cut, or a failure that ends the process.
  private func restart() throws {
    crashCount += 1
    do { try ledger?.close() } catch { tell("closing: \(error)") }
    ledger = nil
    drivers = []
    var faults: [Int: SimulatedFileSystem.Fault] = [:]
    if files.hasCrashed {
      if dice.below(3) == 0 && !isEnding { faults[dice.below(40)] = .crash }
      files.restart(faults: faults)
    } else {
      files.schedule([:])
    }
    try startProcess()
    if faults.isEmpty, dice.below(3) == 0 { try check("after restart \(crashCount)") }
  }

  private func pull(_ lane: Int) {
    guard queues[lane].reduce(0, { $0 + $1.messageCount }) < 60 else { return }
    let limit = PullLimit(messageCount: dice.below(20) + 1, byteCount: 1 << 20)
    if case .delivered(let deliveries) = drivers[lane].step(limit: limit, wait: .zero) {
      queues[lane] += deliveries
    }
  }

  /// A merge goes on to its end, or to the crash, between two steps of the others.
  private func runMerge() throws {
    ledger?.noteDrained()
    guard !merges.list.isEmpty else { return }
    let merge = merges.list.removeFirst()
    tell("a merge")
    mergeCount += 1
    merge.run()
    if files.hasCrashed { return try restart() }
    if dice.below(2) == 0 { try attempt { try $0.takeMerge() } }
  }

  private func takeAll() throws {
    var round: [Delivery] = []
    for lane in queues.indices {
      let count = dice.below(queues[lane].count + 1)
      round += queues[lane].prefix(count)
      queues[lane].removeFirst(count)
    }
    try attempt { try $0.take(round.filter { $0.generation == generation }) }
  }

  private func commit() throws {
    try attempt { ledger in
      for confirmation in try ledger.commit() {
        commitCount += 1
        // An acknowledgement may get lost; nobody minds.
        if dice.below(4) > 0 { drivers[confirmation.lane].acknowledge(confirmation.positions) }
      }
    }
  }

  /// What `Subscriber.attempt` does, without waiting.
  private func attempt(_ work: (LedgerDriver) throws -> Void) throws {
    guard let ledger else { return }
    do {
      try work(ledger)
    } catch {
      tell("failure: \(error)")
      if !files.hasCrashed, Subscriber.mayPass(error) {
        guard ledger.needsReopen else { return }
        do {
          try ledger.reopen()
          generation += 1
          for lane in queues.indices {
            queues[lane] = []
            drivers[lane].forget(generation: generation)
          }
          return
        } catch {
          tell("reopening: \(error)")
        }
      }
      try restart()
    }
  }

  // MARK: The truth

  /// Everything committed is there once, byte for byte, and no checkpoint is ahead of it.
  private func check(_ moment: String) throws {
    let reader = try LedgerReader.open(directory: directory, files: files)
    var events: [[UInt8]: Int] = [:]
    try reader.snapshot().forEachMessage { part in
      for row in 0..<part.count { events[Array(part.message[row]), default: 0] += 1 }
    }
    for (bytes, count) in events where count > 1 {
      problems.append("\(moment): \(count) times \(String(decoding: bytes, as: UTF8.self))")
    }
    var rejects: Set<[UInt8]> = []
    var rejectedBytes: Set<[UInt8]> = []
    for reject in try reader.rejects() {
      let bytes = try reader.rejectBytes(reject)
      rejects.insert(reject.origin + Array("|\(reject.position)|".utf8) + bytes)
      rejectedBytes.insert(bytes)
    }
    let known = Set(sent.map(\.bytes))
    for bytes in events.keys where !known.contains(bytes) {
      problems.append("\(moment): nobody sent \(String(decoding: bytes, as: UTF8.self))")
    }
    for message in sent {
      let end = try reader.checkpoint(origin: message.origin)?.position ?? 0
      let isEnd = moment == "at the end" && !message.mayBeMissing
      guard isEnd || (message.position <= end && !message.isOfLaterLife) else { continue }
      let key = message.origin + Array("|\(message.position)|".utf8) + message.bytes
      let isRejected =
        message.isOfLaterLife ? rejectedBytes.contains(message.bytes) : rejects.contains(key)
      let isThere = isRejected || (!message.isBroken && events[message.bytes] != nil)
      if !isThere {
        problems.append(
          "\(moment): \(String(decoding: message.origin, as: UTF8.self)) \(message.position) is "
            + "missing, the checkpoint is \(end): "
            + String(decoding: message.bytes, as: UTF8.self))
      }
    }
  }
}

/// Merges that nobody has run yet.
private final class Merges {
  var list: [SegmentMerge] = []
}

/// Both clocks: the one of the wall may jump.
private final class SimulatedTime: Sendable {
  let wall = Mutex<Int64>(1_800_000_000_000_000)
  let steady = Mutex<Int64>(0)
}

/// SplitMix64.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
