import Bytes
import CKernels

/// The sealed rows of a contiguous range of ledger offsets, findable by identity hash.
///
/// Invariants: entries of a bucket ascend; `starts` has one entry more than there are buckets and
/// ends with the row count.
///
/// - Cost: 4 bytes an entry and a quarter to half a byte for the buckets; a look-up touches two
///   cache lines. `IdentityFilter` spares nearly all look-ups of new rows.
struct IndexRun: Sendable {
  let firstOffset: Int64
  let rowCount: Int
  let layout: IdentityKeyLayout
  let entries: [UInt32]
  let starts: [UInt32]

  var endOffset: Int64 { firstOffset + Int64(rowCount) }

  var memoryByteCount: Int { 4 * (entries.count + starts.count) }

  /// - Shape: `hashes[i]` belongs to the row at `firstOffset + i`.
  init(firstOffset: Int64, hashes: [UInt64]) {
    let layout = IdentityKeyLayout(rowCount: hashes.count)
    let baseBlock = indexBlock(firstOffset)
    var starts = largeTable(repeating: UInt32(0), count: layout.bucketCount + 1)
    var entries = largeTable(repeating: UInt32(0), count: hashes.count)
    for hash in hashes {
      starts[layout.bucket(ofKey: IdentityKeyLayout.key(hash)) + 1] += 1
    }
    for bucket in 0..<layout.bucketCount { starts[bucket + 1] += starts[bucket] }
    var next = starts
    for (row, hash) in hashes.enumerated() {
      let key = IdentityKeyLayout.key(hash)
      let block = indexBlock(firstOffset + Int64(row)) - baseBlock
      let bucket = layout.bucket(ofKey: key)
      entries[Int(next[bucket])] = layout.entry(ofKey: key, block: Int(block))
      next[bucket] += 1
    }
    sortBuckets(&entries, starts)
    self.init(
      firstOffset: firstOffset, rowCount: hashes.count, layout: layout, entries: entries,
      starts: starts)
  }

  init(
    firstOffset: Int64, rowCount: Int, layout: IdentityKeyLayout, entries: [UInt32],
    starts: [UInt32]
  ) {
    self.firstOffset = firstOffset
    self.rowCount = rowCount
    self.layout = layout
    self.entries = entries
    self.starts = starts
  }

  /// Merges runs of adjacent ranges into one; their bytes depend on the rows alone, not on how
  /// they were split before.
  init(merging runs: [IndexRun]) {
    let rowCount = runs.reduce(0) { $0 + $1.rowCount }
    let layout = IdentityKeyLayout(rowCount: rowCount)
    let firstOffset = runs.first?.firstOffset ?? 0
    let baseBlock = indexBlock(firstOffset)
    var starts = largeTable(repeating: UInt32(0), count: layout.bucketCount + 1)
    for run in runs {
      run.forEachKey(inBuckets: 0..<run.layout.bucketCount) { key, _ in
        starts[layout.bucket(ofKey: key) + 1] += 1
      }
    }
    for bucket in 0..<layout.bucketCount { starts[bucket + 1] += starts[bucket] }
    var next = starts
    var entries = largeTable(repeating: UInt32(0), count: rowCount)
    for run in runs {
      let shift = Int(indexBlock(run.firstOffset) - baseBlock)
      run.forEachKey(inBuckets: 0..<run.layout.bucketCount) { key, block in
        let bucket = layout.bucket(ofKey: key)
        entries[Int(next[bucket])] = layout.entry(ofKey: key, block: block + shift)
        next[bucket] += 1
      }
    }
    sortBuckets(&entries, starts)
    self.init(
      firstOffset: firstOffset, rowCount: rowCount, layout: layout, entries: entries,
      starts: starts)
  }

  /// Every entry of some buckets, ascending by key but for equal ones.
  @inline(__always)
  func forEachKey(inBuckets buckets: Range<Int>, _ body: (_ key: UInt64, _ block: Int) -> Void) {
    entries.withUnsafeBufferPointer { entries in
      starts.withUnsafeBufferPointer { starts in
        for bucket in buckets {
          for index in Int(starts[bucket])..<Int(starts[bucket + 1]) {
            let entry = entries[index]
            body(layout.key(bucket: bucket, entry: entry), layout.block(ofEntry: entry))
          }
        }
      }
    }
  }

  /// Appends a candidate for every entry that looks like one of the hashes.
  ///
  /// - Shape: `hashes[i]` is that of the batch's row `rows[i]`.
  /// - Cost: both cache lines of a look-up are asked for well before they are read: 3 M look-ups
  ///   in runs of a million rows took 0.40 s without that, 0.10 s with it.
  func findCandidates(
    _ hashes: [UInt64], rows: [UInt32], into candidates: inout [Candidate]
  ) {
    let bits = UInt32(layout.blockBits)
    let baseBlock = indexBlock(firstOffset)
    let distance = Limits.indexPrefetchRowCount
    entries.withUnsafeBufferPointer { entries in
      starts.withUnsafeBufferPointer { starts in
        guard let entryBase = entries.baseAddress, let startBase = starts.baseAddress
        else { return }
        for step in 0..<(hashes.count + 2 * distance) {
          if step < hashes.count {
            daybook_prefetch(startBase + layout.bucket(ofKey: IdentityKeyLayout.key(hashes[step])))
          }
          if step >= distance, step < hashes.count + distance {
            let key = IdentityKeyLayout.key(hashes[step - distance])
            daybook_prefetch(entryBase + Int(startBase[layout.bucket(ofKey: key)]))
          }
          guard step >= 2 * distance else { continue }
          let place = step - 2 * distance
          let key = IdentityKeyLayout.key(hashes[place])
          let bucket = layout.bucket(ofKey: key)
          let fingerprint = layout.fingerprint(ofKey: key)
          for index in Int(startBase[bucket])..<Int(startBase[bucket + 1])
          where entryBase[index] >> bits == fingerprint {
            let block = Int64(layout.block(ofEntry: entryBase[index])) + baseBlock
            candidates.append(Candidate(row: rows[place], block: block))
          }
        }
      }
    }
  }
}

/// A sealed row that may have the identity of a new one: it lies in this block.
struct Candidate: Equatable {
  /// The row of the batch.
  var row: UInt32
  var block: Int64
}

/// Buckets hold about twelve entries: insertion sort.
private func sortBuckets(_ entries: inout [UInt32], _ starts: [UInt32]) {
  entries.withUnsafeMutableBufferPointer { entries in
    for bucket in 0..<(starts.count - 1) {
      let start = Int(starts[bucket])
      let end = Int(starts[bucket + 1])
      var index = start + 1
      while index < end {
        let entry = entries[index]
        var hole = index
        while hole > start && entries[hole - 1] > entry {
          entries[hole] = entries[hole - 1]
          hole -= 1
        }
        entries[hole] = entry
        index += 1
      }
    }
  }
}
