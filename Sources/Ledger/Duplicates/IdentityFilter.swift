import Bytes
import CKernels
import Threads

/// Tells identities that no sealed row has from those that one may have, with one look at memory
/// for all index runs together.
///
/// A split-block Bloom filter: eight bits of an identity lie in one block of 32 bytes. The upper
/// bits of the key name the block, so runs, which ascend by key, fill it from front to back.
///
/// - Cost: 10.7 to 13.3 bits a row, in ledgers below sixteen million rows up to 21; of the
///   identities that no row has, at most 1 % pass.
/// - Concurrency: `@unchecked` because it is filled while nobody looks anything up in it. A class,
///   so that filling it never copies it for a look-up that has ended but not let go of it yet.
final class IdentityFilter: @unchecked Sendable {
  let blockCount: Int
  /// Blocks lie on their own in lines of cache.
  private let memory: UnsafeMutableRawBufferPointer

  /// Tasks that fill a filter, each the blocks of its own share of all keys. A divisor of every
  /// run's number of pieces.
  static let taskCount = 64
  static let blockByteCount = 32

  /// A filter whose bits the caller sets or clears before anybody looks at them.
  init(uninitializedBlockCount: Int) {
    precondition(uninitializedBlockCount > 0, "a filter has at least one block")
    blockCount = uninitializedBlockCount
    memory = .allocate(byteCount: IdentityFilter.blockByteCount * blockCount, alignment: 64)
    if let start = memory.baseAddress { daybook_prefer_huge_pages(start, memory.count) }
  }

  /// An empty filter with room for some rows and for those of the next hours.
  convenience init(rowCount: Int) {
    self.init(uninitializedBlockCount: IdentityFilter.blockCount(rowCount))
    memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { memory.deallocate() }

  private static func blockCount(_ rowCount: Int) -> Int {
    let spare = max(rowCount / 4, min(rowCount, Limits.filterSpareRowCount))
    // Tasks fill equal parts.
    return ((rowCount + spare) / (Limits.filterRowsPerBlock * taskCount) + 1) * taskCount
  }

  /// The filter of some runs, made on all threads: each fills a range of blocks.
  ///
  /// - Errors: those of reading a run's file; the run then says `isBroken`.
  convenience init(_ runs: [PlacedRun], _ pool: WorkerPool) throws {
    let rowCount = runs.reduce(0) { $0 + $1.rowCount }
    self.init(uninitializedBlockCount: IdentityFilter.blockCount(rowCount))
    let part = memory.count / IdentityFilter.taskCount
    try pool.run(IdentityFilter.taskCount) { task in
      UnsafeMutableRawBufferPointer(rebasing: self.memory[task * part..<(task + 1) * part])
        .initializeMemory(as: UInt8.self, repeating: 0)
      for run in runs { try self.insert(run, task: task) }
    }
  }

  var memoryByteCount: Int { memory.count }

  /// All its bits, for whoever reads or writes its file.
  var bytes: UnsafeMutableRawBufferPointer { memory }

  /// Whether it is large enough for some rows.
  func hasRoom(forRowCount rowCount: Int) -> Bool {
    rowCount <= blockCount * Limits.filterRowsPerBlock
  }

  /// Adds the rows of runs, on all threads; some may be in it already.
  ///
  /// - Errors: as at making; the filter then knows more than it has to, which only costs time.
  func insert(_ runs: [PlacedRun], _ pool: WorkerPool) throws {
    if runs.isEmpty { return }
    try pool.run(IdentityFilter.taskCount) { task in
      for run in runs { try self.insert(run, task: task) }
    }
  }

  /// Sets the bits of a run's rows of one share of all keys.
  private func insert(_ run: PlacedRun, task: Int) throws {
    let words = memory.bindMemory(to: UInt32.self)
    guard let base = words.baseAddress else { return }
    let room = 512
    try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: room) { hashes in
      guard let waiting = hashes.baseAddress else { return }
      var count = 0
      try run.forEachKey(share: task, of: IdentityFilter.taskCount) { key in
        waiting[count] = filterHash(key)
        count += 1
        if count == room {
          daybook_filter_insert(base, blockCount, waiting, count)
          count = 0
        }
      }
      daybook_filter_insert(base, blockCount, waiting, count)
    }
  }

  /// The places of the hashes that a sealed row may have, ascending.
  func passing(_ hashes: [UInt64]) -> [UInt32] {
    let words = memory.bindMemory(to: UInt32.self)
    let wanted = hashes.map { filterHash(IdentityKeyLayout.key($0)) }
    return [UInt32](unsafeUninitializedCapacity: hashes.count) { places, passedCount in
      guard let base = words.baseAddress, let room = places.baseAddress else { return }
      passedCount = daybook_filter_passing(base, blockCount, wanted, wanted.count, room)
    }
  }

  /// Whether every row of a run passes.
  func has(_ run: IndexRun) -> Bool {
    let shareCount = run.layout.pieceCount
    let buckets = Limits.indexPieceBucketCount
    return (0..<shareCount).allSatisfy { share in
      var hashes: [UInt64] = []
      run.forEachKey(inBuckets: share * buckets..<(share + 1) * buckets) { key, _ in
        hashes.append(key << UInt64(64 - IdentityKeyLayout.keyBits))
      }
      return passing(hashes).count == hashes.count
    }
  }
}

/// What the filter knows of a key: its upper 32 bits name the block, so blocks ascend with keys;
/// the bits in the block come from all of it, for the upper ones are the same for a whole block.
@inline(__always)
func filterHash(_ key: UInt64) -> UInt64 {
  let upper = key >> UInt64(IdentityKeyLayout.keyBits - 32)
  return upper << 32 | (key &* 0x9e37_79b9_7f4a_7c15) >> 32
}
