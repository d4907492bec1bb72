import Bytes
import Events

extension FreshRows {
  /// The message at a ledger offset, or nil when no fresh row has it.
  func message(atOffset offset: Int64) throws -> [UInt8]? {
    var found: [UInt8]?
    guard offset >= firstOffset, offset < endOffset else { return nil }
    try forEachBatch(offset..<offset + 1) { batch, rows, _ in
      for row in rows { found = Array(batch.bytes(batch.messages, row) ?? []) }
    }
    return found
  }

  /// Hands over rows that pass a filter, by ledger offset, a frame at a time.
  func forEachMessage(
    _ filter: MessageFilter, _ body: (RecordedMessages) throws -> Void
  ) throws {
    guard filter.offsets.overlaps(firstOffset..<endOffset) else { return }
    try forEachBatch(filter.offsets) { batch, rows, first in
      var part = RecordedMessages()
      for row in rows where passes(batch, row, filter) {
        part.ledgerOffset.append(first + Int64(row))
        part.recordedAt.append(batch.recordedAt[row])
        part.position.append(batch.position[row])
        part.origin.append(batch.bytes(batch.origin, row) ?? [])
        part.topic.append(batch.bytes(batch.topic, row) ?? [])
        part.message.append(batch.bytes(batch.messages, row) ?? [])
        if part.count == Limits.dumpRowCount {
          try body(part)
          part = RecordedMessages()
        }
      }
      if part.count > 0 { try body(part) }
    }
  }

  private func passes(_ batch: EventBatch, _ row: Int, _ filter: MessageFilter) -> Bool {
    guard filter.occurredAt.contains(batch.occurredAt[row]),
      filter.positions.contains(batch.position[row])
    else { return false }
    if let origin = filter.origin, let own = batch.bytes(batch.origin, row),
      !origin.elementsEqual(own)
    {
      return false
    }
    guard !filter.topics.isEmpty else { return true }
    let topic = batch.bytes(batch.topic, row) ?? []
    return filter.topics.contains { $0.elementsEqual(topic) }
  }

  /// Topics and origins of the fresh rows.
  func counts() throws -> (topics: [TopicCount], origins: [OriginRange]) {
    var topics = ByteCounter()
    var origins = OriginCounter()
    try forEachBatch { batch, rows, _ in
      let selection = RowSelection(
        rows: rows.map { UInt32($0) }, count: rows.count, firstOffset: 0, origin: [])
      topics.count(batch.topic, batch.text, selection)
      origins.count(
        batch.text, Array(batch.origin.starts[rows]), Array(batch.origin.lengths[rows]),
        batch.position, selection)
    }
    return (topics.sorted(), origins.sorted())
  }
}
