import Bytes
import Events
import Parquet

// The list of an event's lines, by Parquet's levels: 0 no list, 1 an empty list, 2 a line whose
// field is null, 3 a line whose field is there; repetition 1 for every line but an event's first.

extension SegmentLane {
  /// Levels of one leaf for the selected rows, and the lines that have a value.
  private struct Levels {
    var definition: [UInt8] = []
    var repetition: [UInt8] = []
    var lines: [Int] = []
  }

  func appendLines(_ batch: EventBatch, _ selection: RowSelection) throws {
    switch column {
    case .lineItemID:
      let lengths = batch.lineItemID.lengths
      let levels = levels(batch, selection) { lengths[$0] != TextColumn.absent }
      try append(batch.lineItemID, batch, levels)
    case .lineQuantity:
      let presence = batch.lineQuantity.isPresent
      let levels = levels(batch, selection) { presence[$0] == 1 }
      let values = levels.lines.map { batch.lineQuantity.values[$0] }
      try values.withUnsafeBufferPointer { values in
        try withBuffers(levels) { try writer.append(int32: values, levels: $0) }
      }
    default:
      let presence = batch.lineUnitPrice.isPresent
      let levels = levels(batch, selection) { presence[$0] == 1 }
      let values = levels.lines.map { batch.lineUnitPrice.values[$0] }
      try values.withUnsafeBufferPointer { values in
        try withBuffers(levels) { try writer.append(int64: values, levels: $0) }
      }
    }
  }

  private func append(_ column: TextColumn, _ batch: EventBatch, _ levels: Levels) throws {
    let starts = levels.lines.map { column.starts[$0] }
    let lengths = levels.lines.map { column.lengths[$0] }
    try batch.text.withUnsafeBytes { text in
      try starts.withUnsafeBufferPointer { starts in
        try lengths.withUnsafeBufferPointer { lengths in
          try withBuffers(levels) { buffers in
            try writer.append(text: text, starts: starts, lengths: lengths, levels: buffers)
          }
        }
      }
    }
  }

  @inline(__always)
  private func levels(
    _ batch: EventBatch, _ selection: RowSelection, _ isPresent: (Int) -> Bool
  ) -> Levels {
    var levels = Levels()
    levels.definition.reserveCapacity(selection.count)
    levels.repetition.reserveCapacity(selection.count)
    forEachRow(selection) { row in
      let first = Int(batch.lineStarts[row])
      let end = Int(batch.lineStarts[row + 1])
      guard batch.hasLines[row] == 1, first < end else {
        levels.definition.append(batch.hasLines[row] == 1 ? 1 : 0)
        levels.repetition.append(0)
        return
      }
      for line in first..<end {
        let isThere = isPresent(line)
        levels.definition.append(isThere ? 3 : 2)
        levels.repetition.append(line == first ? 0 : 1)
        if isThere { levels.lines.append(line) }
      }
    }
    return levels
  }

  private func withBuffers(_ levels: Levels, _ body: (LevelBuffers) throws -> Void) throws {
    try levels.definition.withUnsafeBufferPointer { definition in
      try levels.repetition.withUnsafeBufferPointer { repetition in
        try body(LevelBuffers(definition: definition, repetition: repetition))
      }
    }
  }
}
