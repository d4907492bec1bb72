import Parquet

/// Some rows of one column, on their way from a segment to another.
enum ColumnPart {
  case bytes(ByteValues, presence: [UInt8]?)
  case int64([Int64], presence: [UInt8]?)
  case int32([Int32], presence: [UInt8]?)
  case levels(LevelBatch)

  /// Appends the rows as they are.
  func append(to writer: ColumnChunkWriter) throws {
    switch self {
    case .bytes(let values, let presence):
      try values.bytes.withUnsafeBytes { bytes in
        try values.offsets.withUnsafeBufferPointer { offsets in
          try withPresence(presence) {
            try writer.append(bytes: bytes, offsets: offsets, presence: $0)
          }
        }
      }
    case .int64(let values, let presence):
      try values.withUnsafeBufferPointer { values in
        try withPresence(presence) { try writer.append(int64: values, presence: $0) }
      }
    case .int32(let values, let presence):
      try values.withUnsafeBufferPointer { values in
        try withPresence(presence) { try writer.append(int32: values, presence: $0) }
      }
    case .levels(let batch): try append(batch, to: writer)
    }
  }

  private func append(_ batch: LevelBatch, to writer: ColumnChunkWriter) throws {
    try batch.definitionLevels.withUnsafeBufferPointer { definition in
      try batch.repetitionLevels.withUnsafeBufferPointer { repetition in
        let levels = LevelBuffers(definition: definition, repetition: repetition)
        switch batch.values {
        case .strings(let values):
          try values.bytes.withUnsafeBytes { bytes in
            try values.offsets.withUnsafeBufferPointer { offsets in
              try writer.append(bytes: bytes, offsets: offsets, levels: levels)
            }
          }
        case .int32(let values):
          try values.withUnsafeBufferPointer { try writer.append(int32: $0, levels: levels) }
        case .int64(let values):
          try values.withUnsafeBufferPointer { try writer.append(int64: $0, levels: levels) }
        default: throw ParquetError(.misuse, "a list of a type that segments do not have")
        }
      }
    }
  }

  private func withPresence(
    _ presence: [UInt8]?, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Void
  ) throws {
    guard let presence else { return try body(nil) }
    try presence.withUnsafeBufferPointer { try body($0) }
  }
}

/// Reads a column of a segment from front to back.
///
/// - Cost: a few megabytes of messages, or 65,536 rows of another column, at once.
struct ColumnParts {
  private let file: SegmentFile
  private let column: SegmentColumn
  private let reader: ColumnReader
  private let rowLimit: Int
  private var row = 0

  init(_ file: SegmentFile, _ column: SegmentColumn) throws {
    self.file = file
    self.column = column
    reader = try file.column(column)
    let record = file.record
    let average = max(1, record.messageByteCount / max(1, record.rowCount))
    rowLimit =
      column == .message
      ? max(1, min(Limits.dumpRowCount, Limits.freshFrameTextByteCount / average))
      : Limits.scanRowCount
  }

  mutating func next() throws -> ColumnPart? {
    let count = min(rowLimit, file.record.rowCount - row)
    guard count > 0 else { return nil }
    let (part, got) = try read(count)
    guard got == count else {
      throw LedgerError.damaged(
        path: file.path, detail: "a column ends at row \(row + got) of \(file.record.rowCount)")
    }
    row += count
    return part
  }

  private func read(_ count: Int) throws -> (ColumnPart, Int) {
    let descriptor = SegmentSchema.schema.columns[column.index]
    if descriptor.maxRepetitionLevel > 0 {
      let batch = try reader.readLevels(count)
      return (.levels(batch), batch.rowCount)
    }
    let isOptional = descriptor.maxDefinitionLevel > 0
    var presence: [UInt8] = []
    switch descriptor.physicalType {
    case .int64:
      var values: [Int64] = []
      let got = try reader.readInt64(count, into: &values, isPresent: &presence)
      return (.int64(values, presence: isOptional ? presence : nil), got)
    case .int32:
      var values: [Int32] = []
      let got = try reader.readInt32(count, into: &values, isPresent: &presence)
      return (.int32(values, presence: isOptional ? presence : nil), got)
    default:
      var values = ByteValues()
      let got = try reader.readBytes(count, into: &values, isPresent: &presence)
      return (.bytes(values, presence: isOptional ? presence : nil), got)
    }
  }
}
