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
  private let store: PartitionStore
  private var chunks: [ChunkBox?]

  private final class ChunkBox {
    var bytes: OutputBytes
    init(capacity: Int) { bytes = OutputBytes(capacity: capacity) }
  }

  init(store: PartitionStore) {
    self.store = store
    chunks = Array(repeating: nil, count: store.partitionCount)
  }

  func append(_ record: UnsafeRawBufferPointer, to partition: Int) throws {
    guard let start = record.baseAddress else { return }
    let box = chunks[partition] ?? make(partition)
    if box.bytes.count + record.count > store.chunkByteCount {
      try store.add(box.bytes.bytes, to: partition)
      box.bytes.count = 0
    }
    box.bytes.reserve(record.count)
    box.bytes.put(start.assumingMemoryBound(to: UInt8.self), record.count)
  }

  private func make(_ partition: Int) -> ChunkBox {
    let box = ChunkBox(capacity: 1_024)
    chunks[partition] = box
    return box
  }

  /// Hands everything over.
  func flush() throws {
    for partition in chunks.indices {
      guard let box = chunks[partition] else { continue }
      try store.add(box.bytes.bytes, to: partition)
      chunks[partition] = nil
    }
  }
}
