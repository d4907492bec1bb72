/// Values of any column, nulls left out.
public enum ColumnValues: Sendable, Equatable {
  /// 1 and 0.
  case booleans([UInt8])
  case int32([Int32])
  case int64([Int64])
  case floats([Float])
  case doubles([Double])
  case strings(ByteValues)
  /// Values of one size, one behind the other.
  case fixed([UInt8], byteCount: Int)
  /// Numbers into ``ColumnReader/codeDictionary``.
  case codes([UInt32])

  /// How many values there are.
  public var count: Int {
    switch self {
    case .booleans(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .floats(let values): values.count
    case .doubles(let values): values.count
    case .strings(let values): values.count
    case .fixed(let values, let byteCount): byteCount == 0 ? 0 : values.count / byteCount
    case .codes(let values): values.count
    }
  }

  init(_ column: ColumnDescriptor, asCodes: Bool) {
    switch column.physicalType {
    case .boolean: self = .booleans([])
    case .int32: self = .int32([])
    case .int64: self = .int64([])
    case .float: self = .floats([])
    case .double: self = .doubles([])
    case .byteArray: self = asCodes ? .codes([]) : .strings(ByteValues())
    case .int96, .fixedLengthByteArray:
      self = asCodes ? .codes([]) : .fixed([], byteCount: column.valueByteCount ?? 0)
    }
  }
}

/// Rows of any column as the file has them: levels and values.
public struct LevelBatch: Sendable, Equatable {
  public var rowCount = 0
  /// One an entry; all zero for a required column.
  public var definitionLevels: [UInt8] = []
  /// One an entry; zero starts a row.
  public var repetitionLevels: [UInt8] = []
  /// Those entries whose definition level is the highest.
  public var values: ColumnValues
}

/// Levels that are decoded, of which a batch takes as many as its rows need.
struct PendingLevels {
  var definitions: [UInt8] = []
  var repetitions: [UInt8] = []
  var next = 0

  var isEmpty: Bool { next == repetitions.count }

  mutating func removeAll() {
    definitions.removeAll(keepingCapacity: true)
    repetitions.removeAll(keepingCapacity: true)
    next = 0
  }
}

extension ColumnReader {
  /// The next rows with their levels; the only way to read a column inside a list.
  ///
  /// - Shape: at most `rowLimit` rows; no rows at the end of the row group. With `asCodes` byte
  ///   strings come as numbers into ``codeDictionary``.
  public func readLevels(
    _ rowLimit: Int, asCodes: Bool = false
  ) throws(ParquetError) -> LevelBatch {
    if asCodes { try requireStrings() }
    return try located { () throws(ParquetError) in
      var batch = LevelBatch(values: ColumnValues(column, asCodes: asCodes))
      while let entries = try nextEntries(rowLimit, &batch) {
        try append(entries, to: &batch.values)
      }
      position += batch.rowCount
      return batch
    }
  }

  /// Appends the levels of entries of one page that belong to wanted rows; returns how many of them
  /// are values, nil when the rows are complete.
  private func nextEntries(
    _ rowLimit: Int, _ batch: inout LevelBatch
  ) throws(ParquetError) -> Int? {
    if pending.isEmpty {
      guard rowLimit > 0, try preparePage() else {
        guard rowLimit <= 0 || position + batch.rowCount == rowCount else {
          throw .corrupt(
            "the column has fewer rows than its row group", expected: "\(rowCount)",
            found: "\(position + batch.rowCount)")
        }
        return nil
      }
      try decodePending()
    }
    let first = pending.next
    var end = first
    pending.repetitions.withUnsafeBufferPointer { levels in
      while end < levels.count {
        if levels[end] == 0 {
          if batch.rowCount == rowLimit { break }
          batch.rowCount &+= 1
        }
        end &+= 1
      }
    }
    if end == first { return nil }
    try checkRows(batch, startsInside: pending.repetitions[first] != 0)
    batch.repetitionLevels.append(contentsOf: pending.repetitions[first..<end])
    batch.definitionLevels.append(contentsOf: pending.definitions[first..<end])
    pending.next = end
    guard batch.definitionLevels.count <= Limits.batchEntryCount else {
      throw ParquetError(
        .limit, "the lists of one batch have too many values; read fewer rows at once",
        expected: "at most \(Limits.batchEntryCount)")
    }
    let maximum = UInt8(clamping: column.maxDefinitionLevel)
    return pending.definitions.withUnsafeBufferPointer { levels in
      var present = 0
      for index in first..<end where levels[index] == maximum { present &+= 1 }
      return present
    }
  }

  private func checkRows(
    _ batch: LevelBatch, startsInside: Bool
  ) throws(ParquetError) {
    if startsInside && batch.repetitionLevels.isEmpty {
      throw .corrupt("a row starts in the middle of a list", expected: "repetition level 0")
    }
    guard position + batch.rowCount <= rowCount else {
      throw .corrupt(
        "the column has more rows than its row group", expected: "\(rowCount)",
        found: "at least \(position + batch.rowCount)")
    }
  }

  /// Decodes some levels of the page.
  func decodePending() throws(ParquetError) {
    pending.removeAll()
    let count = min(pageEntriesLeft, Limits.levelChunkCount)
    try pending.repetitions.append(filling: count) { (target) throws(ParquetError) in
      try repetitions.decode(count, into: target)
    }
    try pending.definitions.append(filling: count) { (target) throws(ParquetError) in
      try definitions.decode(count, into: target)
    }
    pageEntriesLeft -= count
  }

  private func append(_ count: Int, to values: inout ColumnValues) throws(ParquetError) {
    switch values {
    case .booleans(var array):
      values = .codes([])
      try array.append(filling: count) { (target) throws(ParquetError) in
        try self.values?.booleans(count, into: target)
      }
      values = .booleans(array)
    case .int32(var array):
      values = .codes([])
      try appendWords(count, to: &array, as: UInt32.self)
      values = .int32(array)
    case .int64(var array):
      values = .codes([])
      try appendWords(count, to: &array, as: UInt64.self)
      values = .int64(array)
    case .floats(var array):
      values = .codes([])
      try appendWords(count, to: &array, as: UInt32.self)
      values = .floats(array)
    case .doubles(var array):
      values = .codes([])
      try appendWords(count, to: &array, as: UInt64.self)
      values = .doubles(array)
    case .strings(var strings):
      values = .codes([])
      try self.values?.strings(count, into: &strings, dictionary, scratch)
      values = .strings(strings)
    case .fixed(var array, let byteCount):
      values = .codes([])
      guard byteCount == 0 || array.count / byteCount + count <= Limits.batchByteCount / byteCount
      else { throw ParquetError(.limit, "the values of one batch are too many bytes") }
      try array.append(filling: count * byteCount) { (target) throws(ParquetError) in
        try self.values?.fixed(count, into: target, dictionary, scratch)
      }
      values = .fixed(array, byteCount: byteCount)
    case .codes(var array):
      values = .booleans([])
      try array.append(filling: count) { (target) throws(ParquetError) in
        try denseCodes(count, into: target)
      }
      values = .codes(array)
    }
  }

  @inline(__always)
  private func appendWords<Word: FixedWidthInteger & BitwiseCopyable, Value: BitwiseCopyable>(
    _ count: Int, to array: inout [Value], as word: Word.Type
  ) throws(ParquetError) {
    try array.append(filling: count) { (target) throws(ParquetError) in
      let words = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Word.self)
      try values?.words(count, into: words, dictionary, scratch)
    }
  }
}
