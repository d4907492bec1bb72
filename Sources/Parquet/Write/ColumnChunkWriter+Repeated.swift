// Taking many rows that are all alike: one string, or no value at all.

extension ColumnChunkWriter {
  /// Takes one string for several rows; the column gets the same bytes as from `append(text:…)`.
  ///
  /// - Errors: `misuse` for a nested column or one of another type.
  /// - Cost: with a dictionary, one look-up a page.
  public func append(
    repeating string: UnsafeRawBufferPointer, count: Int
  ) throws(ParquetError) {
    try checkFlat()
    try withAddress(of: string) { (base) throws(ParquetError) in
      let length = UInt32(string.count)
      textStarts.removeAll()
      textLengths.removeAll()
      textStarts.append(0)
      textLengths.append(length)
      try checkLengths(
        TextRows(
          base: base, starts: textStarts.base, lengths: textLengths.base, selection: nil, count: 1))
      var left = count
      while left > 0, usesDictionary {
        if fill.isFull {
          try flushPage()
        } else if byteDictionary.plain.count >= options.dictionaryByteLimit {
          try leaveDictionary()
        } else {
          left -= takeRepeated(base, string.count, atMost: left)
        }
      }
      guard left > 0 else { return }
      textStarts.append(repeating: 0, count: left - 1)
      textLengths.append(repeating: length, count: left - 1)
      try appendFlat(
        TextRows(
          base: base, starts: textStarts.base, lengths: textLengths.base, selection: nil,
          count: left))
    }
  }

  /// Codes rows up to the end of the page; returns how many.
  private func takeRepeated(_ string: UnsafeRawPointer, _ length: Int, atMost most: Int) -> Int {
    let rowByteCount = length + (layout == .strings ? 4 : 0)
    let byBytes = (fill.byteLimit - fill.bytes + rowByteCount - 1) / max(rowByteCount, 1)
    var taken = min(most, fill.rowLimit - fill.rows, rowByteCount > 0 ? byBytes : most)
    let code = byteDictionary.code(of: string, count: length)
    // The string that fills the dictionary is the last one to be coded.
    if byteDictionary.plain.count >= options.dictionaryByteLimit { taken = min(taken, 1) }
    codes.append(repeating: code, count: taken)
    if column.maxDefinitionLevel == 1 { definition.append(repeating: 1, count: taken) }
    fill.rows += taken
    fill.bytes += taken * rowByteCount
    return taken
  }

  /// Takes rows without a value.
  ///
  /// - Errors: `misuse` for a nested or a required column.
  public func append(nullCount: Int) throws(ParquetError) {
    try checkFlat()
    guard column.maxDefinitionLevel == 1 || nullCount == 0 else {
      throw misuse("a required column got a null")
    }
    var left = nullCount
    while left > 0 {
      if fill.isFull { try flushPage() }
      // A full dictionary is left before the next row, whatever that is.
      if usesDictionary, byteDictionary.plain.count >= options.dictionaryByteLimit {
        try leaveDictionary()
      }
      let taken = min(left, fill.rowLimit - fill.rows)
      definition.append(repeating: 0, count: taken)
      fill.rows += taken
      left -= taken
    }
  }
}
