import Bytes
package import Files
package import Ledger
package import MessageSources
import Threads

/// How recorded messages go back into a broker.
package struct ReplayOptions: Sendable {
  /// How fast.
  package enum Speed: Sendable, Equatable {
    /// As fast as the sink takes them.
    case full
    /// With the pauses between the times they were recorded at, so many times faster.
    case times(Double)
  }

  package var filter = MessageFilter()
  package var speed = Speed.full
  /// The subject of every message; nil for each one's topic.
  package var subject: [UInt8]?
  /// Whether messages may go into the stream that they came from.
  package var mayReturnToOrigin = false

  package init() {}
}

/// What a replay has done.
package struct ReplayReport: Sendable, Equatable {
  package var messageCount = 0
  package var byteCount = 0
  /// The ledger offset to go on from: all before it that pass the filter are with the broker.
  package var nextOffset: Int64 = 0
  package var wasInterrupted = false
}

/// Why a replay does not begin, or stops.
package enum ReplayError: Error, Equatable, CustomStringConvertible {
  /// The sink publishes into a stream that messages came from.
  case intoItsOrigin(String)

  package var description: String {
    switch self {
    case .intoItsOrigin(let origin):
      "these messages came from \(origin), and the replay would publish into that same stream"
    }
  }
}

/// Publishes recorded messages, byte for byte and in ledger order.
package final class Replay {
  private let reader: LedgerReader
  private let sink: any MessageSink
  private let options: ReplayOptions
  private let steady: SteadyClock
  private let monitor = Monitor()
  private var report = ReplayReport()
  private var mayReturn: [[UInt8]: Bool] = [:]
  private var begun: (steady: Int64, recordedAt: Int64)?
  /// Asked between parts and while waiting.
  package var isInterrupted: () -> Bool = { false }
  /// Told after every part that the broker has confirmed.
  package var onProgress: (ReplayReport) throws -> Void = { _ in }

  /// - Parameter sink: open already.
  package init(
    _ reader: LedgerReader, to sink: any MessageSink, options: ReplayOptions, steady: SteadyClock
  ) {
    self.reader = reader
    self.sink = sink
    self.options = options
    self.steady = steady
    report.nextOffset = options.filter.offsets.lowerBound
  }

  /// - Errors: `ReplayError.intoItsOrigin` before anything is sent, `SourceError`, `LedgerError`.
  package func run() throws -> ReplayReport {
    for origin in try reader.origins().map(\.origin)
    where options.filter.origin.map({ $0 == origin }) ?? true {
      try check(origin)
    }
    let snapshot = try reader.snapshot()
    do {
      try snapshot.forEachMessage(options.filter, topicsOf: reader) { part in
        var row = 0
        while row < part.count {
          row = try send(part, from: row)
          if isInterrupted() { throw Interrupted() }
        }
      }
    } catch is Interrupted {
      report.wasInterrupted = true
    }
    return report
  }

  private struct Interrupted: Error {}

  private func check(_ origin: [UInt8]) throws {
    if options.mayReturnToOrigin || mayReturn[origin] == true { return }
    guard sink.publishesInto(origin: origin) != true else {
      throw ReplayError.intoItsOrigin(String(decoding: origin, as: UTF8.self))
    }
    mayReturn[origin] = true
  }

  /// Sends messages that are due, at least one; returns the row to go on with.
  private func send(_ part: RecordedMessages, from first: Int) throws -> Int {
    guard waitUntilDue(part.recordedAt[first]) else { return first }
    var batch = MessageBatch()
    var row = first
    while row < part.count, batch.count < Limits.replayedMessageCount,
      batch.byteCount < Limits.pulledByteCount, row == first || isDue(part.recordedAt[row])
    {
      try check(Array(part.origin[row]))
      batch.append(
        part.message[row], position: part.ledgerOffset[row], recordedAt: part.recordedAt[row],
        subject: options.subject ?? Array(part.topic[row]), origin: Array("ledger".utf8))
      row += 1
    }
    try sink.publish(batch)
    try sink.flush()
    report.messageCount += batch.count
    report.byteCount += batch.byteCount - batch.count
    report.nextOffset = part.ledgerOffset[row - 1] + 1
    try onProgress(report)
    return row
  }

  // MARK: Pace

  /// When a message is due, steady; nil for at once.
  private func dueTime(_ recordedAt: Int64) -> Int64? {
    guard case .times(let factor) = options.speed else { return nil }
    let begun = self.begun ?? (steady.now(), recordedAt)
    self.begun = begun
    let span = Double(max(0, recordedAt - begun.recordedAt)) / factor
    return begun.steady + Int64(min(span, 1e17))
  }

  private func isDue(_ recordedAt: Int64) -> Bool {
    dueTime(recordedAt).map { $0 <= steady.now() } ?? true
  }

  /// False when interrupted.
  private func waitUntilDue(_ recordedAt: Int64) -> Bool {
    guard let due = dueTime(recordedAt) else { return true }
    while !isInterrupted() {
      let left = due - steady.now()
      if left <= 0 { return true }
      monitor.locked { monitor.wait(atMost: .microseconds(min(left, 100_000))) }
    }
    return false
  }
}
