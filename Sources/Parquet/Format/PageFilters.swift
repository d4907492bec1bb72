import Bytes

/// Bloom filters of the pages of a column chunk, one a page: where a value can be, more exactly
/// than the filter of the whole chunk tells.
///
/// An addition of ours that the format leaves room for: the filters lie where its own bloom filters
/// do, and an entry of the footer's key-value metadata says where. Other readers pass over both.
///
///   pages (4 bytes) · 32-byte blocks of each page (4 bytes each) · the blocks of all pages
///
/// A page without values has no block. Numbers are little-endian; a filter is Parquet's split-block
/// bloom filter over XXH64 with any number of blocks.
struct PageFilters: Sendable {
  /// The key of the entry that says where the filters lie.
  static let key = "daybook.page_filters"
  private static let blockByteCount = 32

  /// Their bytes, of which only the blocks that somebody asks for are read.
  private let source: any ByteSource
  /// Where each page's blocks begin, and the end of the last.
  private let starts: [Int]

  /// The number of pages.
  var count: Int { starts.count - 1 }

  /// The filters of some pages put together; nothing for no pages.
  static func encoded(_ filters: [[UInt8]]) -> [UInt8] {
    guard !filters.isEmpty else { return [] }
    var bytes: [UInt8] = []
    func append(_ number: Int) {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).littleEndian) {
        bytes.append(contentsOf: $0)
      }
    }
    append(filters.count)
    for filter in filters { append(filter.count / blockByteCount) }
    for filter in filters { bytes += filter }
    return bytes
  }

  /// The filters that lie somewhere in a source.
  ///
  /// - Shape: the source has these bytes.
  /// - Errors: `corrupt` where the counts are not those of the bytes.
  /// - Cost: reads the counts alone.
  init(_ source: any ByteSource, at offset: Int, byteCount: Int) throws(ParquetError) {
    let pages = byteCount < 4 ? 0 : PageFilters.numbers(try source.fetch(at: offset, count: 4))[0]
    guard byteCount >= 4, pages < byteCount / 4 else {
      throw .corrupt("the page filters end within their counts", found: "\(byteCount) bytes")
    }
    var starts = [offset + 4 + pages * 4]
    for count in PageFilters.numbers(try source.fetch(at: offset + 4, count: pages * 4)) {
      starts.append((starts.last ?? 0) + count * PageFilters.blockByteCount)
    }
    guard starts.last == offset + byteCount else {
      throw .corrupt(
        "the page filters have another size than their counts",
        expected: "\((starts.last ?? 0) - offset)", found: "\(byteCount) bytes")
    }
    self.source = source
    self.starts = starts
  }

  private static func numbers(_ bytes: [UInt8]) -> [Int] {
    stride(from: 0, to: bytes.count, by: 4).map { start in
      (0..<4).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
    }
  }

  /// The same filters in memory, where so many values are asked for that reading all is less work.
  func readFor(valueCount: Int) throws(ParquetError) -> PageFilters {
    let (first, last) = (starts[0], starts[count])
    guard valueCount * count > (last - first) / Limits.pageFilterProbeByteCount else { return self }
    return PageFilters(
      source: MemorySource(try source.fetch(at: first, count: last - first)),
      starts: starts.map { $0 - first })
  }

  private init(source: any ByteSource, starts: [Int]) {
    self.source = source
    self.starts = starts
  }

  /// Whether a page can have a value.
  ///
  /// - Cost: reads 32 bytes.
  func contains(_ hash: UInt64, page: Int) throws(ParquetError) -> Bool {
    let blockCount = (starts[page + 1] - starts[page]) / PageFilters.blockByteCount
    guard blockCount > 0 else { return false }
    let block = Int(((hash >> 32) &* UInt64(blockCount)) >> 32)
    let words = try source.fetch(
      at: starts[page] + block * PageFilters.blockByteCount, count: PageFilters.blockByteCount)
    return words.withUnsafeBytes { BloomFilterBlock.contains($0, hash) }
  }

  /// Where the filters of one column chunk lie.
  struct Place: Sendable, Equatable {
    var rowGroup: Int
    var column: Int
    var offset: Int
    var byteCount: Int

    /// Places as the footer's entry: `row group:column:offset:bytes`, a blank between two.
    static func list(_ places: [Place]) -> String {
      places.map { "\($0.rowGroup):\($0.column):\($0.offset):\($0.byteCount)" }
        .joined(separator: " ")
    }

    /// - Errors: `corrupt` where it is no such list.
    static func places(_ list: String) throws(ParquetError) -> [Place] {
      var places: [Place] = []
      for entry in list.split(separator: " ") {
        let parts = entry.split(separator: ":").map { Int($0) ?? -1 }
        guard parts.count == 4, parts.allSatisfy({ $0 >= 0 }) else {
          throw .corrupt("the footer does not say where page filters lie")
        }
        places.append(
          Place(rowGroup: parts[0], column: parts[1], offset: parts[2], byteCount: parts[3]))
      }
      return places
    }
  }
}
