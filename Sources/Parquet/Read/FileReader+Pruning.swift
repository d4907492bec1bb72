import Bytes

/// Stepping over what a scan cannot want.
extension FileReader {
  /// Whether a row group can have values that a filter wants: by its statistics and, for a single
  /// value, its bloom filter. True when the file says too little.
  public func mayMatch(
    _ filter: ColumnFilter, column: Int, rowGroup: Int
  ) throws(ParquetError) -> Bool {
    let (descriptor, chunk) = try chunk(column: column, rowGroup: rowGroup)
    if chunk.valueCount == 0 { return false }
    if let statistics = chunk.statistics {
      if let nullCount = statistics.nullCount {
        if filter == .null && descriptor.isFlat && nullCount == 0 { return false }
        if filter != .null && nullCount == chunk.valueCount { return false }
      }
      let (min, max) = bounds(statistics, descriptor)
      if filter != .null && !filter.overlaps(min, max, descriptor) { return false }
    }
    if let value = filter.singleValue(descriptor.physicalType) {
      return try mightContain(value, column: column, rowGroup: rowGroup)
    }
    return true
  }

  /// The rows of a row group whose pages can have values that one of some filters wants, by the
  /// page index and, for single values, the filters of pages.
  ///
  /// - Shape: ascending, not touching; all rows when the file has neither.
  public func candidateRows(
    _ filters: [ColumnFilter], column: Int, rowGroup: Int
  ) throws(ParquetError) -> [Range<Int>] {
    let (descriptor, _) = try chunk(column: column, rowGroup: rowGroup)
    let rowCount = metadata.rowGroups[rowGroup].rowCount
    guard rowCount > 0, !filters.isEmpty else { return [] }
    let hashes = filters.map { filter in
      filter.singleValue(descriptor.physicalType).map { $0.withUnsafeBytes { xxHash64($0) } }
    }
    let known = try knownPages(hashes, column: column, rowGroup: rowGroup)
    if let known, !known.isEmpty, known.allSatisfy(\.isEmpty) { return [] }
    let index = try columnIndex(column: column, rowGroup: rowGroup)
    guard index != nil || known != nil,
      let offsets = try offsetIndex(column: column, rowGroup: rowGroup)
    else { return [0..<rowCount] }
    for count in [index?.isNullPage.count, known?.count] {
      guard count == nil || count == offsets.pages.count else {
        throw ParquetError(
          .corrupt, "the offset index and another index differ in their pages",
          column: descriptor.dotPath, rowGroup: rowGroup,
          expected: "\(offsets.pages.count)", found: "\(count ?? 0)")
      }
    }
    func isWanted(_ page: Int) -> Bool {
      (known?[page] ?? Array(filters.indices)).contains { number in
        index.map { matches(filters[number], $0, page, descriptor) } ?? true
      }
    }
    var ranges: [Range<Int>] = []
    for page in offsets.pages.indices where isWanted(page) {
      let start = offsets.pages[page].firstRow
      let end = page + 1 < offsets.pages.count ? offsets.pages[page + 1].firstRow : rowCount
      guard 0 <= start, start <= end, end <= rowCount else {
        throw ParquetError(
          .corrupt, "the rows of the offset index do not ascend", column: descriptor.dotPath,
          rowGroup: rowGroup, found: "\(start) and \(end)")
      }
      if let last = ranges.last, last.upperBound == start {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else if start < end {
        ranges.append(start..<end)
      }
    }
    return ranges
  }

  /// The rows of a row group whose pages can have values that a filter wants.
  public func candidateRows(
    _ filter: ColumnFilter, column: Int, rowGroup: Int
  ) throws(ParquetError) -> [Range<Int>] {
    try candidateRows([filter], column: column, rowGroup: rowGroup)
  }

  /// For each page the numbers of the values it can have by its filter, and of what is no value;
  /// nil when the file has no filters of pages.
  private func knownPages(
    _ hashes: [UInt64?], column: Int, rowGroup: Int
  ) throws(ParquetError) -> [[Int]]? {
    let valueCount = hashes.count { $0 != nil }
    guard valueCount > 0,
      let pages = try pageFilters(column: column, rowGroup: rowGroup)?
        .readFor(valueCount: valueCount)
    else { return nil }
    var known: [[Int]] = []
    for page in 0..<pages.count {
      var numbers: [Int] = []
      for (number, hash) in hashes.enumerated() {
        if let hash, try !pages.contains(hash, page: page) { continue }
        numbers.append(number)
      }
      known.append(numbers)
    }
    return known
  }

  /// The filters of a column chunk's pages, or nil when the file has none.
  func pageFilters(column: Int, rowGroup: Int) throws(ParquetError) -> PageFilters? {
    guard let list = metadata.keyValues.last(where: { $0.key == PageFilters.key })?.value
    else { return nil }
    do throws(ParquetError) {
      guard
        let place = try PageFilters.Place.places(list).first(where: {
          $0.rowGroup == rowGroup && $0.column == column
        })
      else { return nil }
      try checkStored(place.offset, place.byteCount, "the page filters")
      return try PageFilters(source, at: place.offset, byteCount: place.byteCount)
    } catch {
      throw error.located(column: schema.columns[column].dotPath, rowGroup: rowGroup)
    }
  }

  private func matches(
    _ filter: ColumnFilter, _ index: ColumnIndex, _ page: Int, _ column: ColumnDescriptor
  ) -> Bool {
    if filter == .null {
      return index.isNullPage[page] || !column.isFlat || (index.nullCounts?[page] ?? 1) > 0
    }
    if index.isNullPage[page] { return false }
    return filter.overlaps(index.minValues[page], index.maxValues[page], column)
  }

  /// The bounds that can be trusted: those of old writers only where signed order is the order.
  private func bounds(
    _ statistics: Statistics, _ column: ColumnDescriptor
  ) -> (min: [UInt8]?, max: [UInt8]?) {
    if statistics.minValue != nil || statistics.maxValue != nil {
      return (statistics.minValue, statistics.maxValue)
    }
    if case .integer(_, false) = column.logicalType { return (nil, nil) }
    switch column.physicalType {
    case .int32, .int64, .float, .double:
      return (statistics.deprecatedMin, statistics.deprecatedMax)
    default: return (nil, nil)
    }
  }

  /// Whether a column chunk can have a value, by its bloom filter; true when it has none.
  ///
  /// - Shape: `value` is the PLAIN form without a length: little-endian numbers, plain bytes.
  /// - Cost: reads the header and 32 bytes.
  /// - Source: Apache Parquet format, BloomFilter.md.
  public func mightContain(
    _ value: [UInt8], column: Int, rowGroup: Int
  ) throws(ParquetError) -> Bool {
    let (descriptor, chunk) = try chunk(column: column, rowGroup: rowGroup)
    guard let offset = chunk.bloomFilterOffset else { return true }
    do throws(ParquetError) {
      guard (4..<footerOffset).contains(offset) else {
        throw .corrupt("the bloom filter lies outside the file")
      }
      let start = try stored(
        offset, min(Limits.bloomFilterHeaderGuess, footerOffset - offset), "the bloom filter")
      let (header, headerByteCount) = try withBytes(start) { (raw) throws(ParquetError) in
        var reader = ThriftReader(raw, baseOffset: offset)
        let header = try BloomFilterHeader(from: &reader)
        return (header, reader.position)
      }
      guard header.isSupported else { return true }
      let blockCount = header.byteCount / 32
      guard blockCount > 0, header.byteCount <= footerOffset - offset - headerByteCount else {
        throw .corrupt("the bloom filter has an impossible size", found: "\(header.byteCount)")
      }
      let hash = value.withUnsafeBytes { xxHash64($0) }
      let block = Int(((hash >> 32) &* UInt64(blockCount)) >> 32)
      let words = try stored(offset + headerByteCount + block * 32, 32, "the bloom filter")
      return words.withUnsafeBytes { BloomFilterBlock.contains($0, hash) }
    } catch {
      throw error.located(column: descriptor.dotPath, rowGroup: rowGroup, byteOffset: offset)
    }
  }
}

/// One block of a split-block bloom filter: eight words, one bit of each set for a value.
enum BloomFilterBlock {
  private static let salts: [UInt32] = [
    0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947,
    0x5c6b_fb31,
  ]

  /// - Shape: `block` has 32 bytes.
  static func contains(_ block: UnsafeRawBufferPointer, _ hash: UInt64) -> Bool {
    let key = UInt32(truncatingIfNeeded: hash)
    return salts.indices.allSatisfy { lane in
      let bit = (key &* salts[lane]) >> 27
      return block[lane * 4 + Int(bit >> 3)] >> UInt8(bit & 7) & 1 == 1
    }
  }
}
