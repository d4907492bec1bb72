import Bytes

/// What came of a batch.
struct KeptBatchResult: Sendable {
  var run: [RowExtent] = []
  var components: [KeptComponentResult] = []
  /// Rows computed with.
  var rowCount = 0
}

/// What came of a component.
struct KeptComponentResult: Sendable {
  /// What becomes of its chunks: all open; only those of the closed past stay, or none; all closed.
  enum OldChunks { case open, keepClosed, drop, close, asTheyAre }

  var root: UInt32
  var facts: ComponentFacts
  /// Names to keep in place of those it had.
  var names: [UInt8]?
  var oldChunks = OldChunks.asTheyAre
  var chunks: [EventChunk] = []
}

/// The components with new rows, in batches that are computed one by one.
struct KeptBatches: Sendable {
  /// By component: its batch, and its place there; only of those with new rows.
  private(set) var batchOf: [UInt32] = []
  private(set) var localOf: [UInt32] = []
  private(set) var roots: [[UInt32]] = []
  /// Rows of these components to be computed with.
  private(set) var rowCount = 0

  init() {}

  init(_ components: borrowing Components) {
    batchOf = Array(repeating: 0, count: components.count)
    localOf = batchOf
    let affected = components.touched.buffer.filter { components.facts(of: $0).newRowCount > 0 }
      .sorted()
    for root in affected { rowCount += components.facts(of: root).cutRowCount }
    let fair = max(Limits.keptBatchRowCount, rowCount / Limits.partitionCount + 1)
    var filled = fair
    for root in affected {
      if filled >= fair {
        roots.append([])
        filled = 0
      }
      batchOf[Int(root)] = UInt32(truncatingIfNeeded: roots.count - 1)
      localOf[Int(root)] = UInt32(truncatingIfNeeded: roots[roots.count - 1].count)
      roots[roots.count - 1].append(root)
      filled += components.facts(of: root).cutRowCount
    }
  }
}

/// The new events of a batch, by component.
struct SortedEvents: ~Copyable {
  var bytes: OutputBytes
  /// Those of the component with place `i` are `bytes[starts[i]..<starts[i + 1]]`.
  var starts: [Int]

  init(
    _ store: PartitionStore, _ batch: Int, rootCount: Int, _ place: (UInt32) -> UInt32
  ) throws {
    var taken = OutputBytes(capacity: 1_024)
    try store.take(batch, into: &taken)
    let base = UnsafeRawPointer(taken.base)
    func forEach(_ body: (_ place: Int, _ offset: Int, _ size: Int) -> Void) {
      var offset = 0
      while offset < taken.count {
        let size = Int(base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let root = base.loadUnaligned(
          fromByteOffset: offset + KeptField.componentOffset, as: UInt32.self)
        body(Int(place(root)), offset, size)
        offset += size
      }
    }
    var starts = [Int](repeating: 0, count: rootCount + 1)
    forEach { place, _, size in starts[place + 1] += size }
    for place in 0..<rootCount { starts[place + 1] += starts[place] }
    bytes = OutputBytes(capacity: taken.count)
    bytes.reserve(taken.count)
    bytes.count = taken.count
    var cursors = starts
    let target = UnsafeMutableRawPointer(bytes.base)
    forEach { place, offset, size in
      (target + cursors[place]).copyMemory(from: base + offset, byteCount: size)
      cursors[place] += size
    }
    self.starts = starts
  }
}
