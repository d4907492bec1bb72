import Bytes
import Events
import Parquet

// The list of an event's lines, by Parquet's levels: 0 no list, 1 an empty list, 2 a line whose
// field is null, 3 a line whose field is there; repetition 1 for every line but an event's first.

extension SegmentLane {
  func appendLines(_ batch: UnsafePointer<EventBatch>, _ selection: RowSelection) throws {
    switch column {
    case .lineItemID:
      let column = batch.pointee.lineItemID
      let lengths = column.lengths
      try withLevels(batch, selection, { lengths[$0] != TextColumn.absent }) { buffers, lines in
        try append(column, batch, lines, buffers)
      }
    case .lineQuantity:
      let column = batch.pointee.lineQuantity
      try withLevels(batch, selection, { column.isPresent[$0] == 1 }) { buffers, lines in
        try lines.map { column.values[$0] }.withUnsafeBufferPointer {
          try writer.append(int32: $0, levels: buffers)
        }
      }
    default:
      let column = batch.pointee.lineUnitPrice
      try withLevels(batch, selection, { column.isPresent[$0] == 1 }) { buffers, lines in
        try lines.map { column.values[$0] }.withUnsafeBufferPointer {
          try writer.append(int64: $0, levels: buffers)
        }
      }
    }
  }

  private func append(
    _ column: TextColumn, _ batch: UnsafePointer<EventBatch>, _ lines: [Int],
    _ buffers: LevelBuffers
  ) throws {
    let starts = lines.map { column.starts[$0] }
    let lengths = lines.map { column.lengths[$0] }
    try batch.pointee.text.withUnsafeBytes { text in
      try starts.withUnsafeBufferPointer { starts in
        try lengths.withUnsafeBufferPointer { lengths in
          try writer.append(text: text, starts: starts, lengths: lengths, levels: buffers)
        }
      }
    }
  }

  /// Hands over the levels of one leaf for the selected rows, and the lines that have a value.
  ///
  /// - Cost: most events have no lines, and cost two stores.
  @inline(__always)
  private func withLevels(
    _ batch: UnsafePointer<EventBatch>, _ selection: RowSelection, _ isPresent: (Int) -> Bool,
    _ body: (_ levels: LevelBuffers, _ lines: [Int]) throws -> Void
  ) throws {
    let capacity = selection.count + batch.pointee.lineItemID.lengths.count
    var lines: [Int] = []
    try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * capacity) { room in
      guard let definition = room.baseAddress else { return }
      let repetition = definition + capacity
      repetition.initialize(repeating: 0, count: capacity)
      var count = 0
      batch.pointee.lineStarts.withUnsafeBufferPointer { starts in
        batch.pointee.hasLines.withUnsafeBufferPointer { hasLines in
          forEachRow(selection) { row in
            let first = Int(starts[row])
            let end = Int(starts[row + 1])
            guard hasLines[row] == 1, first < end else {
              definition[count] = hasLines[row]
              count += 1
              return
            }
            for line in first..<end {
              let isThere = isPresent(line)
              definition[count] = isThere ? 3 : 2
              repetition[count] = line == first ? 0 : 1
              if isThere { lines.append(line) }
              count += 1
            }
          }
        }
      }
      let levels = LevelBuffers(
        definition: UnsafeBufferPointer(start: definition, count: count),
        repetition: UnsafeBufferPointer(start: repetition, count: count))
      try body(levels, lines)
    }
  }
}
