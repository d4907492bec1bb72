/// Writes one column: takes values, hands out one column chunk a row group.
///
/// Values are staged until a page is full, then encoded and compressed. Memory is kept from page to
/// page and from row group to row group. Invariants:
/// - pages end where the row sequence says, however it was cut into appends;
/// - a page holds whole rows;
/// - staged dictionary codes all belong to the chunk's dictionary.
///
/// - Concurrency: one thread at a time; different columns at once on different threads.
public final class ColumnChunkWriter: @unchecked Sendable {
  /// How values lie in the staging buffers.
  enum Layout: Equatable {
    /// PLAIN byte arrays, or bare bytes with `lengths` for the delta encodings.
    case strings
    /// Bytes of one length.
    case fixedBytes(Int)
    /// Integers and floating-point numbers of four or eight bytes.
    case words(Int)
    /// Booleans, a byte each.
    case bits
  }

  public let column: ColumnDescriptor
  public let options: ColumnOptions
  let layout: Layout
  let order: ValueOrder
  /// The encoding of pages without a dictionary.
  let directEncoding: Encoding
  /// Bytes kept free before the staged values: a page that waits for its compression is the staged
  /// values with its head put right before them, so that nothing is moved.
  let headroom: Int
  let bodies = PageBodies()

  // What is staged for the page in the making.
  /// The values, behind `headroom` bytes that are free.
  var values = GrowableBytes()
  var lengths = Growable<Int32>()
  var codes = Growable<UInt32>()
  var definition = GrowableBytes()
  var repetition = GrowableBytes()
  var fill: PageFill

  // What the chunk has so far.
  var usesDictionary: Bool
  var byteDictionary: ByteDictionary
  var wordDictionary = WordDictionary()
  var bloomHashes = Growable<UInt64>()
  /// The filters of the pages so far, if the options ask for them.
  var pageFilters: [[UInt8]] = []
  /// The hashes of the page in the making.
  var pageHashes = Growable<UInt64>()
  var filterStamps = Growable<UInt32>()
  /// Hashes that came last, each at the place that its lowest bits name.
  var recentHashes = Growable<UInt64>()
  /// The hashes of the dictionary's values, as far as filters asked for them.
  var dictionaryHashes = Growable<UInt64>()
  var recipe: PageRecipe?
  var pages: [PageSummary] = []
  var pendingCount = 0

  // Scratch.
  var encoded = GrowableBytes()
  var body = GrowableBytes()
  var wideLevels = Growable<UInt32>()
  var stamps = Growable<UInt32>()
  var textStarts = Growable<UInt32>()
  var textLengths = Growable<UInt32>()

  /// A data page, perhaps still to be compressed.
  struct PageSummary {
    var page: PendingPage
    var rowCount: Int
    var valueCount: Int
    var nullCount: Int
    var encoding: Encoding
    var bounds: Bounds?
  }

  /// - Errors: `misuse` when the encoding does not fit the column's type.
  public init(_ column: ColumnDescriptor, _ options: ColumnOptions = ColumnOptions())
    throws(ParquetError)
  {
    self.column = column
    self.options = options
    order = ValueOrder(column)
    switch column.physicalType {
    case .boolean: layout = .bits
    case .int32, .float: layout = .words(4)
    case .int64, .double: layout = .words(8)
    case .int96: layout = .fixedBytes(12)
    case .byteArray: layout = .strings
    case .fixedLengthByteArray:
      guard let width = column.typeLength, width > 0 else {
        throw ParquetError(
          .misuse, "a fixed-length column has no length", column: column.dotPath)
      }
      layout = .fixedBytes(width)
    }
    guard column.maxDefinitionLevel < 256, column.maxRepetitionLevel < 256 else {
      throw ParquetError(.limit, "a column is nested too deeply", column: column.dotPath)
    }
    (usesDictionary, directEncoding) = try ColumnChunkWriter.encodings(column, options)
    headroom =
      options.defersCompression && layout == .strings && options.encoding == .deltaLengthByteArray
        && options.statistics == .none && options.bloomFilter == nil
        && options.pageFilterBitCount == 0 ? 1 << 14 : 0
    byteDictionary = ByteDictionary(hasLengths: layout == .strings)
    fill = PageFill(
      rows: 0, bytes: 0, rowLimit: max(options.pageRowLimit, 1),
      byteLimit: max(options.pageByteLimit, 1))
    values.append(repeating: 0, count: headroom)
  }

  /// Whether a dictionary is begun with, and the encoding without it.
  private static func encodings(
    _ column: ColumnDescriptor, _ options: ColumnOptions
  ) throws(ParquetError) -> (Bool, Encoding) {
    let type = column.physicalType
    var usesDictionary = false
    let direct: Encoding
    switch options.encoding {
    case .automatic:
      direct = type == .boolean && options.dataPageVersion == .v2 ? .rle : .plain
      usesDictionary = type != .boolean
    case .dictionary(let fallback):
      direct = fallback
      usesDictionary = type != .boolean
    case .plain: direct = .plain
    case .deltaBinaryPacked: direct = .deltaBinaryPacked
    case .deltaLengthByteArray: direct = .deltaLengthByteArray
    case .deltaByteArray: direct = .deltaByteArray
    case .byteStreamSplit: direct = .byteStreamSplit
    case .rle: direct = .rle
    }
    let fits =
      switch direct {
      case .plain: true
      case .rle: type == .boolean
      case .deltaBinaryPacked: type == .int32 || type == .int64
      case .deltaLengthByteArray: type == .byteArray
      case .deltaByteArray: type == .byteArray || type == .fixedLengthByteArray
      case .byteStreamSplit: type != .byteArray && type != .boolean && type != .int96
      default: false
      }
    guard fits else {
      throw ParquetError(
        .misuse, "the encoding \(direct) does not fit the type \(type)", column: column.dotPath)
    }
    return (usesDictionary, direct)
  }

  /// Rows taken since the last row group ended.
  public var rowCount: Int { pages.reduce(fill.rows) { $0 + $1.rowCount } }

  /// Bytes that the chunk takes in memory so far, roughly.
  public var bufferedByteCount: Int {
    finishedByteCount + values.count + byteDictionary.plain.count + codes.count * 4
  }
  var finishedByteCount = 0

  /// Bytes that the chunk takes in memory now: full pages as they wait or are stored, and what is
  /// staged.
  public var heldByteCount: Int {
    pages.reduce(values.count + byteDictionary.plain.count + codes.count * 4) {
      $0 + $1.page.heldByteCount
    }
  }

  func misuse(_ what: String, expected: String? = nil, found: String? = nil) -> ParquetError {
    ParquetError(.misuse, what, column: column.dotPath, expected: expected, found: found)
  }

  /// Full pages since the last call that wait for their compression, oldest first.
  ///
  /// - Shape: empty unless `defersCompression` is set. Calling ``PendingPage/compress()`` is a
  ///   help, not a duty.
  public func takePendingPages() -> [PendingPage] {
    defer { pendingCount = pages.count }
    return options.defersCompression ? pages[pendingCount...].map(\.page) : []
  }

  /// Ends the chunk and begins the next one.
  public func finish() throws(ParquetError) -> EncodedColumnChunk {
    try flushPage()
    let hasDictionary = pages.contains { $0.encoding == .rleDictionary }
    var dictionary: StoredPage?
    if hasDictionary { dictionary = try storedDictionary() }
    var dataPages: [EncodedColumnChunk.DataPage] = []
    dataPages.reserveCapacity(pages.count)
    for page in pages {
      dataPages.append(
        EncodedColumnChunk.DataPage(
          stored: try page.page.stored(), rowCount: page.rowCount, valueCount: page.valueCount,
          nullCount: page.nullCount, encoding: page.encoding, bounds: page.bounds))
    }
    var bounds = Bounds.union(pages.map(\.bounds), order: order)
    if options.statistics == .chunk, hasDictionary, let values = dictionaryBounds() {
      bounds = Bounds.union([bounds, values], order: order)
    }
    let isWhole = hasDictionary && pages.allSatisfy { $0.encoding == .rleDictionary }
    let chunk = EncodedColumnChunk(
      column: column, rowCount: pages.reduce(0) { $0 + $1.rowCount },
      valueCount: pages.reduce(0) { $0 + $1.valueCount },
      nullCount: pages.reduce(0) { $0 + $1.nullCount },
      codec: (recipe?.compression ?? .uncompressed).codec, dictionary: dictionary,
      dataPages: dataPages, pageVersion: options.dataPageVersion, bounds: bounds,
      distinctCount: isWhole ? dictionaryCount : nil,
      hasPageIndex: options.statistics == .page, bloomFilter: makeBloomFilter(hasDictionary),
      pageFilters: PageFilters.encoded(pageFilters))
    reset()
    return chunk
  }

  private func reset() {
    byteDictionary.removeAll()
    wordDictionary.removeAll()
    bloomHashes.removeAll()
    pageFilters = []
    filterStamps.removeAll()
    dictionaryHashes.removeAll()
    stamps.removeAll()
    recipe = nil
    pages = []
    pendingCount = 0
    finishedByteCount = 0
    switch options.encoding {
    case .automatic, .dictionary: usesDictionary = column.physicalType != .boolean
    default: usesDictionary = false
    }
  }

  var dictionaryCount: Int {
    if case .words = layout { return wordDictionary.count }
    return byteDictionary.count
  }
}
