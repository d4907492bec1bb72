/// How the values of a column are stored.
public enum ColumnEncoding: Sendable, Equatable {
  /// A dictionary where the first page shows that values repeat, else PLAIN.
  case automatic
  case plain
  /// A dictionary up to its byte limit; further pages in the fallback encoding.
  case dictionary(fallback: Encoding)
  /// Integers only.
  case deltaBinaryPacked
  /// Byte arrays only.
  case deltaLengthByteArray
  /// Byte arrays, also of fixed length.
  case deltaByteArray
  /// Types of fixed length.
  case byteStreamSplit
  /// Booleans only.
  case rle

  /// A dictionary with further pages in PLAIN.
  public static let dictionary = ColumnEncoding.dictionary(fallback: .plain)
}

/// Which form data pages have.
public enum DataPageVersion: Sendable, Equatable {
  /// Levels and values compressed together: every reader knows it.
  case v1
  /// Levels in front, never compressed.
  case v2
}

/// Which bounds are kept for pruning.
public enum StatisticsLevel: Sendable, Equatable, Comparable {
  /// Null counts only.
  case none
  /// Bounds of the column chunk.
  case chunk
  /// Bounds of every page as well, in the column index.
  case page
}

/// A bloom filter for look-ups by value.
public struct BloomFilterOptions: Sendable, Equatable {
  /// The share of absent values that may seem present.
  public var falsePositiveRate: Double
  /// The largest filter of a column chunk.
  public var byteLimit: Int

  public init(falsePositiveRate: Double = 0.01, byteLimit: Int = 1 << 20) {
    self.falsePositiveRate = falsePositiveRate
    self.byteLimit = byteLimit
  }
}

/// Compresses pages in place of the codec's own library, in the same format.
///
/// For instance a match finder that knows one column's text. It may be called from several threads
/// at once, and must give the same bytes for the same page.
public protocol PageCompressor: AnyObject, Sendable {
  /// The compressed page, or nil to leave it to the library.
  func compress(_ page: UnsafeRawBufferPointer) -> [UInt8]?
}

/// How one column is written.
public struct ColumnOptions: Sendable {
  public var encoding: ColumnEncoding = .automatic
  public var compression: Compression = .zstd(level: 1)
  /// Replaces the library for data pages; see ``PageCompressor``.
  public var compressor: (any PageCompressor)?
  /// A chunk stays uncompressed when its first page would not shrink by this much; 0 for always.
  public var minimumSavingPercent = 5
  /// A page takes no further row after this many.
  public var pageRowLimit = 32_768
  /// A page takes no further row after this many bytes of values, counted in PLAIN form.
  public var pageByteLimit = 1 << 20
  public var dataPageVersion = DataPageVersion.v1
  public var statistics = StatisticsLevel.page
  /// Bytes of distinct values, in PLAIN form, above which a dictionary ends.
  public var dictionaryByteLimit = 1 << 20
  public var bloomFilter: BloomFilterOptions?
  /// Bits a distinct value of a page for a filter of each page; 0 for none. See ``PageFilters``.
  public var pageFilterBitCount = 0
  /// Whether every page carries a CRC-32.
  public var writesChecksums = true
  /// Whether full pages wait for ``PendingPage/compress()`` instead of being compressed at once.
  public var defersCompression = false

  public init() {}

  public init(
    encoding: ColumnEncoding, compression: Compression = .zstd(level: 1),
    statistics: StatisticsLevel = .page
  ) {
    self.encoding = encoding
    self.compression = compression
    self.statistics = statistics
  }
}
