package import MessageSources

/// A subscriber reduced to what a source sees of one: commits, drops what came before, and opens
/// again after an error.
package final class CommittingReader {
  package let source: any MessageSource
  package private(set) var committed: [[UInt8]: SourcePosition]
  package private(set) var messages: [[UInt8]] = []
  package private(set) var notices: [SourceNotice] = []
  package private(set) var errors: [SourceError] = []
  package private(set) var redelivered = 0

  package init(_ source: any MessageSource, committed: [[UInt8]: SourcePosition] = [:]) {
    self.source = source
    self.committed = committed
  }

  package var origins: [String] {
    committed.keys.map { String(decoding: $0, as: UTF8.self) }.sorted()
  }

  package func open() throws {
    try source.open(resumeAfter: CommittedPositions(Array(committed.values)))
  }

  /// Pulls and commits until so many messages are there, or too many pulls brought nothing.
  package func take(until count: Int, idlePulls: Int = 40) throws {
    var idle = 0
    while messages.count < count, idle < idlePulls {
      var batch = MessageBatch()
      do {
        switch try source.pull(
          into: &batch, limit: PullLimit(messageCount: 300, byteCount: 1 << 24),
          wait: .milliseconds(250))
        {
        case .messages: idle = 0
        case .notice(let notice): notices.append(notice)
        case .idle, .ended: idle += 1
        }
      } catch let error as SourceError {
        errors.append(error)
        idle += 1
        do { try open() } catch let error as SourceError { errors.append(error) }
      }
      commit(batch)
    }
  }

  private func commit(_ batch: MessageBatch) {
    for part in batch.parts {
      for row in part.rows {
        if batch.positions[row] > committed[part.origin]?.position ?? -1 {
          messages.append(Array(batch.message(row)))
        } else {
          redelivered += 1
        }
      }
    }
    for end in batch.endPositions where end.position > committed[end.origin]?.position ?? -1 {
      committed[end.origin] = end
    }
    if !batch.isEmpty { _ = source.acknowledge(batch.endPositions) }
  }
}

/// Messages with numbers in them.
package func numbered(_ numbers: Range<Int>) -> [[UInt8]] {
  numbers.map { Array("{\"n\":\($0)}".utf8) }
}

/// Puts messages into a sink and waits until all are confirmed.
package func publishAll(
  _ messages: [[UInt8]], to sink: any MessageSink, subject: String = ""
) throws {
  try sink.open()
  defer { sink.close() }
  var batch = MessageBatch()
  for (index, message) in messages.enumerated() {
    batch.append(
      message, position: Int64(index), subject: Array(subject.utf8), origin: Array("test".utf8))
  }
  try sink.publish(batch)
  try sink.flush()
}
