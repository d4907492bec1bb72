package import MessageSources
import Synchronization
import Threads

/// A broker with one empty stream, as the checks need it; every check gets its own.
package protocol SourceStand: AnyObject, Sendable {
  /// Puts messages into the stream; they are durable there when this returns.
  func publish(_ messages: [[UInt8]]) throws
  /// A source as a new process would make it.
  func makeSource() throws -> any MessageSource
  /// Whether messages may be empty and hold line feeds: not so for lines of a file.
  var takesAnyBytes: Bool { get }
  /// The largest message that the broker takes: 8 MiB, unless a test's broker takes less.
  var largestMessage: Int { get }
  /// Stops what the stand has started.
  func close()
}

extension SourceStand {
  package var largestMessage: Int { 8 << 20 }
}

/// What every source must do: run by each source's tests against its own broker.
package struct MessageSourceChecks {
  private let makeStand: () throws -> any SourceStand
  private let limit = PullLimit(messageCount: 1000, byteCount: 16 << 20)
  /// The longest that one pull waits for messages that are there.
  private let patience: Duration

  package init(
    patience: Duration = .seconds(2), stand: @escaping () throws -> any SourceStand
  ) {
    self.patience = patience
    makeStand = stand
  }

  /// Returns what went wrong, in words; empty when all is well.
  package func problems() throws -> [String] {
    let checks: [(String, (any SourceStand) throws -> [String])] = [
      ("order", checkOrder), ("limits", checkLimits), ("resuming", checkResuming),
      ("going back", checkGoingBack), ("large", checkLargeMessages),
      ("interruption", checkInterruption), ("restarts", checkRestarts),
    ]
    var problems: [String] = []
    for (name, check) in checks {
      let stand = try makeStand()
      defer { stand.close() }
      problems += try check(stand).map { "\(name): \($0)" }
    }
    return problems
  }

  // MARK: Checks

  private func checkOrder(_ stand: any SourceStand) throws -> [String] {
    var problems: [String] = []
    let source = try stand.makeSource()
    try source.open(resumeAfter: .none)
    defer { source.close() }
    var batch = MessageBatch()
    if try source.pull(into: &batch, limit: limit, wait: .milliseconds(1)) == .messages {
      problems.append("an empty stream gave messages")
    }
    var sent = numbered(0..<300)
    if stand.takesAnyBytes { sent += [[], Array("{\n\"a\":1}\n".utf8), [0xff, 0x00]] }
    try stand.publish(sent)
    batch.append(Array("before".utf8), position: 1, origin: Array("other".utf8))
    let got = try takeAll(source, count: sent.count, into: &batch)
    if batch.message(0) != Array("before".utf8)[...] { problems.append("a pull lost the batch") }
    if !isSameSet(got, sent) { problems.append("sent \(sent.count) messages, got \(got.count)") }
    problems += shapeProblems(batch)
    for position in batch.endPositions.dropFirst() {
      if !source.acknowledge([position]) { problems.append("an acknowledgement failed") }
    }
    if source.name.isEmpty { problems.append("the source has no name") }
    if let count = source.backlog()?.messageCount, count != 0 {
      problems.append("a backlog of \(count) after everything was pulled")
    }
    return problems
  }

  private func checkLimits(_ stand: any SourceStand) throws -> [String] {
    var problems: [String] = []
    let sent = numbered(0..<100, padding: 1000)
    try stand.publish(sent)
    let source = try stand.makeSource()
    try source.open(resumeAfter: .none)
    defer { source.close() }
    var all: [[UInt8]] = []
    var round = 0
    for _ in 0..<10_000 where all.count < sent.count {
      round += 1
      let few = PullLimit(
        messageCount: round % 2 == 0 ? 7 : 50, byteCount: round % 3 == 0 ? 100 : 5_500)
      var batch = MessageBatch()
      guard try source.pull(into: &batch, limit: few, wait: patience) == .messages else {
        continue
      }
      if batch.count > few.messageCount { problems.append("more messages than asked for") }
      let byteCount = batch.lengths.reduce(0) { $0 + Int($1) }
      if batch.count > 1, byteCount > few.byteCount {
        problems.append("\(byteCount) bytes, asked for \(few.byteCount)")
      }
      all += (0..<batch.count).map { Array(batch.message($0)) }
    }
    if !isSameSet(all, sent) { problems.append("limits lost or doubled messages") }
    return problems
  }

  /// Resumes behind every position.
  private func checkResuming(_ stand: any SourceStand) throws -> [String] {
    var problems: [String] = []
    let sent = numbered(0..<12)
    try stand.publish(sent)
    let (batch, ends) = try readOneByOne(stand, count: sent.count)
    for taken in 1...max(ends.count, 1) where taken <= ends.count {
      let committed = ends[taken - 1]
      let (rest, source) = try readAll(
        stand, resumeAfter: CommittedPositions(committed), count: sent.count - taken,
        thenPullsOnce: true)
      let expected = (taken..<batch.count).map { Array(batch.message($0)) }
      let got = news(rest, committed)
      if !isSameSet(got, expected) {
        problems.append("after \(taken) of \(sent.count): \(got.count) came from \(source)")
      }
    }
    if ends.count != sent.count { problems.append("one by one, \(ends.count) came") }
    return problems
  }

  /// The ledger's word counts: an acknowledgement that it does not know of is as if it never was.
  private func checkGoingBack(_ stand: any SourceStand) throws -> [String] {
    let sent = numbered(0..<20)
    try stand.publish(sent)
    let (batch, ends) = try readOneByOne(stand, count: sent.count, acknowledges: true)
    guard ends.count == sent.count else { return ["one by one, \(ends.count) came"] }
    let (rest, _) = try readAll(
      stand, resumeAfter: CommittedPositions(ends[7]), count: sent.count - 8)
    let expected = (8..<batch.count).map { Array(batch.message($0)) }
    return isSameSet(news(rest, ends[7]), expected)
      ? [] : ["what was acknowledged but is not in the ledger did not come again"]
  }

  /// All messages, and the positions to commit after each of them.
  private func readOneByOne(
    _ stand: any SourceStand, count: Int, acknowledges: Bool = false
  ) throws -> (batch: MessageBatch, ends: [[SourcePosition]]) {
    let source = try stand.makeSource()
    try source.open(resumeAfter: .none)
    defer { source.close() }
    var batch = MessageBatch()
    var ends: [[SourcePosition]] = []
    let one = PullLimit(messageCount: 1, byteCount: 1 << 20)
    for _ in 0..<1000 where batch.count < count {
      let outcome = try source.pull(into: &batch, limit: one, wait: patience)
      if outcome == .ended { break }
      if outcome == .messages { ends.append(batch.endPositions) }
    }
    if acknowledges { _ = source.acknowledge(batch.endPositions) }
    return (batch, ends)
  }

  private func checkLargeMessages(_ stand: any SourceStand) throws -> [String] {
    let empty = numbered(0..<1, padding: 0)[0].count
    let sent =
      numbered(0..<1) + numbered(1..<2, padding: stand.largestMessage - empty) + numbered(2..<3)
    try stand.publish(sent)
    let source = try stand.makeSource()
    try source.open(resumeAfter: .none)
    defer { source.close() }
    var batch = MessageBatch()
    let small = PullLimit(messageCount: 100, byteCount: 1 << 20)
    for _ in 0..<1000 where batch.count < sent.count {
      _ = try source.pull(into: &batch, limit: small, wait: patience)
    }
    let got = (0..<batch.count).map { Array(batch.message($0)) }
    return isSameSet(got, sent) ? [] : ["a message of \(stand.largestMessage) bytes did not come whole"]
  }

  private func checkInterruption(_ stand: any SourceStand) throws -> [String] {
    let source = try stand.makeSource()
    try source.open(resumeAfter: .none)
    defer { source.close() }
    let begun = Gate()
    let few = limit
    let start = ContinuousClock.now
    try WorkerPool(threadCount: 2).run(2) { task in
      if task == 1 {
        begun.wait()
        source.interrupt()
        return
      }
      var batch = MessageBatch()
      begun.open()
      // An interruption lasts until the next opening, so it ends these pulls whenever it comes.
      for _ in 0..<2 {
        let outcome = try source.pull(into: &batch, limit: few, wait: .seconds(60))
        if case .messages = outcome { break }
      }
    }
    return ContinuousClock.now - start < .seconds(30) ? [] : ["a pull waits on when interrupted"]
  }

  /// A reader that commits now and then and dies at any point sees everything exactly once.
  private func checkRestarts(_ stand: any SourceStand) throws -> [String] {
    var dice = Dice(state: 11)
    let sent = numbered(0..<200)
    var publishedCount = 0
    var committed: [[UInt8]: SourcePosition] = [:]
    var ledger: [[UInt8]] = []
    for _ in 0..<400 where ledger.count < sent.count {
      let source = try stand.makeSource()
      try source.open(resumeAfter: CommittedPositions(Array(committed.values)))
      var open = MessageBatch()
      for _ in 0..<dice.below(6) + 1 {
        if publishedCount < sent.count {
          let end = min(sent.count, publishedCount + dice.below(30))
          try stand.publish(Array(sent[publishedCount..<end]))
          publishedCount = end
        }
        let few = PullLimit(messageCount: dice.below(20) + 1, byteCount: 1 << 20)
        let wait: Duration =
          publishedCount == sent.count && dice.below(3) > 0 ? .milliseconds(200) : .milliseconds(20)
        _ = try source.pull(into: &open, limit: few, wait: wait)
        if dice.below(3) == 0 {
          ledger += news(open, Array(committed.values))
          for position in open.endPositions
          where position.position > committed[position.origin]?.position ?? Int64.min {
            committed[position.origin] = position
          }
          if dice.below(2) == 0 { _ = source.acknowledge(open.endPositions) }
          open.removeAll()
        }
      }
      source.close()
    }
    return isSameSet(ledger, sent)
      ? [] : ["\(sent.count) messages, \(ledger.count) committed, \(Set(ledger).count) distinct"]
  }

  // MARK: Helpers

  private func numbered(_ numbers: Range<Int>, padding: Int = 20) -> [[UInt8]] {
    numbers.map { number in
      let digits = String(number)
      let zeros = String(repeating: "0", count: 6 - digits.count)
      return Array("{\"number\":\"\(zeros)\(digits)\",\"padding\":\"".utf8)
        + [UInt8](repeating: 0x78, count: padding) + Array("\"}".utf8)
    }
  }

  private func takeAll(
    _ source: any MessageSource, count: Int, into batch: inout MessageBatch
  ) throws -> [[UInt8]] {
    let first = batch.count
    for _ in 0..<1000 where batch.count < first + count {
      if try source.pull(into: &batch, limit: limit, wait: patience) == .ended { break }
    }
    return (first..<batch.count).map { Array(batch.message($0)) }
  }

  private func readAll(
    _ stand: any SourceStand, resumeAfter committed: CommittedPositions, count: Int,
    thenPullsOnce: Bool = false
  ) throws -> (MessageBatch, String) {
    let source = try stand.makeSource()
    try source.open(resumeAfter: committed)
    defer { source.close() }
    var batch = MessageBatch()
    for _ in 0..<1000 {
      let known = (0..<batch.count).count { row in
        let end = try? committed.position(of: origin(batch, row))
        return batch.positions[row] > end?.position ?? Int64.min
      }
      if known >= count { break }
      if try source.pull(into: &batch, limit: limit, wait: patience) == .ended { break }
    }
    if thenPullsOnce {
      _ = try source.pull(into: &batch, limit: limit, wait: .milliseconds(5))
    }
    return (batch, source.name)
  }

  private func origin(_ batch: MessageBatch, _ row: Int) -> [UInt8] {
    batch.parts.first { $0.rows.contains(row) }?.origin ?? []
  }

  /// Messages beyond the committed positions, each position once.
  private func news(_ batch: MessageBatch, _ committed: [SourcePosition]) -> [[UInt8]] {
    var high: [[UInt8]: Int64] = [:]
    for position in committed { high[position.origin] = position.position }
    var found: [[UInt8]] = []
    for part in batch.parts {
      for row in part.rows where batch.positions[row] > high[part.origin] ?? Int64.min {
        found.append(Array(batch.message(row)))
        high[part.origin] = batch.positions[row]
      }
    }
    return found
  }

  private func shapeProblems(_ batch: MessageBatch) -> [String] {
    var problems: [String] = []
    var next = 0
    for part in batch.parts {
      if part.rows.lowerBound != next || part.rows.isEmpty {
        problems.append("parts do not tile the rows")
      }
      next = part.rows.upperBound
      let positions = batch.positions[part.rows]
      if zip(positions, positions.dropFirst()).contains(where: { $0 >= $1 }) {
        problems.append("positions do not ascend")
      }
      if part.origin.isEmpty { problems.append("an origin without a name") }
    }
    if next != batch.count { problems.append("parts do not cover all rows") }
    return problems
  }

  private func isSameSet(_ left: [[UInt8]], _ right: [[UInt8]]) -> Bool {
    left.count == right.count && Set(left) == Set(right)
  }
}

/// SplitMix64, small numbers.
package struct Dice: Sendable {
  private var state: UInt64

  package init(state: UInt64) { self.state = state }

  /// A number from 0 up to, not including, `bound`.
  package mutating func below(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ mixed >> 31) % UInt64(max(bound, 1)))
  }
}

/// Closed until somebody opens it.
private final class Gate: Sendable {
  private let monitor = Monitor()
  private let isOpen = Mutex(false)

  func open() {
    monitor.locked {
      isOpen.withLock { $0 = true }
      monitor.wakeAll()
    }
  }

  func wait() { monitor.locked { while !isOpen.withLock({ $0 }) { monitor.wait() } } }
}
