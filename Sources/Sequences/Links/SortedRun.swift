/// The strings of one table in the order of their bytes, each with its integer there.
///
/// - Shape: chunks of whole entries: integer, length as a varint, bytes.
struct SortedRun: Sendable {
  private(set) var count = 0
  private(set) var chunks: [SpilledBytes] = []
  /// Bytes that all strings begin with.
  private(set) var commonByteCount = 0
  private(set) var first: [UInt8] = []

  private struct Entry {
    var key: UInt64
    var index: UInt32
  }

  init(_ table: borrowing InternTable, _ memory: SpillMemory) throws {
    count = table.count
    if count == 0 { return }
    let texts = TableView(table)
    commonByteCount = texts[0].count
    for index in 1..<UInt32(max(count, 1)) {
      commonByteCount = commonLength(texts[0], texts[index], commonByteCount)
    }
    let common = commonByteCount
    var entries = (0..<UInt32(count)).map { index in
      Entry(key: SortedRun.key(texts[index], common), index: index)
    }
    entries.withUnsafeMutableBufferPointer { entries in
      entries.sort { left, right in
        if left.key != right.key { return left.key < right.key }
        return compareBytes(texts[left.index], texts[right.index]) < 0
      }
    }
    first = Array(texts[entries[0].index])
    var chunk = OutputBytes(capacity: 4_096)
    for entry in entries {
      let text = texts[entry.index]
      if chunk.count > Limits.nameBlockByteCount {
        chunks.append(try memory.keep(chunk.bytes))
        chunk.count = 0
      }
      chunk.reserve(text.count + 16)
      chunk.put(raw: entry.index)
      chunk.put(varint: UInt64(text.count))
      chunk.put(text)
    }
    chunks.append(try memory.keep(chunk.bytes))
  }

  /// What of a string behind the common bytes decides first.
  @inline(__always)
  static func key(_ text: UnsafeRawBufferPointer, _ common: Int) -> UInt64 {
    prefixKey(UnsafeRawBufferPointer(rebasing: text[common...]))
  }
}

private func commonLength(
  _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, _ limit: Int
) -> Int {
  let bound = min(limit, left.count, right.count)
  var length = 0
  while length < bound && left[length] == right[length] { length += 1 }
  return length
}

/// Merges runs that have no string in common into one order.
struct RunMerge {
  private let memory: SpillMemory
  private let common: Int
  private var readers: [Reader]
  /// A heap: the reader whose string is first lies in front.
  private var heap: [(key: UInt64, reader: Int)] = []

  init(_ runs: [SortedRun], _ memory: SpillMemory) {
    self.memory = memory
    let filled = runs.filter { $0.count > 0 }
    var common = filled.first?.commonByteCount ?? 0
    for run in filled {
      common = min(common, run.commonByteCount)
      common = run.first.withUnsafeBytes { first in
        filled[0].first.withUnsafeBytes { commonLength($0, first, common) }
      }
    }
    self.common = common
    readers = runs.map { Reader($0.chunks) }
  }

  /// Hands over every string with its run and its integer there.
  mutating func visit(
    _ body: (_ text: UnsafeRawBufferPointer, _ run: Int, _ index: UInt32) throws -> Void
  ) throws {
    for run in readers.indices where try readers[run].advance(memory) {
      heap.append((SortedRun.key(readers[run].text, common), run))
    }
    for place in heap.indices.reversed() { sink(from: place) }
    while let top = heap.first {
      let reader = readers[top.reader]
      try body(reader.text, top.reader, reader.index)
      if try reader.advance(memory) {
        heap[0].key = SortedRun.key(reader.text, common)
      } else {
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
      }
      sink(from: 0)
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    if heap[left].key != heap[right].key { return heap[left].key < heap[right].key }
    return compareBytes(readers[heap[left].reader].text, readers[heap[right].reader].text) < 0
  }

  private mutating func sink(from start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && precedes(child, least) {
        least = child
      }
      if least == place { return }
      heap.swapAt(least, place)
      place = least
    }
  }

  /// Reads one run, a chunk at a time.
  private final class Reader {
    private let chunks: [SpilledBytes]
    private var nextChunk = 0
    private var buffer = OutputBytes(capacity: 64)
    private var cursor: RecordCursor
    private(set) var text = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var index: UInt32 = 0

    init(_ chunks: [SpilledBytes]) {
      self.chunks = chunks
      cursor = RecordCursor(buffer.base)
    }

    func advance(_ memory: SpillMemory) throws -> Bool {
      if cursor.place == buffer.base + buffer.count {
        guard nextChunk < chunks.count else { return false }
        let chunk = chunks[nextChunk]
        nextChunk += 1
        buffer.count = 0
        buffer.reserve(chunk.count)
        try chunk.copy(
          into: UnsafeMutableRawBufferPointer(start: buffer.base, count: chunk.count),
          of: memory.file)
        buffer.count = chunk.count
        cursor = RecordCursor(buffer.base)
      }
      index = cursor.raw(UInt32.self)
      text = cursor.bytes(cursor.varint())
      return true
    }
  }
}
