/// Strings by integers that follow the order of their bytes, in memory or in a file.
///
/// - Shape: blocks of a few kilobytes: where each string begins, the strings, and bytes behind
///   them that may be read. A block of the file is read when it is needed.
/// - Concurrency: nothing changes after `init`; each reader belongs to one thread.
final class SortedTexts: Sendable {
  let count: Int
  /// The number of the first string of every block, and of all.
  fileprivate let firsts: [UInt32]
  fileprivate let blocks: [SpilledBytes]
  fileprivate let file: SpillFile

  fileprivate init(firsts: [UInt32], blocks: [SpilledBytes], file: SpillFile) {
    count = Int(firsts.last ?? 0)
    self.firsts = firsts
    self.blocks = blocks
    self.file = file
  }

  /// What of it lies in memory.
  var byteCount: Int {
    blocks.reduce(firsts.count * 4) { $0 + ($1.isInMemory ? $1.count : 0) }
  }

  fileprivate func block(of index: UInt32) -> Int {
    var low = 0
    var high = blocks.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if firsts[middle] <= index { low = middle } else { high = middle }
    }
    return low
  }

  /// A string of those that were kept in memory, as for explanations.
  subscript(index: UInt32) -> UnsafeRawBufferPointer {
    let block = self.block(of: index)
    guard let bytes = blocks[block].inMemory else {
      preconditionFailure("strings that are asked for one by one are kept in memory")
    }
    let first = firsts[block]
    return SortedTexts.text(bytes, Int(index - first), Int(firsts[block + 1] - first))
  }

  /// The number of a string, or `InternTable.absent`; of strings in memory.
  func find(_ string: UnsafeRawBufferPointer) -> UInt32 {
    var low: UInt32 = 0
    var high = UInt32(count)
    while low < high {
      let middle = (low + high) / 2
      let order = compareBytes(self[middle], string)
      if order == 0 { return middle }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return InternTable.absent
  }

  @inline(__always)
  fileprivate static func text(
    _ block: UnsafeRawBufferPointer, _ index: Int, _ count: Int
  ) -> UnsafeRawBufferPointer {
    let start = block.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
    let end = block.loadUnaligned(fromByteOffset: index * 4 + 4, as: UInt32.self)
    let first = (count + 1) * 4
    return UnsafeRawBufferPointer(rebasing: block[first + Int(start)..<first + Int(end)])
  }
}

/// Reads strings whose numbers mostly ascend; a string stands until the next is read.
struct TextReader: ~Copyable {
  private let texts: SortedTexts
  private var range: Range<UInt32> = 0..<0
  private var block: UnsafeRawBufferPointer
  private var buffer = OutputBytes(capacity: 64)

  init(_ texts: SortedTexts) {
    self.texts = texts
    block = buffer.bytes
  }

  mutating func text(_ index: UInt32) throws -> UnsafeRawBufferPointer {
    if !range.contains(index) { try enter(texts.block(of: index)) }
    return SortedTexts.text(block, Int(index - range.lowerBound), range.count)
  }

  private mutating func enter(_ number: Int) throws {
    range = texts.firsts[number]..<texts.firsts[number + 1]
    let bytes = texts.blocks[number]
    if let atHand = bytes.inMemory {
      block = atHand
      return
    }
    buffer.count = 0
    buffer.reserve(bytes.count)
    try bytes.copy(
      into: UnsafeMutableRawBufferPointer(start: buffer.base, count: bytes.count), of: texts.file)
    buffer.count = bytes.count
    block = buffer.bytes
  }
}

/// Takes strings in the order of their bytes.
struct SortedTextsWriter: ~Copyable {
  private let memory: SpillMemory
  private var firsts: [UInt32] = [0]
  private var blocks: [SpilledBytes] = []
  private var starts: [UInt32] = [0]
  private var text = OutputBytes(capacity: 4_096)
  private var block = OutputBytes(capacity: 4_096)

  init(_ memory: SpillMemory) { self.memory = memory }

  mutating func append(_ string: UnsafeRawBufferPointer) throws {
    if starts.count > Limits.namesOfBlock || text.count > Limits.nameBlockByteCount {
      try endBlock()
    }
    text.reserve(string.count)
    text.put(string)
    starts.append(UInt32(text.count))
  }

  private mutating func endBlock() throws {
    if starts.count == 1 { return }
    block.count = 0
    block.reserve(starts.count * 4 + text.count + ByteCursor.slackByteCount)
    for start in starts { block.put(raw: start) }
    block.put(text.bytes)
    for _ in 0..<ByteCursor.slackByteCount { block.put(0) }
    blocks.append(try memory.keep(block.bytes))
    firsts.append((firsts.last ?? 0) + UInt32(starts.count - 1))
    starts = [0]
    text.count = 0
  }

  mutating func finish() throws -> SortedTexts {
    try endBlock()
    return SortedTexts(firsts: firsts, blocks: blocks, file: memory.file)
  }
}

extension OutputBytes {
  mutating func put(_ bytes: UnsafeRawBufferPointer) {
    if let start = bytes.baseAddress {
      put(start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
  }
}
