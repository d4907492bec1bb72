import Synchronization

/// How much of what waits between the stages of the links may wait in memory.
final class SpillBudget: Sendable {
  private let freeByteCount: Atomic<Int>

  init(byteCount: Int) { freeByteCount = Atomic(byteCount) }

  func take(_ byteCount: Int) -> Bool {
    var free = freeByteCount.load(ordering: .relaxed)
    while free >= byteCount {
      let (isTaken, now) = freeByteCount.compareExchange(
        expected: free, desired: free - byteCount, ordering: .relaxed)
      if isTaken { return true }
      free = now
    }
    return false
  }

  func give(_ byteCount: Int) { freeByteCount.add(byteCount, ordering: .relaxed) }
}

/// Keeps bytes in memory while its budget lasts, then in its file.
struct SpillMemory: Sendable {
  let budget: SpillBudget
  let file: SpillFile

  func keep(_ bytes: UnsafeRawBufferPointer) throws -> SpilledBytes {
    if bytes.count == 0 || budget.take(bytes.count) { return SpilledBytes(copying: bytes) }
    return SpilledBytes(at: try file.append(bytes))
  }

  /// Of bytes that nobody holds any longer.
  func forget(_ bytes: SpilledBytes) {
    if bytes.isInMemory { budget.give(bytes.count) }
  }
}
