import Threads

/// Lets partitions be walked in any order and written in theirs, each output by itself.
///
/// A part that comes too early waits in memory, and its thread goes on; only `limit` parts may
/// wait, beyond that threads wait themselves. The thread of the lowest part never waits, so there
/// is always one that moves. Two threads write to one output never, to two outputs often.
/// - Concurrency: `@unchecked` because every stored field that changes is touched under `monitor`.
final class OrderedParts<Part>: @unchecked Sendable {
  private let monitor = Monitor()
  private let limit: Int
  private let write: (_ part: Part, _ output: Int, _ isLast: Bool) throws -> Void
  private let recycle: (Part) -> Void
  /// The part that each output takes next, and whether somebody is writing to it.
  private var next: [Int]
  private var isWriting: [Bool]
  private var waiting: [Int: Part] = [:]
  private var hasFailed = false

  /// - Shape: `recycle` gets each part as soon as all outputs have it, so that the next one can be
  ///   made in its memory while a slow output is still written to; without outputs at once.
  init(
    limit: Int, outputCount: Int,
    write: @escaping (_ part: Part, _ output: Int, _ isLast: Bool) throws -> Void,
    recycle: @escaping (Part) -> Void
  ) {
    self.limit = limit
    self.write = write
    self.recycle = recycle
    next = Array(repeating: 0, count: outputCount)
    isWriting = Array(repeating: false, count: outputCount)
  }

  /// Hands over the last part of `index`.
  func submit(_ part: Part, _ index: Int) throws {
    if isWriting.isEmpty { return recycle(part) }
    try monitor.locked {
      while index >= (next.min() ?? 0) + limit && !hasFailed { monitor.wait() }
      if hasFailed { throw PartsAbandoned() }
      waiting[index] = part
    }
    try drain()
  }

  /// Writes a part of `index` before its last, when it grows too large to be kept.
  func writeEarly(_ part: Part, _ index: Int) throws {
    for output in next.indices {
      try monitor.locked {
        while (index != next[output] || isWriting[output]) && !hasFailed { monitor.wait() }
        if hasFailed { throw PartsAbandoned() }
        isWriting[output] = true
      }
      defer {
        monitor.locked {
          isWriting[output] = false
          monitor.wakeAll()
        }
      }
      try writing { try write(part, output, false) }
    }
  }

  /// Writes whatever can be written now.
  private func drain() throws {
    while let (output, index, part) = take() {
      try writing { try write(part, output, true) }
      monitor.locked {
        isWriting[output] = false
        next[output] += 1
        if next.allSatisfy({ $0 > index }) {
          waiting[index] = nil
          // Before anybody wakes who would make another one.
          recycle(part)
        }
        monitor.wakeAll()
      }
    }
  }

  /// The next part of an output that nobody is writing to.
  private func take() -> (output: Int, index: Int, part: Part)? {
    monitor.locked {
      for output in next.indices where !isWriting[output] {
        guard let part = waiting[next[output]] else { continue }
        isWriting[output] = true
        return (output, next[output], part)
      }
      return nil
    }
  }

  private func writing(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      abandon()
      throw error
    }
  }

  /// Ends all waiting after a failure; those who waited throw.
  func abandon() {
    monitor.locked {
      hasFailed = true
      monitor.wakeAll()
    }
  }
}

/// Thrown where a part waited for an earlier one that failed; the earlier one's error is the cause.
struct PartsAbandoned: Error {}
