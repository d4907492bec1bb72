import Bytes

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

  private static let salts: [UInt32] = [
    0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947,
    0x5c6b_fb31,
  ]
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

  mutating func insert(_ hash: UInt64) {
    let blockCount = UInt64(words.count / 8)
    let block = Int(((hash >> 32) &* blockCount) >> 32) * 8
    let key = UInt32(truncatingIfNeeded: hash)
    for index in 0..<8 {
      words[block + index] |= 1 << ((key &* BloomFilterBuilder.salts[index]) >> 27)
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
    var bytes: [UInt8] = []
    bytes.reserveCapacity(words.count * 4)
    for word in words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
    return bytes
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
    for hash in pageHashes.elements { filter.insert(hash) }
    pageFilters.append(filter.finish())
  }

  /// Hashes every value that the page's codes stand for once.
  private func hashStagedCodes() {
    let page = UInt32(truncatingIfNeeded: pages.count + 1)
    if filterStamps.count < dictionaryCount {
      filterStamps.append(repeating: 0, count: dictionaryCount - filterStamps.count)
    }
    var words = GrowableBytes()
    var width = 0
    if case .words(let wordWidth) = layout {
      width = wordWidth
      wordDictionary.appendPlain(width: width, to: &words)
    }
    for code in codes.elements where filterStamps[Int(code)] != page {
      let index = Int(code)
      filterStamps[index] = page
      let value =
        width == 0
        ? byteDictionary.string(index)
        : UnsafeRawBufferPointer(
          rebasing: words.rawBytes[index * width..<(index + 1) * width])
      pageHashes.append(xxHash64(value))
    }
  }

  /// Hashes the staged values of a page without dictionary.
  private func hashStagedValues() {
    let raw = values.rawBytes
    switch layout {
    case .bits: return
    case .words(let width), .fixedBytes(let width):
      var offset = 0
      while offset + width <= raw.count {
        pageHashes.append(
          xxHash64(UnsafeRawBufferPointer(rebasing: raw[offset..<offset + width])))
        offset += width
      }
    case .strings:
      // Strings near by are often the same.
      recentHashes = (0..<UInt64(Limits.recentHashCount)).map { ~$0 }
      var offset = 0
      for length in lengths.elements {
        if directEncoding == .plain { offset += 4 }
        let string = raw[offset..<offset + Int(length)]
        let hash = xxHash64(UnsafeRawBufferPointer(rebasing: string))
        let place = Int(truncatingIfNeeded: hash & UInt64(Limits.recentHashCount - 1))
        if recentHashes[place] != hash {
          recentHashes[place] = hash
          pageHashes.append(hash)
        }
        offset += Int(length)
      }
    }
  }

  /// The bloom filter of the whole chunk; nil without values or without the wish.
  func makeBloomFilter(_ hasDictionary: Bool) -> [UInt8]? {
    guard let options = options.bloomFilter, layout != .bits else { return nil }
    if hasDictionary {
      encoded.removeAll()
      if case .words(let width) = layout {
        wordDictionary.appendPlain(width: width, to: &encoded)
        let raw = encoded.rawBytes
        for code in 0..<wordDictionary.count {
          bloomHashes.append(
            xxHash64(UnsafeRawBufferPointer(rebasing: raw[code * width..<(code + 1) * width])))
        }
      } else {
        for code in 0..<byteDictionary.count {
          bloomHashes.append(xxHash64(byteDictionary.string(code)))
        }
      }
    }
    guard bloomHashes.count > 0 else { return nil }
    var builder = BloomFilterBuilder(hashCount: bloomHashes.count, options: options)
    for hash in bloomHashes.elements { builder.insert(hash) }
    return builder.finish(falsePositiveRate: options.falsePositiveRate)
  }
}
