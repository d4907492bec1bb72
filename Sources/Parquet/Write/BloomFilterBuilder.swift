import CKernels

/// Builds a split-block bloom filter of a size that fits its values.
///
/// The filter starts with room for every hash and is folded in half, neighbouring blocks together,
/// while the share of false positives stays below the one wished for; so the number of distinct
/// values need not be known.
///
/// - Source: Parquet format, BloomFilter.md.
struct BloomFilterBuilder {
  /// Blocks of eight words each.
  private var words: [UInt32]

  private static let blockByteCount = 32

  /// A filter for at most `hashCount` distinct values.
  init(hashCount: Int, options: BloomFilterOptions) {
    // Eight bits out of about 10.5 a value give one false positive in a hundred; twice that is
    // room enough for rates down to a thousandth, and folding takes back what is not needed.
    let limit = max(options.byteLimit, BloomFilterBuilder.blockByteCount)
    var byteCount = BloomFilterBuilder.blockByteCount
    while byteCount < hashCount * 3, byteCount * 2 <= limit { byteCount *= 2 }
    words = [UInt32](repeating: 0, count: byteCount / 4)
  }

  /// A filter of as many blocks as some bits a value fill, not to be folded.
  init(hashCount: Int, bitCount: Int) {
    let blockBitCount = BloomFilterBuilder.blockByteCount * 8
    let blockCount = (hashCount * bitCount + blockBitCount - 1) / blockBitCount
    words = [UInt32](repeating: 0, count: blockCount * 8)
  }

  mutating func insert(_ hashes: UnsafeBufferPointer<UInt64>) {
    guard let first = hashes.baseAddress else { return }
    words.withUnsafeMutableBufferPointer { words in
      guard let base = words.baseAddress, words.count >= 8 else { return }
      daybook_filter_insert(base, words.count / 8, first, hashes.count)
    }
  }

  /// The share of absent values that would seem present, from the bits that are set.
  private static func falsePositiveRate(_ words: [UInt32]) -> Double {
    var sum = 0.0
    for block in stride(from: 0, to: words.count, by: 8) {
      var share = 1.0
      for index in block..<block + 8 { share *= Double(words[index].nonzeroBitCount) / 32 }
      sum += share
    }
    return sum / Double(max(words.count / 8, 1))
  }

  /// The smallest filter that keeps the rate, as bytes.
  consuming func finish(falsePositiveRate wished: Double) -> [UInt8] {
    while words.count >= 16 {
      var folded = [UInt32](repeating: 0, count: words.count / 2)
      for block in 0..<folded.count / 8 {
        for index in 0..<8 {
          folded[block * 8 + index] = words[block * 16 + index] | words[block * 16 + 8 + index]
        }
      }
      guard BloomFilterBuilder.falsePositiveRate(folded) <= wished else { break }
      words = folded
    }
    return finish()
  }

  /// The filter as bytes.
  consuming func finish() -> [UInt8] {
    for index in words.indices { words[index] = words[index].littleEndian }
    return words.withUnsafeBytes { [UInt8]($0) }
  }
}

extension ColumnChunkWriter {
  /// Takes the values of the page in the making for the filters that the options ask for.
  func addFilterHashes() {
    guard options.bloomFilter != nil || options.pageFilterBitCount > 0, layout != .bits else {
      return
    }
    pageHashes.removeAll()
    if !usesDictionary {
      hashStagedValues()
      if options.bloomFilter != nil { bloomHashes.append(contentsOf: pageHashes.elements) }
    } else if options.pageFilterBitCount > 0 {
      hashStagedCodes()
    }
    guard options.pageFilterBitCount > 0 else { return }
    var filter = BloomFilterBuilder(
      hashCount: pageHashes.count, bitCount: options.pageFilterBitCount)
    filter.insert(pageHashes.elements)
    pageFilters.append(filter.finish())
  }

  /// Takes the hash of every value once that the page's codes stand for.
  private func hashStagedCodes() {
    hashDictionary()
    let page = UInt32(truncatingIfNeeded: pages.count + 1)
    if filterStamps.count < dictionaryCount {
      filterStamps.append(repeating: 0, count: dictionaryCount - filterStamps.count)
    }
    let hashes = dictionaryHashes.base
    let stamps = filterStamps.base
    let target = pageHashes.room(for: min(codes.count, dictionaryCount) + 1)
    var count = 0
    for code in codes.elements {
      // Written in any case and kept when it is the first: no branch to mispredict.
      target[count] = hashes[Int(code)]
      count &+= stamps[Int(code)] == page ? 0 : 1
      stamps[Int(code)] = page
    }
    pageHashes.commit(count)
  }

  /// Hashes those values of the dictionary that came since it was last done.
  private func hashDictionary() {
    let known = dictionaryHashes.count
    let count = dictionaryCount - known
    guard count > 0 else { return }
    let target = dictionaryHashes.room(for: count)
    switch layout {
    case .words(let width):
      var plain = GrowableBytes()
      wordDictionary.appendPlain(width: width, to: &plain)
      daybook_filter_hashes_fixed(plain.base + known * width, width, count, target)
    default:
      for index in 0..<count {
        let string = byteDictionary.string(known + index)
        guard let base = string.baseAddress else { continue }
        daybook_filter_hashes_fixed(base, string.count, 1, target + index)
      }
    }
    dictionaryHashes.commit(count)
  }

  /// Hashes the staged values of a page without dictionary.
  private func hashStagedValues() {
    let count = stagedCount
    let bytes = values.base + headroom
    let target = pageHashes.room(for: count + 1)
    switch layout {
    case .bits: return
    case .words(let width), .fixedBytes(let width):
      daybook_filter_hashes_fixed(bytes, width, count, target)
      pageHashes.commit(count)
    case .strings:
      // Strings near by are often the same.
      recentHashes.removeAll()
      let recent = recentHashes.room(for: Limits.recentHashCount)
      for index in 0..<Limits.recentHashCount { recent[index] = ~UInt64(index) }
      pageHashes.commit(
        daybook_filter_hashes(
          bytes, lengths.base, count, directEncoding == .plain ? 4 : 0, recent,
          Limits.recentHashCount - 1, target))
    }
  }

  /// The bloom filter of the whole chunk; nil without values or without the wish.
  func makeBloomFilter(_ hasDictionary: Bool) -> [UInt8]? {
    guard let options = options.bloomFilter, layout != .bits else { return nil }
    if hasDictionary {
      hashDictionary()
      bloomHashes.append(contentsOf: dictionaryHashes.elements)
    }
    guard bloomHashes.count > 0 else { return nil }
    var builder = BloomFilterBuilder(hashCount: bloomHashes.count, options: options)
    builder.insert(bloomHashes.elements)
    return builder.finish(falsePositiveRate: options.falsePositiveRate)
  }
}
