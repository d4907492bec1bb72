import Parquet
import Synchronization

/// Gives every thread that compresses pages of messages a match finder of its own.
final class MessagePageCompressor: PageCompressor {
  /// Finders that nobody uses now.
  ///
  /// - Concurrency: one that is taken out belongs to the thread that took it, until it is back.
  private struct Idle: @unchecked Sendable {
    var finders: [MessageCompressor] = []
  }

  private struct Taken: @unchecked Sendable {
    let finder: MessageCompressor
  }

  private let idle = Mutex(Idle())
  private let level: Int

  init(level: Int) { self.level = level }

  func compress(_ page: UnsafeRawBufferPointer) -> [UInt8]? {
    let taken = idle.withLock { idle in idle.finders.popLast().map { Taken(finder: $0) } }
    let finder = taken ?? Taken(finder: MessageCompressor(level: level))
    defer { idle.withLock { $0.finders.append(finder.finder) } }
    var output: [UInt8] = []
    do throws(ParquetError) {
      try finder.finder.compress(page, bodyStart: firstMessage(page), into: &output)
    } catch {
      return nil
    }
    return output
  }

  /// Lengths come first in a page; messages begin at the first `{"` or a little later, which only
  /// costs a few bytes.
  private func firstMessage(_ page: UnsafeRawBufferPointer) -> Int {
    for index in 0..<max(page.count - 1, 0)
    where page[index] == UInt8(ascii: "{") && page[index + 1] == UInt8(ascii: "\"") {
      return index
    }
    return 0
  }
}
