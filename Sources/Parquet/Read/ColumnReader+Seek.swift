/// Random access to rows.
extension ColumnReader {
  /// Makes `row` of the row group the next to be read.
  ///
  /// - Cost: with an offset index one page is read; without one, page headers up to the row, and
  ///   the pages themselves where a column with lists has V1 pages.
  public func seek(toRow row: Int) throws(ParquetError) {
    guard (0...rowCount).contains(row) else {
      throw ParquetError(
        .misuse, "the row group has no such row", column: column.dotPath, rowGroup: rowGroup,
        expected: "0 to \(rowCount)", found: "\(row)")
    }
    try located { () throws(ParquetError) in
      if row != position { try move(to: row) }
    }
  }

  private func move(to row: Int) throws(ParquetError) {
    let isInPage = row > position && column.isFlat && row < position + pageEntriesLeft
    if !isInPage, row < rowCount, let (location, pagesEnd) = try page(of: row) {
      if column.isFlat {
        try restart(at: location, entriesLeft: rowCount - location.firstRow)
      } else {
        try restart(at: location, entriesLeft: chunk.valueCount, pagesEnd: pagesEnd)
      }
      position = location.firstRow
    } else if row < position {
      try restart(at: nil, entriesLeft: chunk.valueCount)
      position = 0
    }
    while position < row {
      if pageEntriesLeft == 0 && pending.isEmpty {
        position += try skipPages(rows: row - position)
        if position == row { break }
      }
      try skipInPage(row - position)
    }
  }

  /// The last page that starts at or before a row, by the offset index, and where pages end.
  private func page(of row: Int) throws(ParquetError) -> (OffsetIndex.Page, pagesEnd: Int)? {
    guard let index = try offsetIndex() else { return nil }
    var low = 0
    var high = index.pages.count
    while low < high {
      let middle = (low + high) / 2
      if index.pages[middle].firstRow <= row { low = middle + 1 } else { high = middle }
    }
    guard low > 0, let last = index.pages.last else { return nil }
    let page = index.pages[low - 1]
    for each in [page, last] {
      guard (chunk.firstPageOffset..<file.footerOffset).contains(each.offset),
        (0...file.footerOffset - each.offset).contains(each.byteCount), each.firstRow >= 0
      else {
        throw .corrupt("the offset index points outside the column chunk", found: "\(each.offset)")
      }
    }
    return (page, last.offset + last.byteCount)
  }

  private func offsetIndex() throws(ParquetError) -> OffsetIndex? {
    if let cached = cachedOffsetIndex { return cached }
    let index = try file.offsetIndex(column: column.index, rowGroup: rowGroup)
    cachedOffsetIndex = index
    return index
  }

  /// Reads at most `rows` rows of the page and forgets them.
  private func skipInPage(_ rows: Int) throws(ParquetError) {
    guard column.isFlat else {
      _ = try readLevels(min(rows, Limits.levelChunkCount))
      return
    }
    var isPresent: [UInt8] = []
    guard let part = try nextFlat(min(rows, Limits.levelChunkCount), &isPresent) else {
      throw .corrupt("the column has fewer rows than its row group", found: "\(position)")
    }
    if try values?.skip(part.present) == true { return }
    try discard(part.present)
  }

  /// Decodes values of encodings that cannot be stepped over.
  private func discard(_ count: Int) throws(ParquetError) {
    switch column.physicalType {
    case .boolean: try values?.booleans(count, into: scratch.levels)
    case .int32, .int64, .float, .double:
      if values?.isCoded == true {
        try values?.codes(count, into: scratch.codes, dictionary)
      } else {
        // Eight bytes a value are room enough for all four types.
        try values?.words(count, into: scratch.discarded, nil, scratch)
      }
    case .byteArray, .int96, .fixedLengthByteArray:
      if values?.isCoded == true {
        try values?.codes(count, into: scratch.codes, dictionary)
      } else if column.physicalType == .byteArray {
        var strings = ByteValues()
        try values?.strings(count, into: &strings, nil, scratch)
      } else {
        var bytes: [UInt8] = []
        try bytes.append(filling: count * (column.valueByteCount ?? 0)) {
          (target) throws(ParquetError) in
          try values?.fixed(count, into: target, nil, scratch)
        }
      }
    }
  }
}
