import Bytes
import CKernels
import Threads

/// Tells identities that no sealed row has from those that one may have, with one look at memory
/// for all index runs together.
///
/// A Bloom filter whose three bits of an identity lie in one word of 64 bits. The upper bits of the
/// key name the word, so runs, which ascend by key, fill it from front to back.
///
/// - Cost: 11 to 21 bits a row; of the identities that no row has, at most 2 % pass.
/// - Concurrency: `@unchecked` because it is filled while nobody looks anything up in it. A class,
///   so that filling it never copies it for a look-up that has ended but not let go of it yet.
final class IdentityFilter: @unchecked Sendable {
  private var words: [UInt64]
  private let wordBits: Int
  private let rowCapacity: Int

  /// An empty filter with room for some rows.
  init(rowCount: Int) {
    var bits = IdentityFilter.fewestWordBits
    while rowCount > Limits.filterRowsPerWord << bits { bits += 1 }
    wordBits = bits
    rowCapacity = Limits.filterRowsPerWord << bits
    words = largeTable(repeating: 0, count: 1 << bits)
  }

  /// The filter of some runs, made on all threads: each fills a range of words.
  convenience init(_ runs: [IndexRun], _ pool: WorkerPool) throws {
    self.init(rowCount: runs.reduce(0) { $0 + $1.rowCount })
    let shift = wordShift
    let tasks = 1 << IdentityFilter.taskBits
    try words.fill(pool, tasks: tasks) { task, table in
      for run in runs {
        let buckets = run.layout.bucketCount / tasks
        setBits(of: run, buckets: task * buckets..<(task + 1) * buckets, shift, table.values)
      }
    }
  }

  /// A run and a filter have at least so many buckets and words that tasks share none of them.
  private static let taskBits = 6
  private static let fewestWordBits = IdentityKeyLayout.fewestBucketBits

  /// How far a key is shifted for the number of its word.
  private var wordShift: UInt64 { UInt64(IdentityKeyLayout.keyBits - wordBits) }

  var memoryByteCount: Int { 8 * words.count }

  /// Whether it is large enough for some rows.
  func hasRoom(forRowCount rowCount: Int) -> Bool { rowCount <= rowCapacity }

  func insert(_ run: IndexRun) {
    let shift = wordShift
    words.withUnsafeMutableBufferPointer { words in
      setBits(of: run, buckets: 0..<run.layout.bucketCount, shift, words)
    }
  }

  /// The places of the hashes that a sealed row may have, ascending.
  func passing(_ hashes: [UInt64]) -> [UInt32] {
    let shift = wordShift
    return [UInt32](unsafeUninitializedCapacity: hashes.count) { places, passedCount in
      words.withUnsafeBufferPointer { words in
        guard let base = words.baseAddress else { return }
        let distance = Limits.indexPrefetchRowCount
        for step in 0..<hashes.count + distance {
          if step < hashes.count {
            let key = IdentityKeyLayout.key(hashes[step])
            daybook_prefetch(base + Int(truncatingIfNeeded: key >> shift))
          }
          guard step >= distance else { continue }
          let key = IdentityKeyLayout.key(hashes[step - distance])
          let wanted = bits(ofKey: key)
          // Written in any case and kept when it passes: no branch to mispredict.
          places[passedCount] = UInt32(truncatingIfNeeded: step - distance)
          let isSet = base[Int(truncatingIfNeeded: key >> shift)] & wanted == wanted
          passedCount += isSet ? 1 : 0
        }
      }
    }
  }
}

private func setBits(
  of run: IndexRun, buckets: Range<Int>, _ shift: UInt64,
  _ words: UnsafeMutableBufferPointer<UInt64>
) {
  run.forEachKey(inBuckets: buckets) { key, _ in
    words[Int(truncatingIfNeeded: key >> shift)] |= bits(ofKey: key)
  }
}

/// Three bits, from the lower bits of the key: the upper ones are the same for a whole word.
@inline(__always)
private func bits(ofKey key: UInt64) -> UInt64 {
  let mixed = key &* 0x9e37_79b9_7f4a_7c15
  return 1 << (mixed >> 58) | 1 << (mixed >> 52 & 63) | 1 << (mixed >> 46 & 63)
}
