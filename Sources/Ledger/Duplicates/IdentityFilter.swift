import Bytes
import CKernels
import Threads

/// Tells identities that no sealed row has from those that one may have, with one look at memory
/// for all index runs together.
///
/// A Bloom filter whose three bits of an identity lie in one word of 64 bits. The upper bits of the
/// key name the word, so runs, which ascend by key, fill it from front to back.
///
/// - Cost: 11 to 13 bits a row, in ledgers below sixteen million rows up to 21; of the identities
///   that no row has, at most 2 % pass.
/// - Concurrency: `@unchecked` because it is filled while nobody looks anything up in it. A class,
///   so that filling it never copies it for a look-up that has ended but not let go of it yet.
final class IdentityFilter: @unchecked Sendable {
  private var words: [UInt64]

  /// An empty filter with room for some rows and for those of the next hours.
  init(rowCount: Int) {
    words = largeTable(repeating: 0, count: IdentityFilter.wordCount(rowCount))
  }

  private static func wordCount(_ rowCount: Int) -> Int {
    let spare = max(rowCount / 4, min(rowCount, Limits.filterSpareRowCount))
    // Tasks fill equal parts.
    return ((rowCount + spare) / (Limits.filterRowsPerWord * taskCount) + 1) * taskCount
  }

  /// The filter of some runs, made on all threads: each fills a range of words.
  init(_ runs: [IndexRun], _ pool: WorkerPool) throws {
    let count = IdentityFilter.wordCount(runs.reduce(0) { $0 + $1.rowCount })
    words = uninitializedLargeTable(count: count)
    let part = count / IdentityFilter.taskCount
    try words.fill(pool, tasks: IdentityFilter.taskCount) { task, table in
      let own = UnsafeMutableBufferPointer(rebasing: table.values[task * part..<(task + 1) * part])
      own.update(repeating: 0)
      for run in runs {
        let buckets = run.layout.bucketCount / IdentityFilter.taskCount
        setBits(of: run, buckets: task * buckets..<(task + 1) * buckets, table.values)
      }
    }
  }

  /// Tasks that fill a filter, each the words of its own share of all keys. A divisor of every
  /// run's number of buckets.
  private static let taskCount = 64

  var memoryByteCount: Int { 8 * words.count }

  /// Whether it is large enough for some rows.
  func hasRoom(forRowCount rowCount: Int) -> Bool {
    rowCount <= words.count * Limits.filterRowsPerWord
  }

  func insert(_ run: IndexRun) {
    words.withUnsafeMutableBufferPointer { words in
      setBits(of: run, buckets: 0..<run.layout.bucketCount, words)
    }
  }

  /// The places of the hashes that a sealed row may have, ascending.
  func passing(_ hashes: [UInt64]) -> [UInt32] {
    return [UInt32](unsafeUninitializedCapacity: hashes.count) { places, passedCount in
      words.withUnsafeBufferPointer { words in
        guard let base = words.baseAddress else { return }
        let distance = Limits.indexPrefetchRowCount
        for step in 0..<hashes.count + distance {
          if step < hashes.count {
            let key = IdentityKeyLayout.key(hashes[step])
            daybook_prefetch(base + word(ofKey: key, words.count))
          }
          guard step >= distance else { continue }
          let key = IdentityKeyLayout.key(hashes[step - distance])
          let wanted = bits(ofKey: key)
          // Written in any case and kept when it passes: no branch to mispredict.
          places[passedCount] = UInt32(truncatingIfNeeded: step - distance)
          let isSet = base[word(ofKey: key, words.count)] & wanted == wanted
          passedCount += isSet ? 1 : 0
        }
      }
    }
  }
}

private func setBits(
  of run: IndexRun, buckets: Range<Int>, _ words: UnsafeMutableBufferPointer<UInt64>
) {
  run.forEachKey(inBuckets: buckets) { key, _ in
    words[word(ofKey: key, words.count)] |= bits(ofKey: key)
  }
}

/// The word of a key: the upper 32 bits of the key, scaled, so words ascend with keys.
@inline(__always)
private func word(ofKey key: UInt64, _ wordCount: Int) -> Int {
  let upper = key >> UInt64(IdentityKeyLayout.keyBits - 32)
  return Int(truncatingIfNeeded: (upper &* UInt64(truncatingIfNeeded: wordCount)) >> 32)
}

/// Three bits, from the lower bits of the key: the upper ones are the same for a whole word.
@inline(__always)
private func bits(ofKey key: UInt64) -> UInt64 {
  let mixed = key &* 0x9e37_79b9_7f4a_7c15
  return 1 << (mixed >> 58) | 1 << (mixed >> 52 & 63) | 1 << (mixed >> 46 & 63)
}
