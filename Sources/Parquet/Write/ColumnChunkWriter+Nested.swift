// Taking the leaves of lists and structures: values that are there, and levels for all entries.

/// The levels of a nested column, as ``LevelBuilder`` makes them.
public struct LevelBuffers {
  /// A definition level an entry.
  public var definition: UnsafeBufferPointer<UInt8>
  /// A repetition level an entry, 0 at the start of every row; nil for columns outside lists.
  public var repetition: UnsafeBufferPointer<UInt8>?

  public init(
    definition: UnsafeBufferPointer<UInt8>, repetition: UnsafeBufferPointer<UInt8>? = nil
  ) {
    self.definition = definition
    self.repetition = repetition
  }
}

extension ColumnChunkWriter {
  /// Takes byte strings with levels.
  ///
  /// - Shape: whole rows; a value for every entry whose definition level is the column's greatest:
  ///   value `i` is string `selection[i]`, or `i` without a selection; string `s` is
  ///   `bytes[offsets[s]..<offsets[s + 1]]`.
  /// - Errors: `misuse` when levels and values do not fit each other or the column.
  public func append(
    bytes: UnsafeRawBufferPointer, offsets: UnsafeBufferPointer<UInt32>, levels: LevelBuffers,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    let count = max(offsets.count - 1, 0)
    setPlaces(offsets, presence: nil)
    try withAddress(of: bytes) { (base) throws(ParquetError) in
      try appendNested(
        TextRows(
          base: base, starts: textStarts.base, lengths: textLengths.base,
          selection: selection?.baseAddress, count: selection?.count ?? count), levels)
    }
  }

  /// Takes strings as places in one text, with levels; none of those selected is absent.
  public func append(
    text: UnsafeRawBufferPointer, starts: UnsafeBufferPointer<UInt32>,
    lengths: UnsafeBufferPointer<UInt32>, levels: LevelBuffers,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    precondition(starts.count == lengths.count, "every string has a start and a length")
    try withAddress(of: text) { (base) throws(ParquetError) in
      try appendNested(
        TextRows(
          base: base, starts: starts.baseAddress ?? UnsafePointer(textStarts.base),
          lengths: lengths.baseAddress ?? UnsafePointer(textLengths.base),
          selection: selection?.baseAddress, count: selection?.count ?? starts.count), levels)
    }
  }

  /// Takes byte arrays of the column's fixed length, with levels.
  public func append(
    fixed bytes: UnsafeRawBufferPointer, levels: LevelBuffers,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    guard case .fixedBytes(let width) = layout else {
      throw misuse("fixed-length bytes for a column of another type")
    }
    setFixedPlaces(count: bytes.count / width, width: width, presence: nil)
    try withAddress(of: bytes) { (base) throws(ParquetError) in
      try appendNested(
        TextRows(
          base: base, starts: textStarts.base, lengths: textLengths.base,
          selection: selection?.baseAddress, count: selection?.count ?? bytes.count / width),
        levels)
    }
  }

  /// Takes 32-bit integers with levels; a value for every entry of the greatest level.
  public func append(
    int32 values: UnsafeBufferPointer<Int32>, levels: LevelBuffers,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .int32, "32-bit integers")
    try appendNested(values, levels, selection)
  }

  /// Takes 64-bit integers with levels; a value for every entry of the greatest level.
  public func append(
    int64 values: UnsafeBufferPointer<Int64>, levels: LevelBuffers,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .int64, "64-bit integers")
    try appendNested(values, levels, selection)
  }

  /// Takes 32-bit floating-point numbers with levels.
  public func append(
    float values: UnsafeBufferPointer<Float>, levels: LevelBuffers,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .float, "32-bit floating-point numbers")
    try appendNested(values, levels, selection)
  }

  /// Takes 64-bit floating-point numbers with levels.
  public func append(
    double values: UnsafeBufferPointer<Double>, levels: LevelBuffers,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .double, "64-bit floating-point numbers")
    try appendNested(values, levels, selection)
  }

  /// Takes booleans, a byte each, with levels.
  public func append(
    boolean values: UnsafeBufferPointer<UInt8>, levels: LevelBuffers,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .boolean, "booleans")
    try appendNested(values, levels, selection)
  }

  private func appendNested<Value: BitwiseCopyable>(
    _ source: UnsafeBufferPointer<Value>, _ levels: LevelBuffers,
    _ selection: UnsafeBufferPointer<UInt32>?
  ) throws(ParquetError) {
    try checkLevels(levels, valueCount: selection?.count ?? source.count)
    let width = MemoryLayout<Value>.size
    var cursor = LevelCursor(levels, column)
    while !cursor.isAtEnd {
      if fill.isFull { try flushPage() }
      let taken = cursor.take(&fill, rows: nil, valueByteCount: width)
      stageLevels(levels, taken.entries)
      guard let selection else {
        let part = UnsafeBufferPointer(rebasing: source[taken.values])
        values.append(bytes: UnsafeRawBufferPointer(part))
        continue
      }
      let room = UnsafeMutableRawPointer(values.room(for: taken.values.count * width))
        .bindMemory(to: Value.self, capacity: taken.values.count)
      for (index, value) in taken.values.enumerated() {
        room[index] = source[Int(selection[value])]
      }
      values.commit(taken.values.count * width)
    }
  }

  private func appendNested(_ rows: TextRows, _ levels: LevelBuffers) throws(ParquetError) {
    try checkLengths(rows)
    for row in 0..<rows.count where rows.lengths[rows.index(row)] == TextRows.absent {
      throw misuse("an absent string among the values of a nested column")
    }
    try checkLevels(levels, valueCount: rows.count)
    var cursor = LevelCursor(levels, column)
    var none = GrowableBytes()
    while !cursor.isAtEnd {
      if fill.isFull { try flushPage() }
      if usesDictionary, byteDictionary.plain.count >= options.dictionaryByteLimit {
        try leaveDictionary()
      }
      let taken = cursor.take(&fill, rows: rows, valueByteCount: 4)
      stageLevels(levels, taken.entries)
      // Staging must not stop within a row; the cursor has counted rows and bytes.
      var endless = PageFill(rows: 0, bytes: 0, rowLimit: .max, byteLimit: .max)
      let part = TextRows(
        base: rows.base, starts: rows.starts, lengths: rows.lengths, selection: rows.selection,
        count: taken.values.upperBound)
      if usesDictionary {
        _ = byteDictionary.encode(
          part, from: taken.values.lowerBound, fill: &endless, byteLimit: .max, codes: &codes,
          levels: &none, storesLevels: false)
      } else {
        _ = stageStrings(
          part, from: taken.values.lowerBound, fill: &endless,
          hasPrefix: directEncoding == .plain, isFixed: layout != .strings, values: &values,
          lengths: &lengths, levels: &none, storesLevels: false)
      }
    }
  }

  private func stageLevels(_ levels: LevelBuffers, _ entries: Range<Int>) {
    if column.maxDefinitionLevel > 0 {
      definition.append(
        contentsOf: UnsafeBufferPointer(rebasing: levels.definition[entries]))
    }
    if column.maxRepetitionLevel > 0, let source = levels.repetition {
      repetition.append(contentsOf: UnsafeBufferPointer(rebasing: source[entries]))
    }
  }

  private func checkLevels(
    _ levels: LevelBuffers, valueCount: Int
  ) throws(ParquetError) {
    let greatest = UInt8(column.maxDefinitionLevel)
    var present = 0
    for level in levels.definition {
      guard level <= greatest else {
        throw misuse(
          "a definition level is too high", expected: "at most \(greatest)", found: "\(level)")
      }
      if level == greatest { present += 1 }
    }
    guard present == valueCount else {
      throw misuse(
        "levels and values do not fit", expected: "\(present) values", found: "\(valueCount)")
    }
    guard column.maxRepetitionLevel > 0 else { return }
    guard let repetition = levels.repetition, repetition.count == levels.definition.count else {
      throw misuse("a repeated column needs a repetition level for every entry")
    }
    if let first = repetition.first, first != 0 {
      throw misuse("an append begins within a row")
    }
    for level in repetition where level > UInt8(column.maxRepetitionLevel) {
      throw misuse("a repetition level is too high", found: "\(level)")
    }
  }
}

/// Walks levels row by row and cuts them where a page is full.
private struct LevelCursor {
  private let definition: UnsafeBufferPointer<UInt8>
  private let repetition: UnsafeBufferPointer<UInt8>?
  private let greatest: UInt8
  private var entry = 0
  private var value = 0

  init(_ levels: LevelBuffers, _ column: ColumnDescriptor) {
    definition = levels.definition
    repetition = column.maxRepetitionLevel > 0 ? levels.repetition : nil
    greatest = UInt8(column.maxDefinitionLevel)
  }

  var isAtEnd: Bool { entry >= definition.count }

  /// Takes rows until the page is full or the levels end.
  ///
  /// - Units: `valueByteCount` is charged for every entry, a string's length for its value.
  mutating func take(
    _ fill: inout PageFill, rows: TextRows?, valueByteCount: Int
  ) -> (entries: Range<Int>, values: Range<Int>) {
    let firstEntry = entry
    let firstValue = value
    while entry < definition.count, !fill.isFull {
      repeat {
        fill.bytes += valueByteCount
        if definition[entry] == greatest {
          if let rows { fill.bytes += Int(rows.lengths[rows.index(value)]) }
          value += 1
        }
        entry += 1
      } while entry < definition.count && isWithinRow
      fill.rows += 1
    }
    return (firstEntry..<entry, firstValue..<value)
  }

  private var isWithinRow: Bool {
    guard let repetition else { return false }
    return repetition[entry] > 0
  }
}
