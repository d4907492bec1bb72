import Threads

/// Lets partitions be walked in any order and written in theirs.
///
/// A part that comes too early waits in memory, and its thread goes on; only `limit` parts may
/// wait,
/// beyond that threads wait themselves. The thread of the lowest part never waits, so there is
/// always one that moves.
/// - Concurrency: `@unchecked` because every stored field that changes is touched under `monitor`.
final class OrderedParts<Part>: @unchecked Sendable {
  private let monitor = Monitor()
  private let limit: Int
  private let write: (_ part: Part, _ isLast: Bool) throws -> Void
  private var next = 0
  private var waiting: [Int: Part] = [:]
  private var isWriting = false
  private var hasFailed = false

  init(limit: Int, write: @escaping (_ part: Part, _ isLast: Bool) throws -> Void) {
    self.limit = limit
    self.write = write
  }

  /// Hands over the last part of `index`; gives back the parts that were written meanwhile.
  func submit(_ part: Part, _ index: Int) throws -> [Part] {
    try monitor.locked {
      while index >= next + limit && !hasFailed { monitor.wait() }
      if hasFailed { throw PartsAbandoned() }
      waiting[index] = part
    }
    return try drain()
  }

  /// Writes a part of `index` before its last, when it grows too large to be kept.
  func writeEarly(_ part: Part, _ index: Int) throws {
    try monitor.locked {
      while (index != next || isWriting) && !hasFailed { monitor.wait() }
      if hasFailed { throw PartsAbandoned() }
      isWriting = true
    }
    defer {
      monitor.locked {
        isWriting = false
        monitor.wakeAll()
      }
    }
    try writing { try write(part, false) }
  }

  private func drain() throws -> [Part] {
    var written: [Part] = []
    while true {
      let part = monitor.locked { () -> Part? in
        guard !isWriting, let part = waiting.removeValue(forKey: next) else { return nil }
        isWriting = true
        return part
      }
      guard let part else { return written }
      try writing { try write(part, true) }
      written.append(part)
      monitor.locked {
        isWriting = false
        next += 1
        monitor.wakeAll()
      }
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
