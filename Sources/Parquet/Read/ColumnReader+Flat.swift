/// Columns without lists: one value or null a row.
///
/// - Shape: every call appends the same number of rows to values and presence (1 there, 0 null; a
///   null's value is zero or empty) and returns it; 0 means that the row group has ended.
extension ColumnReader {
  /// Appends values of an INT32 column.
  public func readInt32(
    _ rowLimit: Int, into values: inout [Int32], isPresent: inout [UInt8]
  ) throws(ParquetError) -> Int {
    try readWords(rowLimit, .int32, &values, &isPresent) { Int32(bitPattern: $0) }
  }

  /// Appends values of an INT64 column.
  public func readInt64(
    _ rowLimit: Int, into values: inout [Int64], isPresent: inout [UInt8]
  ) throws(ParquetError) -> Int {
    try readWords(rowLimit, .int64, &values, &isPresent) { Int64(bitPattern: $0) }
  }

  /// Appends values of a FLOAT column.
  public func readFloat(
    _ rowLimit: Int, into values: inout [Float], isPresent: inout [UInt8]
  ) throws(ParquetError) -> Int {
    try readWords(rowLimit, .float, &values, &isPresent) { Float(bitPattern: $0) }
  }

  /// Appends values of a DOUBLE column.
  public func readDouble(
    _ rowLimit: Int, into values: inout [Double], isPresent: inout [UInt8]
  ) throws(ParquetError) -> Int {
    try readWords(rowLimit, .double, &values, &isPresent) { Double(bitPattern: $0) }
  }

  /// Appends values of a BOOLEAN column as 1 and 0.
  public func readBoolean(
    _ rowLimit: Int, into values: inout [UInt8], isPresent: inout [UInt8]
  ) throws(ParquetError) -> Int {
    try requireFlat(.boolean)
    return try located { () throws(ParquetError) in
      var rows = 0
      while let part = try nextFlat(rowLimit - rows, &isPresent) {
        try values.append(filling: part.rows) { (target) throws(ParquetError) in
          try self.values?.booleans(part.present, into: target)
          Presence.spread(target, part, isPresent, empty: 0)
        }
        rows += part.rows
      }
      return rows
    }
  }

  /// Appends values of a FIXED_LEN_BYTE_ARRAY or INT96 column, one behind the other.
  ///
  /// - Shape: `column.valueByteCount` bytes a row, zeros for null.
  public func readFixed(
    _ rowLimit: Int, into values: inout [UInt8], isPresent: inout [UInt8]
  ) throws(ParquetError) -> Int {
    try requireFlat(column.physicalType == .int96 ? .int96 : .fixedLengthByteArray)
    let width = column.valueByteCount ?? 0
    return try located { () throws(ParquetError) in
      var rows = 0
      while let part = try nextFlat(rowLimit - rows, &isPresent, valueByteCount: width) {
        try values.append(filling: part.rows * width) { (target) throws(ParquetError) in
          try self.values?.fixed(part.present, into: target, dictionary, scratch)
          Presence.spreadFixed(target, part, isPresent, width: width)
        }
        rows += part.rows
      }
      return rows
    }
  }

  /// Appends values of a BYTE_ARRAY column.
  ///
  /// - Errors: `limit` when the strings of the batch are more than `Limits.batchByteCount`.
  public func readBytes(
    _ rowLimit: Int, into values: inout ByteValues, isPresent: inout [UInt8]
  ) throws(ParquetError) -> Int {
    try requireFlat(.byteArray)
    return try located { () throws(ParquetError) in
      var rows = 0
      while let part = try nextFlat(rowLimit - rows, &isPresent) {
        let first = values.count
        try self.values?.strings(part.present, into: &values, dictionary, scratch)
        try Presence.spreadOffsets(&values.offsets, first, part, isPresent)
        rows += part.rows
      }
      return rows
    }
  }

  /// Appends PLAIN words of four or eight bytes as the numbers they stand for.
  @inline(__always)
  private func readWords<Word: FixedWidthInteger & BitwiseCopyable, Value: BitwiseCopyable>(
    _ rowLimit: Int, _ type: PhysicalType, _ values: inout [Value], _ isPresent: inout [UInt8],
    _ convert: (Word) -> Value
  ) throws(ParquetError) -> Int {
    try requireFlat(type)
    return try located { () throws(ParquetError) in
      var rows = 0
      while let part = try nextFlat(rowLimit - rows, &isPresent) {
        try values.append(filling: part.rows) { (target) throws(ParquetError) in
          // Numbers and their bit patterns share size and alignment.
          let words = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Word.self)
          try self.values?.words(part.present, into: words, dictionary, scratch)
          Presence.spread(words, part, isPresent, empty: 0)
        }
        rows += part.rows
      }
      return rows
    }
  }

  func requireFlat(_ type: PhysicalType) throws(ParquetError) {
    guard column.isFlat else {
      throw ParquetError(
        .misuse, "a column inside a list is read with its levels", column: column.dotPath,
        rowGroup: rowGroup)
    }
    guard column.physicalType == type else {
      throw ParquetError(
        .misuse, "the column has another type", column: column.dotPath, rowGroup: rowGroup,
        expected: "\(type)", found: "\(column.physicalType)")
    }
  }

  /// The next rows of one page: appends their presence and says how many values follow.
  ///
  /// - Shape: nil when no row is wanted or none is left.
  func nextFlat(
    _ wanted: Int, _ isPresent: inout [UInt8], valueByteCount: Int = 0
  ) throws(ParquetError) -> FlatPart? {
    precondition(pending.isEmpty, "rows read with levels and without cannot be mixed")
    guard wanted > 0 else { return nil }
    guard try preparePage() else {
      guard position == rowCount else {
        throw .corrupt(
          "the column has fewer rows than its row group", expected: "\(rowCount)",
          found: "\(position)")
      }
      return nil
    }
    let rows = min(wanted, pageEntriesLeft, Limits.batchEntryCount)
    guard rows <= rowCount - position else {
      throw .corrupt(
        "the column has more rows than its row group", expected: "\(rowCount)",
        found: "at least \(position + rows)")
    }
    // Nulls of wide values take memory that no page justifies.
    let byteLimit = min(
      Limits.batchByteCount, (Limits.trustedByteCount + file.footerOffset) * Limits.trustedExpansion
    )
    guard valueByteCount == 0 || rows <= byteLimit / valueByteCount else {
      throw ParquetError(.limit, "the values of one batch are too many bytes")
    }
    var present = rows
    if column.maxDefinitionLevel == 0 {
      isPresent.append(contentsOf: repeatElement(1, count: rows))
    } else if try definitions.takeMaximum(rows) {
      isPresent.append(contentsOf: repeatElement(1, count: rows))
    } else {
      let maximum = UInt8(clamping: column.maxDefinitionLevel)
      try isPresent.append(filling: rows) { (target) throws(ParquetError) in
        try definitions.decode(rows, into: target)
        present = Presence.reduce(target, rows, maximum)
      }
    }
    pageEntriesLeft -= rows
    position += rows
    return FlatPart(rows: rows, present: present)
  }
}

/// Rows of a flat column that lie in one page.
struct FlatPart {
  var rows: Int
  /// How many of them are not null.
  var present: Int
}

/// Moves values that lie one behind the other to the rows they belong to.
enum Presence {
  /// Turns levels into 1 for values and 0 for nulls; returns the number of values.
  static func reduce(
    _ levels: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: UInt8
  ) -> Int {
    var present = 0
    for index in 0..<count {
      let isValue: UInt8 = levels[index] == maximum ? 1 : 0
      levels[index] = isValue
      present &+= Int(isValue)
    }
    return present
  }

  /// Spreads from the last row backwards, so that nothing is overwritten before it is moved.
  @inline(__always)
  static func spread<Value: BitwiseCopyable & FixedWidthInteger>(
    _ values: UnsafeMutablePointer<Value>, _ part: FlatPart, _ isPresent: [UInt8], empty: Value
  ) {
    if part.present == part.rows { return }
    isPresent.withUnsafeBufferPointer { all in
      let first = all.count &- part.rows
      var next = part.present
      var row = part.rows &- 1
      while row >= 0 {
        let present = Int(all[first &+ row])
        // For a null this loads the value after the next one, which lies within the rows.
        let value = values[next &- present]
        values[row] = present == 1 ? value : empty
        next &-= present
        row &-= 1
      }
    }
  }

  static func spreadFixed(
    _ values: UnsafeMutablePointer<UInt8>, _ part: FlatPart, _ isPresent: [UInt8], width: Int
  ) {
    if part.present == part.rows { return }
    isPresent.withUnsafeBufferPointer { all in
      let first = all.count - part.rows
      var next = part.present
      for row in stride(from: part.rows - 1, through: 0, by: -1) {
        let target = UnsafeMutableRawPointer(values + row * width)
        if all[first + row] == 1 {
          next -= 1
          target.copyMemory(from: values + next * width, byteCount: width)
        } else {
          target.initializeMemory(as: UInt8.self, repeating: 0, count: width)
        }
      }
    }
  }

  /// Gives nulls the end of the string before them.
  ///
  /// - Shape: `first` is the number of strings before this part.
  static func spreadOffsets(
    _ offsets: inout [UInt32], _ first: Int, _ part: FlatPart, _ isPresent: [UInt8]
  ) throws(ParquetError) {
    if part.present == part.rows { return }
    offsets.append(contentsOf: repeatElement(0, count: part.rows - part.present))
    offsets.withUnsafeMutableBufferPointer { offsets in
      isPresent.withUnsafeBufferPointer { all in
        let firstRow = all.count &- part.rows
        var next = part.present
        var row = part.rows &- 1
        while row >= 0 {
          offsets[first &+ 1 &+ row] = offsets[first &+ next]
          next &-= Int(all[firstRow &+ row])
          row &-= 1
        }
      }
    }
  }
}
