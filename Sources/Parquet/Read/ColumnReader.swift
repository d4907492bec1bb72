/// Reads one column of one row group from the first row on, a page at a time.
///
/// ```swift
/// let reader = try file.columnReader(column: 3, rowGroup: 0)
/// while try reader.readInt64(65_536, into: &values, isPresent: &isPresent) > 0 { … }
/// ```
///
/// Batches need not end where pages end. Methods that append take whatever the caller's arrays hold
/// already and leave it; call `removeAll(keepingCapacity: true)` between batches to reuse memory.
///
/// - Shape: one reader belongs to one thread; after an error it must not be used again.
/// - Errors: every error names column, row group and byte offset of the page.
/// - Cost: memory is one page, the dictionary and a read-ahead of `Limits.readAheadByteCount`.
public final class ColumnReader {
  /// What is being read.
  public let column: ColumnDescriptor
  /// Number of the row group, from 0.
  public let rowGroup: Int
  /// Rows of the row group.
  public let rowCount: Int
  /// The next row to be read.
  public internal(set) var position = 0

  let chunk: ColumnChunkMetadata
  let file: FileReader
  let scratch = DecodingScratch()
  var dictionary: ChunkDictionary?
  var values: PageValues?
  /// Entries (values, nulls and empty lists) of the page that were not taken yet.
  var pageEntriesLeft = 0
  /// Levels of a column with lists that are decoded and not taken yet.
  var pending = PendingLevels()
  /// Codes for values that are in no dictionary page; see ``readCodes(_:into:)``.
  var interner: Interner?

  private var input: ChunkInput
  private var decompressor = Decompressor()
  private var page = PageBuffer()
  /// The page in work where pages are kept for other readers; then `page` is free.
  private var keptPage: KeptPage?
  var definitions = LevelDecoder()
  var repetitions = LevelDecoder()
  /// Entries of pages that were not begun yet.
  private var chunkEntriesLeft: Int
  /// Position of the page in work, for error messages.
  private var pageOffset: Int
  /// Where the last page ends, once a seek has made the count of entries unknown.
  private var pagesEnd: Int?
  /// The offset index, once a seek has wanted it.
  var cachedOffsetIndex: OffsetIndex?

  init(
    _ file: FileReader, _ column: ColumnDescriptor, _ chunk: ColumnChunkMetadata, rowGroup: Int,
    rowCount: Int
  ) {
    self.file = file
    self.column = column
    self.chunk = chunk
    self.rowGroup = rowGroup
    self.rowCount = rowCount
    chunkEntriesLeft = chunk.valueCount
    pageOffset = chunk.firstPageOffset
    input = ChunkInput(
      file.source, position: chunk.firstPageOffset,
      chunkEnd: chunk.firstPageOffset + chunk.totalCompressedByteCount, limit: file.footerOffset)
  }

  /// Runs the body of a public call and names the place in its errors.
  @inline(__always)
  func located<Result>(
    _ body: () throws(ParquetError) -> Result
  ) throws(ParquetError) -> Result {
    do throws(ParquetError) {
      return try body()
    } catch {
      throw error.located(column: column.dotPath, rowGroup: rowGroup, byteOffset: pageOffset)
    }
  }

  // MARK: Pages

  /// Makes the next data page ready unless entries of the present one are left; false at the end.
  func preparePage() throws(ParquetError) -> Bool {
    while pageEntriesLeft == 0 {
      guard hasMorePages else { return false }
      pageOffset = input.position
      if let known = file.kept?.page(at: pageOffset) {
        input.position = known.end
        try start(known)
        continue
      }
      let header = try input.nextHeader()
      switch header.kind {
      case .dictionary(let details): try loadDictionary(header, details)
      case .dataV1(let details):
        try begin(entries: details.valueCount)
        try expandV1(header)
        try startV1(keep(header), details)
      case .dataV2(let details):
        try begin(entries: details.valueCount)
        try expandV2(header, details)
        try startV2(keep(header), details)
      case .other: try input.skipPage(header)
      }
    }
    return true
  }

  /// Begins with a page that some reader has read.
  private func start(_ known: KeptPage) throws(ParquetError) {
    keptPage = known
    switch known.header.kind {
    case .dataV1(let details):
      try begin(entries: details.valueCount)
      try startV1(known.buffer.page, details)
    case .dataV2(let details):
      try begin(entries: details.valueCount)
      try startV2(known.buffer.page, details)
    case .dictionary, .other: preconditionFailure("only data pages are kept")
    }
  }

  /// Keeps the page at hand for other readers, if somebody asked for it; gives its bytes.
  private func keep(_ header: PageHeader) -> PageBytes {
    guard let kept = file.kept else { return page.page }
    var taken = PageBuffer()
    swap(&taken, &page)
    let known = KeptPage(header, taken, end: input.position)
    kept.keep(known, at: pageOffset)
    keptPage = known
    return known.buffer.page
  }

  /// Steps over whole pages while none of their rows is wanted, reading headers only.
  ///
  /// - Shape: returns the rows stepped over; stops at the first page whose rows cannot be counted
  ///   from its header.
  func skipPages(rows: Int) throws(ParquetError) -> Int {
    var skipped = 0
    while pageEntriesLeft == 0, hasMorePages {
      let before = input.position
      pageOffset = before
      let known = file.kept?.page(at: before)
      let header = if let known { known.header } else { try input.nextHeader() }
      let (entries, rowsInPage): (Int, Int)
      switch header.kind {
      case .dictionary(let details):
        try loadDictionary(header, details)
        continue
      case .other:
        try input.skipPage(header)
        continue
      case .dataV1(let details): (entries, rowsInPage) = (details.valueCount, details.valueCount)
      case .dataV2(let details): (entries, rowsInPage) = (details.valueCount, details.rowCount)
      }
      if case .dataV1 = header.kind, !column.isFlat {
        input.position = before
        return skipped
      }
      guard skipped + rowsInPage <= rows else {
        input.position = before
        return skipped
      }
      try begin(entries: entries)
      pageEntriesLeft = 0
      if let known {
        input.position = known.end
      } else {
        try input.skipPage(header)
      }
      skipped += rowsInPage
    }
    return skipped
  }

  private var hasMorePages: Bool {
    if let pagesEnd { return input.position < pagesEnd }
    return chunkEntriesLeft > 0
  }

  /// Starts over at a data page, or at the start of the chunk.
  ///
  /// - Shape: without `pagesEnd` the pages hold `entriesLeft` entries.
  func restart(
    at location: OffsetIndex.Page?, entriesLeft: Int, pagesEnd: Int? = nil
  ) throws(ParquetError) {
    pageEntriesLeft = 0
    values = nil
    pending.removeAll()
    if let location {
      try loadDictionaryIfThere()
      input.seek(to: location.offset, byteCount: location.byteCount)
    } else {
      input.seek(to: chunk.firstPageOffset, byteCount: chunk.totalCompressedByteCount)
    }
    pageOffset = input.position
    chunkEntriesLeft = entriesLeft
    self.pagesEnd = pagesEnd
  }

  /// Reads the dictionary page unless it is known or there is none; a reader at its start stays
  /// there.
  func loadDictionaryIfThere() throws(ParquetError) {
    guard dictionary == nil, chunk.firstPageOffset < chunk.dataPageOffset else { return }
    input.seek(
      to: chunk.firstPageOffset, byteCount: chunk.dataPageOffset - chunk.firstPageOffset)
    pageOffset = input.position
    let header = try input.nextHeader()
    if case .dictionary(let details) = header.kind { try loadDictionary(header, details) }
  }

  private func begin(entries: Int) throws(ParquetError) {
    guard entries <= chunkEntriesLeft else {
      throw .corrupt(
        "the pages have more values than the column chunk",
        expected: "at most \(chunkEntriesLeft) more", found: "\(entries)")
    }
    chunkEntriesLeft -= entries
    pageEntriesLeft = entries
  }

  private func loadDictionary(
    _ header: PageHeader, _ details: PageHeader.Dictionary
  ) throws(ParquetError) {
    let stored = try input.nextPage(header)
    // After a seek backwards the page comes by again; there is never a second one.
    if dictionary != nil { return }
    guard details.encoding == .plain || details.encoding == .plainDictionary else {
      throw ParquetError(.unsupported, "the dictionary is encoded as \(details.encoding)")
    }
    page.count = 0
    try decompressor.decompress(
      stored.raw, chunk.codec, byteCount: header.uncompressedByteCount, into: &page)
    dictionary = try ChunkDictionary(
      page.page, count: details.valueCount, type: column.physicalType,
      width: column.valueByteCount)
  }

  private func expandV1(_ header: PageHeader) throws(ParquetError) {
    let stored = try input.nextPage(header)
    page.count = 0
    try decompressor.decompress(
      stored.raw, chunk.codec, byteCount: header.uncompressedByteCount, into: &page)
  }

  private func startV1(
    _ bytes: PageBytes, _ details: PageHeader.DataV1
  ) throws(ParquetError) {
    var start = 0
    repetitions = try levels(
      bytes, &start, details.repetitionLevelEncoding, column.maxRepetitionLevel,
      details.valueCount)
    definitions = try levels(
      bytes, &start, details.definitionLevelEncoding, column.maxDefinitionLevel,
      details.valueCount)
    values = try PageValues(
      bytes.from(start), details.encoding, column, valueLimit: details.valueCount)
  }

  /// The levels of a V1 page: runs behind their length, or legacy packed levels without one.
  private func levels(
    _ bytes: PageBytes, _ start: inout Int, _ encoding: Encoding, _ maximum: Int, _ count: Int
  ) throws(ParquetError) -> LevelDecoder {
    if maximum == 0 { return LevelDecoder() }
    if encoding == .bitPacked {
      let byteCount = (count * LevelDecoder.width(maximum) + 7) / 8
      guard byteCount <= bytes.count - start else { throw .corrupt("levels end early") }
      defer { start += byteCount }
      return LevelDecoder(reversed: bytes.slice(start, byteCount), maximum: maximum)
    }
    guard encoding == .rle else {
      throw ParquetError(.unsupported, "levels are encoded as \(encoding)")
    }
    guard bytes.count - start >= 4 else { throw .corrupt("levels end early") }
    let byteCount = Int(bytes.word32(start))
    guard byteCount <= bytes.count - start - 4 else {
      throw .corrupt(
        "levels are longer than their page", expected: "at most \(bytes.count - start - 4) bytes",
        found: "\(byteCount)")
    }
    defer { start += 4 + byteCount }
    return try LevelDecoder(runs: bytes.slice(start + 4, byteCount), maximum: maximum)
  }

  private func expandV2(
    _ header: PageHeader, _ details: PageHeader.DataV2
  ) throws(ParquetError) {
    let stored = try input.nextPage(header)
    let levelCount = details.repetitionLevelByteCount + details.definitionLevelByteCount
    guard levelCount <= stored.count, levelCount <= header.uncompressedByteCount else {
      throw .corrupt(
        "levels are longer than their page", expected: "at most \(stored.count) bytes",
        found: "\(levelCount)")
    }
    page.count = 0
    try decompressor.decompress(
      stored.slice(0, levelCount).raw, .uncompressed, byteCount: levelCount, into: &page)
    // A page of nulls may have no values at all, not even compressed nothing.
    if stored.count > levelCount || header.uncompressedByteCount > levelCount {
      try decompressor.decompress(
        stored.from(levelCount).raw, details.isCompressed ? chunk.codec : .uncompressed,
        byteCount: header.uncompressedByteCount - levelCount, into: &page)
    }
  }

  private func startV2(
    _ bytes: PageBytes, _ details: PageHeader.DataV2
  ) throws(ParquetError) {
    let repetitionCount = details.repetitionLevelByteCount
    let definitionCount = details.definitionLevelByteCount
    repetitions =
      column.maxRepetitionLevel == 0
      ? LevelDecoder()
      : try LevelDecoder(
        runs: bytes.slice(0, repetitionCount), maximum: column.maxRepetitionLevel)
    definitions =
      column.maxDefinitionLevel == 0
      ? LevelDecoder()
      : try LevelDecoder(
        runs: bytes.slice(repetitionCount, definitionCount), maximum: column.maxDefinitionLevel)
    values = try PageValues(
      bytes.from(repetitionCount + definitionCount), details.encoding, column,
      valueLimit: details.valueCount)
  }
}
