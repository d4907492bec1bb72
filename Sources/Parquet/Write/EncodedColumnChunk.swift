/// One column of one row group, encoded and compressed: what a ``FileWriter`` takes.
public struct EncodedColumnChunk: Sendable {
  /// A data page as the indexes describe it.
  struct DataPage: Sendable {
    var stored: StoredPage
    var rowCount: Int
    var valueCount: Int
    var nullCount: Int
    var encoding: Encoding
    var bounds: Bounds?
  }

  /// The column that this is a chunk of.
  public let column: ColumnDescriptor
  public let rowCount: Int
  /// Values including nulls; for lists, entries of the level streams.
  public let valueCount: Int
  public let nullCount: Int
  /// The codec of all its pages.
  public let codec: CompressionCodec
  let dictionary: StoredPage?
  let dataPages: [DataPage]
  let pageVersion: DataPageVersion
  /// Bounds of all values, where the column's type has an order.
  let bounds: Bounds?
  /// The exact number of distinct values, where the dictionary knows it.
  let distinctCount: Int?
  let hasPageIndex: Bool
  /// The bits of the bloom filter, without its header.
  let bloomFilter: [UInt8]?
  /// The filters of its pages as ``PageFilters`` keeps them; empty without.
  let pageFilters: [UInt8]

  /// Bytes of all pages with their headers, as stored.
  public var compressedByteCount: Int {
    dataPages.reduce(dictionary?.bytes.count ?? 0) { $0 + $1.stored.bytes.count }
  }

  /// Bytes of all pages with their headers, before compression.
  public var uncompressedByteCount: Int {
    dataPages.reduce(dictionary?.uncompressedByteCount ?? 0) {
      $0 + $1.stored.uncompressedByteCount
    }
  }

  /// Every page with its header in the order of the file, the dictionary first.
  public var pages: [[UInt8]] {
    (dictionary.map { [$0.bytes] } ?? []) + dataPages.map(\.stored.bytes)
  }
}

extension EncodedColumnChunk {
  private var order: ValueOrder { ValueOrder(column) }

  private var isText: Bool {
    switch column.logicalType {
    case .string, .json, .enumeration: true
    default: false
    }
  }

  /// The footer's statistics.
  var statistics: Statistics {
    var statistics = Statistics(nullCount: nullCount, distinctCount: distinctCount)
    guard let bounds else { return statistics }
    guard order.isTruncatable else {
      statistics.minValue = bounds.least
      statistics.maxValue = bounds.greatest
      statistics.isMinValueExact = true
      statistics.isMaxValueExact = true
      return statistics
    }
    let least = bounds.shortLeast(isText: isText)
    statistics.minValue = least.bytes
    statistics.isMinValueExact = least.isExact
    if let greatest = bounds.shortGreatest(isText: isText) {
      statistics.maxValue = greatest.bytes
      statistics.isMaxValueExact = greatest.isExact
    }
    return statistics
  }

  /// How many pages of a kind have an encoding; the dictionary first, then as they first occur.
  var encodingStatistics: [PageEncodingStatistics] {
    var counts: [PageEncodingStatistics] = []
    if dictionary != nil {
      counts.append(
        PageEncodingStatistics(pageType: .dictionary, encoding: .plain, count: 1))
    }
    let type: PageType = pageVersion == .v1 ? .dataV1 : .dataV2
    for page in dataPages {
      if let index = counts.firstIndex(where: {
        $0.pageType == type && $0.encoding == page.encoding
      }) {
        counts[index].count += 1
      } else {
        counts.append(PageEncodingStatistics(pageType: type, encoding: page.encoding, count: 1))
      }
    }
    return counts
  }

  /// Every encoding in use, the levels' included, in numerical order.
  var encodings: [Encoding] {
    var found: Set<Int32> = [Encoding.rle.rawValue]
    if dictionary != nil { found.insert(Encoding.plain.rawValue) }
    for page in dataPages { found.insert(page.encoding.rawValue) }
    return found.sorted().map(Encoding.init(rawValue:))
  }

  /// Where the data pages are when the chunk starts at `fileOffset`.
  func offsetIndex(fileOffset: Int) -> OffsetIndex {
    var offset = fileOffset + (dictionary?.bytes.count ?? 0)
    var row = 0
    return OffsetIndex(
      pages: dataPages.map { page in
        defer {
          offset += page.stored.bytes.count
          row += page.rowCount
        }
        return OffsetIndex.Page(
          offset: offset, byteCount: page.stored.bytes.count, firstRow: row)
      })
  }

  /// The bounds of the data pages; nil when one of them has values but no bounds.
  func columnIndex() -> ColumnIndex? {
    guard hasPageIndex, !dataPages.isEmpty else { return nil }
    var index = ColumnIndex(
      isNullPage: [], minValues: [], maxValues: [], boundaryOrder: .unordered, nullCounts: [])
    for page in dataPages {
      let isNullPage = page.nullCount == page.valueCount
      index.isNullPage.append(isNullPage)
      index.nullCounts?.append(page.nullCount)
      guard !isNullPage else {
        index.minValues.append([])
        index.maxValues.append([])
        continue
      }
      guard let bounds = page.bounds else { return nil }
      if order.isTruncatable {
        index.minValues.append(bounds.shortLeast(isText: isText).bytes)
        index.maxValues.append(
          bounds.shortGreatest(isText: isText)?.bytes ?? bounds.greatest)
      } else {
        index.minValues.append(bounds.least)
        index.maxValues.append(bounds.greatest)
      }
    }
    index.boundaryOrder = boundaryOrder(index)
    return index
  }

  private func boundaryOrder(_ index: ColumnIndex) -> ColumnIndex.BoundaryOrder {
    let places = index.isNullPage.indices.filter { !index.isNullPage[$0] }
    var isAscending = true
    var isDescending = true
    for (previous, next) in zip(places, places.dropFirst()) {
      for bounds in [index.minValues, index.maxValues] {
        if order.isBelow(bounds[next], bounds[previous]) { isAscending = false }
        if order.isBelow(bounds[previous], bounds[next]) { isDescending = false }
      }
    }
    return isAscending ? .ascending : isDescending ? .descending : .unordered
  }
}
