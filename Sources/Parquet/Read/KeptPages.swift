import Synchronization

/// Decompressed data pages, dictionaries and offset indexes of some files that readers may want
/// again.
///
/// A look-up begins at a few rows, again and again: mostly in pages that it has just read. A
/// `FileReader` made by ``FileReader/keeping(_:file:)`` asks here first.
///
/// - Concurrency: any number of readers on any threads.
/// - Cost: memory of the limit; beyond it, what was used longest ago goes, half of all at once.
public final class KeptPages: Sendable {
  private struct Key: Hashable {
    var file: Int
    var place: Place
  }

  private enum Place: Hashable {
    case page(offset: Int)
    case chunk(column: Int, rowGroup: Int)
  }

  private enum Value {
    case page(KeptPage)
    case chunk(SharedChunk)
  }

  private struct Entry {
    var value: Value
    var byteCount: Int
    var lastUse: Int
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var byteCount = 0
    var clock = 0
  }

  private let byteLimit: Int
  private let state = Mutex(State())

  public init(byteLimit: Int) { self.byteLimit = byteLimit }

  func page(_ file: Int, at offset: Int) -> KeptPage? {
    guard case .page(let page) = value(Key(file: file, place: .page(offset: offset))) else {
      return nil
    }
    return page
  }

  func keep(_ page: KeptPage, _ file: Int, at offset: Int) {
    keep(.page(page), page.buffer.capacity, Key(file: file, place: .page(offset: offset)))
  }

  func chunk(_ file: Int, column: Int, rowGroup: Int) -> SharedChunk? {
    let key = Key(file: file, place: .chunk(column: column, rowGroup: rowGroup))
    guard case .chunk(let chunk) = value(key) else { return nil }
    return chunk
  }

  func keep(_ chunk: SharedChunk, _ file: Int, column: Int, rowGroup: Int) {
    let byteCount =
      chunk.strings.bytes.count + chunk.strings.offsets.count * 4
      + (chunk.dictionary?.fixed.count ?? 0)
    keep(
      .chunk(chunk), byteCount,
      Key(file: file, place: .chunk(column: column, rowGroup: rowGroup)))
  }

  private func value(_ key: Key) -> Value? {
    state.withLock { state in
      state.clock += 1
      state.entries[key]?.lastUse = state.clock
      return state.entries[key]?.value
    }
  }

  private func keep(_ value: Value, _ byteCount: Int, _ key: Key) {
    state.withLock { state in
      state.clock += 1
      let old = state.entries.updateValue(
        Entry(value: value, byteCount: byteCount, lastUse: state.clock), forKey: key)
      state.byteCount += byteCount - (old?.byteCount ?? 0)
      if state.byteCount > byteLimit { KeptPages.forget(&state, downTo: byteLimit / 2) }
    }
  }

  private static func forget(_ state: inout State, downTo byteCount: Int) {
    for (key, entry) in state.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
      if state.byteCount <= byteCount { return }
      state.entries[key] = nil
      state.byteCount -= entry.byteCount
    }
  }
}

/// A data page without its compression.
///
/// - Concurrency: `@unchecked` because the buffer is never written again.
final class KeptPage: @unchecked Sendable {
  let header: PageHeader
  let buffer: PageBuffer
  /// Where the next page's header stands in the file.
  let end: Int

  init(_ header: PageHeader, _ buffer: consuming PageBuffer, end: Int) {
    self.header = header
    self.buffer = buffer
    self.end = end
  }
}

extension FileReader {
  /// The same file, whose readers keep pages for each other.
  ///
  /// - Shape: `file` tells files apart that share `pages`.
  public func keeping(_ pages: KeptPages, file: Int) -> FileReader {
    var reader = self
    reader.kept = FilePages(pages: pages, file: file)
    return reader
  }
}

/// What is kept of one file.
struct FilePages: Sendable {
  let pages: KeptPages
  let file: Int

  func page(at offset: Int) -> KeptPage? { pages.page(file, at: offset) }

  func keep(_ page: KeptPage, at offset: Int) { pages.keep(page, file, at: offset) }

  func chunk(column: Int, rowGroup: Int) -> SharedChunk? {
    pages.chunk(file, column: column, rowGroup: rowGroup)
  }

  func keep(_ chunk: SharedChunk, column: Int, rowGroup: Int) {
    pages.keep(chunk, file, column: column, rowGroup: rowGroup)
  }
}
