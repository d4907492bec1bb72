import CKernels
import Files
import Synchronization

/// The records of all partitions: in memory up to a budget, then in a file.
///
/// - Concurrency: `@unchecked` because every stored field that changes is touched under `lock`.
final class PartitionStore: @unchecked Sendable {
  let partitionCount: Int
  let chunkByteCount: Int
  private let spill: SpillFile
  private let lock = Mutex(())
  private var inMemory: [[SpilledBytes]]
  /// Where chunks lie in the file: of these there are many, so each is two integers.
  private var inFile: [[Range<Int>]]
  private var freeByteCount: Int

  init(partitionCount: Int, chunkByteCount: Int, memoryByteLimit: Int, spill: SpillFile) {
    self.partitionCount = partitionCount
    self.chunkByteCount = chunkByteCount
    self.spill = spill
    freeByteCount = memoryByteLimit
    inMemory = Array(repeating: [], count: partitionCount)
    inFile = Array(repeating: [], count: partitionCount)
  }

  /// Takes over a part of a partition; parts may come in any order. False when the part went to the
  /// file and its memory is still the caller's.
  func add(
    _ memory: UnsafeMutablePointer<UInt8>, count: Int, to partition: Int
  ) throws -> Bool {
    let staysInMemory = lock.withLock { _ in
      if freeByteCount < count { return false }
      freeByteCount -= count
      inMemory[partition].append(SpilledBytes(owning: memory, count: count))
      return true
    }
    if staysInMemory { return true }
    let place = try spill.append(UnsafeRawBufferPointer(start: memory, count: count))
    lock.withLock { _ in inFile[partition].append(place) }
    return false
  }

  /// Moves a partition's records into one buffer and forgets them here.
  func take(_ partition: Int, into buffer: inout OutputBytes) throws {
    let (kept, written) = lock.withLock { _ in
      let parts = (inMemory[partition], inFile[partition])
      inMemory[partition] = []
      inFile[partition] = []
      return parts
    }
    buffer.count = 0
    buffer.reserve(kept.reduce(0) { $0 + $1.count } + written.reduce(0) { $0 + $1.count })
    for part in kept { try part.withBytes(of: spill) { buffer.put($0) } }
    for part in written {
      try spill.read(
        into: UnsafeMutableRawBufferPointer(start: buffer.base + buffer.count, count: part.count),
        at: part.lowerBound)
      buffer.count += part.count
    }
  }

  /// Hands over a partition's records a chunk at a time, each with whole records.
  func visit(_ partition: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let (kept, written) = lock.withLock { _ in (inMemory[partition], inFile[partition]) }
    for part in kept { try part.withBytes(of: spill, body) }
    for part in written {
      try SpilledBytes(at: part).withBytes(of: spill, body)
    }
  }

  /// Gives back what a partition takes.
  func forget(_ partition: Int) {
    lock.withLock { _ in
      for part in inMemory[partition] { freeByteCount += part.count }
      inMemory[partition] = []
      inFile[partition] = []
    }
  }
}

/// One thread's unfinished chunks, one a partition.
final class PartitionBuffers {
  private struct Chunk {
    var base: UnsafeMutablePointer<UInt8>?
    var count = 0
    var capacity = 0
    var isLarge = false
  }

  private static let firstByteCount = 1_024
  private let store: PartitionStore
  private let chunks: UnsafeMutablePointer<Chunk>

  init(store: PartitionStore) {
    self.store = store
    chunks = .allocate(capacity: store.partitionCount)
    chunks.initialize(repeating: Chunk(), count: store.partitionCount)
  }

  deinit {
    for partition in 0..<store.partitionCount { chunks[partition].base?.deallocate() }
    chunks.deallocate()
  }

  @inline(__always)
  func append(_ record: UnsafePointer<UInt8>, _ length: Int, to partition: Int) throws {
    let place = chunks + partition
    if place.pointee.capacity - place.pointee.count < length {
      try makeRoom(place, length, partition)
    }
    guard let base = place.pointee.base else { return }
    let target = base + place.pointee.count
    target.update(from: record, count: length)
    // The next record of this partition comes much later; its first line may be here by then.
    daybook_prefetch_for_writing(target + length + 64)
    place.pointee.count += length
  }

  /// Grows a chunk up to the full size, then hands it over and begins again.
  private func makeRoom(
    _ place: UnsafeMutablePointer<Chunk>, _ length: Int, _ partition: Int
  ) throws {
    if place.pointee.count + length > store.chunkByteCount { try handOver(place, partition) }
    var chunk = place.pointee
    if chunk.capacity < chunk.count + length {
      // A partition that was handed over once fills whole chunks.
      let grown = chunk.isLarge ? store.chunkByteCount : chunk.capacity * 4
      let capacity = max(
        PartitionBuffers.firstByteCount, chunk.count + length, min(grown, store.chunkByteCount))
      let base = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
      if let old = chunk.base {
        base.update(from: old, count: chunk.count)
        old.deallocate()
      }
      chunk.base = base
      chunk.capacity = capacity
    }
    place.pointee = chunk
  }

  private func handOver(_ place: UnsafeMutablePointer<Chunk>, _ partition: Int) throws {
    guard let base = place.pointee.base, place.pointee.count > 0 else { return }
    let isGone = try store.add(base, count: place.pointee.count, to: partition)
    place.pointee.count = 0
    place.pointee.isLarge = true
    if isGone {
      place.pointee.base = nil
      place.pointee.capacity = 0
    }
  }

  /// Hands everything over.
  func flush() throws {
    for partition in 0..<store.partitionCount {
      let chunk = chunks + partition
      try handOver(chunk, partition)
      chunk.pointee.base?.deallocate()
      chunk.pointee = Chunk()
    }
  }
}
