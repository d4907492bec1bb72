import Synchronization
import Threads

/// Two tables' strings in the order of their bytes, sorted on all threads.
struct ByteOrder {
  private(set) var first: [UInt32] = []
  private(set) var second: [UInt32] = []

  init(
    _ firstTable: borrowing InternTable, _ secondTable: borrowing InternTable, _ pool: WorkerPool
  ) throws {
    first = try sorted(firstTable, pool)
    second = try sorted(secondTable, pool)
  }

  private struct Entry {
    var key: UInt64
    var index: UInt32
  }

  private func sorted(_ table: borrowing InternTable, _ pool: WorkerPool) throws -> [UInt32] {
    var buckets = Buckets(table)
    let bucketCount = buckets.starts.count - 1
    let sortedIndices = try buckets.entries.withUnsafeMutableBufferPointer { entries in
      let shared = SharedEntries(entries: entries, texts: TableView(table))
      let starts = buckets.starts
      let common = buckets.commonByteCount
      try pool.run(bucketCount) { bucket in
        shared.sort(starts[bucket]..<starts[bucket + 1], common: common)
      }
      return entries.map(\.index)
    }
    return sortedIndices
  }

  /// Entries scattered by the first bytes that tell strings apart.
  private struct Buckets {
    var entries: [Entry] = []
    var starts: [Int] = []
    var commonByteCount = 0

    /// A few strings need no buckets.
    private static let smallCount = 8_192

    init(_ table: borrowing InternTable) {
      let count = table.count
      commonByteCount = count > 0 ? table[0].count : 0
      for index in 1..<UInt32(max(count, 1)) {
        let shared = commonLength(table[0], table[index], commonByteCount)
        commonByteCount = min(commonByteCount, shared)
      }
      if count < Buckets.smallCount {
        fill(table)
      } else {
        scatter(table)
      }
    }

    private func key(_ text: UnsafeRawBufferPointer) -> UInt64 {
      prefixKey(UnsafeRawBufferPointer(rebasing: text[commonByteCount...]))
    }

    private mutating func fill(_ table: borrowing InternTable) {
      for index in 0..<UInt32(table.count) {
        entries.append(Entry(key: key(table[index]), index: index))
      }
      starts = table.count > 0 ? [0, table.count] : [0]
    }

    private mutating func scatter(_ table: borrowing InternTable) {
      let count = table.count
      var keys: [UInt64] = []
      keys.reserveCapacity(count)
      var counts = [Int](repeating: 0, count: 65_537)
      for index in 0..<UInt32(count) {
        let key = key(table[index])
        keys.append(key)
        counts[Int(key >> 48) + 1] += 1
      }
      for bucket in 1...65_536 { counts[bucket] += counts[bucket - 1] }
      var cursors = counts
      entries = Array(repeating: Entry(key: 0, index: 0), count: count)
      for index in 0..<count {
        let bucket = Int(keys[index] >> 48)
        entries[cursors[bucket]] = Entry(key: keys[index], index: UInt32(index))
        cursors[bucket] += 1
      }
      starts = merged(counts, count)
    }

    /// Neighbouring buckets together until each is worth a task.
    private func merged(_ counts: [Int], _ count: Int) -> [Int] {
      var starts = [0]
      for bucket in 1...65_536 where counts[bucket] - (starts.last ?? 0) >= 4_096 {
        starts.append(counts[bucket])
      }
      if starts.last != count { starts.append(count) }
      return starts
    }
  }

  /// What the tasks of one sort share: disjoint ranges of one array.
  ///
  /// - Concurrency: `@unchecked` because each task touches its own range only.
  private final class SharedEntries: @unchecked Sendable {
    private let entries: UnsafeMutableBufferPointer<Entry>
    private let texts: TableView

    init(entries: UnsafeMutableBufferPointer<Entry>, texts: TableView) {
      self.entries = entries
      self.texts = texts
    }

    func sort(_ range: Range<Int>, common: Int) {
      let texts = self.texts
      var part = UnsafeMutableBufferPointer(rebasing: entries[range])
      part.sort { left, right in
        if left.key != right.key { return left.key < right.key }
        return compareBytes(texts[left.index], texts[right.index]) < 0
      }
    }
  }
}

private func commonLength(
  _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, _ limit: Int
) -> Int {
  let bound = min(limit, right.count)
  var length = 0
  while length < bound && left[length] == right[length] { length += 1 }
  return length
}
