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
  private var chunks: [[SpilledBytes]]
  private var freeByteCount: Int

  init(partitionCount: Int, chunkByteCount: Int, memoryByteLimit: Int, spill: SpillFile) {
    self.partitionCount = partitionCount
    self.chunkByteCount = chunkByteCount
    self.spill = spill
    freeByteCount = memoryByteLimit
    chunks = Array(repeating: [], count: partitionCount)
  }

  /// Takes over a part of a partition; parts may come in any order.
  func add(_ bytes: UnsafeRawBufferPointer, to partition: Int) throws {
    if bytes.isEmpty { return }
    let staysInMemory = lock.withLock { _ in
      if freeByteCount < bytes.count { return false }
      freeByteCount -= bytes.count
      return true
    }
    let chunk = try staysInMemory ? SpilledBytes(copying: bytes) : spill.append(bytes)
    lock.withLock { _ in chunks[partition].append(chunk) }
  }

  /// Moves a partition's records into one buffer and forgets them here.
  func take(_ partition: Int, into buffer: inout OutputBytes) throws {
    let parts = lock.withLock { _ in
      let parts = chunks[partition]
      chunks[partition] = []
      return parts
    }
    buffer.count = 0
    buffer.reserve(parts.reduce(0) { $0 + $1.count })
    for part in parts {
      let target = UnsafeMutableRawBufferPointer(
        start: buffer.base + buffer.count, count: part.count)
      try part.copy(into: target, of: spill)
      buffer.count += part.count
    }
  }
}

/// One thread's unfinished chunks, one a partition.
final class PartitionBuffers {
  private struct Chunk {
    var base: UnsafeMutablePointer<UInt8>?
    var count = 0
    var capacity = 0
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
    (base + place.pointee.count).update(from: record, count: length)
    place.pointee.count += length
  }

  /// Grows a chunk up to the full size, then hands it over and begins again.
  private func makeRoom(
    _ place: UnsafeMutablePointer<Chunk>, _ length: Int, _ partition: Int
  ) throws {
    var chunk = place.pointee
    if chunk.count + length > store.chunkByteCount && chunk.count > 0 {
      try store.add(UnsafeRawBufferPointer(start: chunk.base, count: chunk.count), to: partition)
      chunk.count = 0
    }
    if chunk.capacity < chunk.count + length {
      let capacity = max(
        PartitionBuffers.firstByteCount, chunk.count + length,
        min(chunk.capacity * 4, store.chunkByteCount))
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

  /// Hands everything over.
  func flush() throws {
    for partition in 0..<store.partitionCount {
      let chunk = chunks[partition]
      try store.add(UnsafeRawBufferPointer(start: chunk.base, count: chunk.count), to: partition)
      chunk.base?.deallocate()
      chunks[partition] = Chunk()
    }
  }
}
