import Bytes
import Events
import Files
import Synchronization
import Threads

/// Takes new rows of a ledger into a kept state: finds the components they belong to, and computes
/// all sequences of these anew, and of no others.
///
/// - Concurrency: `@unchecked` because the state, while tasks run, is touched under `lock` only,
///   but for what no task of that stage changes.
final class KeptUpdate: @unchecked Sendable {
  let folder: KeptFolder
  let state: KeptState
  let options: SequenceOptions
  let resources: SequenceResources
  private let lock = Mutex(())
  private let isFirst: Bool
  private let eventFile: KeptFile
  private let rowFile: KeptFile
  private var batches = KeptBatches()
  /// Rows computed with.
  private(set) var computedRowCount = 0

  init(
    _ folder: KeptFolder, _ state: KeptState, _ options: SequenceOptions,
    _ resources: SequenceResources
  ) throws {
    self.folder = folder
    self.state = state
    self.options = options
    self.resources = resources
    isFirst = state.endOffset == 0
    state.number += 1
    let number = state.number
    eventFile = try KeptFile(
      folder.files, folder.path, KeptState.eventFile(number), number: number)
    rowFile = try KeptFile(folder.files, folder.path, KeptState.rowFile(number), number: number)
  }

  /// Takes in rows, which follow those of the state.
  func run(_ runs: [any EventRun]) throws {
    try gather(runs)
    state.components.flatten()
    batches = KeptBatches(state.components)
    computedRowCount = batches.rowCount
    let spill = SpillFile(
      files: resources.files, directory: resources.spillDirectory, name: "kept.spill")
    let result = Result { try self.compute(runs, spill) }
    try spill.remove()
    try result.get()
    state.endOffset += Int64(runs.reduce(0) { $0 + $1.rowCount })
    state.files[eventFile.name] = try eventFile.finish()
    state.files[rowFile.name] = try rowFile.finish()
  }

  private func compute(_ runs: [any EventRun], _ spill: SpillFile) throws {
    let count = max(batches.roots.count, 1)
    let budget = resources.memoryByteLimit / 100 * Limits.recordMemoryPercent
    let fair = budget / 8 / count / resources.pool.threadCount
    let store = PartitionStore(
      partitionCount: count,
      chunkByteCount: min(max(fair, Limits.smallestChunkByteCount), Limits.largestChunkByteCount),
      memoryByteLimit: budget, spill: spill)
    try distribute(runs, store)
    let results = Locked<[Int: KeptBatchResult]>([:])
    let progress = StageProgress(.rows, total: batches.roots.count, resources)
    try resources.pool.run(batches.roots.count) { batch in
      let result = try self.compute(batch, store)
      results.with { $0[batch] = result }
      progress.advance()
    }
    for (_, result) in results.with({ $0 }).sorted(by: { $0.key < $1.key }) { take(result) }
  }

  private func take(_ result: KeptBatchResult) {
    if !result.run.isEmpty { state.runs.append(result.run) }
    for (root, chunk) in result.chunks { state.components.add(chunk, to: root) }
    for (root, count) in result.unattributed { state.components.setUnattributed(count, of: root) }
  }

  // MARK: Which ids hang together

  private static let linkColumns: [(column: IDColumn, seed: UInt64)] = [
    (.visitorID, 0x6b65_7074_0001), (.customerID, 0x6b65_7074_0002),
    (.orderID, 0x6b65_7074_0003), (.cartID, 0x6b65_7074_0004),
  ]

  private static func hashes(_ strings: ByteStrings, seed: UInt64) -> [UInt64] {
    strings.bytes.withUnsafeBytes { bytes in
      (0..<strings.count).map { fastHash(slice(bytes, strings.offsets, $0), seed: seed) }
    }
  }

  /// Takes the ids of all new rows into the components, and their latest time.
  private func gather(_ runs: [any EventRun]) throws {
    let columns: EventColumnSet = [.times, .ids(.visitorID, .customerID, .orderID, .cartID)]
    let tasks = RunTasks(runs)
    let shared = SharedRuns<(any OpenEventRun, [[UInt32]])>(tasks, runCount: runs.count)
    let progress = StageProgress(.links, total: tasks.count, resources)
    try resources.pool.run(tasks.count) { index in
      let task = tasks[index]
      try shared.with(task.run) {
        let run = try runs[task.run].open(columns)
        return (run, self.components(of: run.dictionaries, [[], [], [], []]) { $0.isShared })
      } _: { run, codes in
        try run.scan(task.rows, columns) { batch in
          let codes = self.components(of: batch, codes) { !$0.isShared }
          try BatchPointers.with(batch) { self.add($0, codes) }
        }
      }
      progress.advance()
    }
  }

  /// The components of dictionaries' ids, for the columns that `isWanted` names.
  private func components(
    of columns: EventColumns, _ known: [[UInt32]], _ isWanted: (CodedStrings) -> Bool
  ) -> [[UInt32]] {
    var codes = known
    for (place, link) in KeptUpdate.linkColumns.enumerated() where isWanted(columns[link.column]) {
      let hashes = KeptUpdate.hashes(columns[link.column].dictionary, seed: link.seed)
      codes[place] = lock.withLock { _ in hashes.map { state.components.intern($0) } }
    }
    return codes
  }

  private func add(_ batch: BatchPointers, _ codes: [[UInt32]]) {
    let columns = KeptUpdate.linkColumns.map { batch[$0.column].codes }
    var latest = Int64.min
    for row in 0..<batch.count {
      latest = max(
        latest,
        effectiveTime(occurredAt: batch.occurredAt[row], recordedAt: batch.recordedAt[row]))
    }
    lock.withLock { _ in
      state.horizon = max(state.horizon ?? latest, latest)
      for row in 0..<batch.count {
        var root: UInt32?
        for place in 0..<columns.count {
          let code = columns[place][row]
          if code == CodedStrings.absent { continue }
          let component = codes[place][Int(code)]
          root = root.map { state.components.unite($0, component) } ?? component
        }
        if let root {
          state.components.addRow(state.components.root(root))
        } else {
          state.looseCount += 1
        }
      }
    }
  }

  // MARK: New events to their batches

  private func distribute(_ runs: [any EventRun], _ store: PartitionStore) throws {
    let tasks = RunTasks(runs)
    let shared = SharedRuns<(any OpenEventRun, KeptCodes)>(tasks, runCount: runs.count)
    let spare = Locked<[PartitionBuffers]>([])
    let progress = StageProgress(.partitions, total: tasks.count, resources)
    try resources.pool.run(tasks.count) { index in
      let task = tasks[index]
      let buffers = spare.with { $0.popLast() } ?? PartitionBuffers(store: store)
      try shared.with(task.run) {
        let run = try runs[task.run].open(Partitioner.columns)
        return (run, self.codes(of: run.dictionaries, KeptCodes()) { $0.isShared })
      } _: { run, codes in
        var record = OutputBytes(capacity: 4_096)
        try run.scan(task.rows, Partitioner.columns) { batch in
          let codes = self.codes(of: batch, codes) { !$0.isShared }
          var cursor = record.cursor()
          defer { record.take(cursor) }
          try BatchPointers.with(batch) { batch in
            let writer = KeptEventWriter(batch: batch, codes: codes)
            for row in 0..<batch.count {
              guard let root = codes.component(batch, row) else { continue }
              cursor.place = cursor.base
              writer.write(row, component: root, &cursor)
              try buffers.append(
                cursor.base, cursor.count, to: Int(self.batches.batchOf[Int(root)]))
            }
          }
        }
      }
      spare.with { $0.append(buffers) }
      progress.advance()
    }
    for buffers in spare.with({ $0 }) { try buffers.flush() }
  }

  private func codes(
    of columns: EventColumns, _ known: KeptCodes, _ isWanted: (CodedStrings) -> Bool
  ) -> KeptCodes {
    var codes = known
    func share(_ column: CodedStrings, _ codes: inout [UInt32]) {
      if isWanted(column) {
        codes = lock.withLock { _ in state.strings.internShared(column.dictionary) }
      }
    }
    share(columns.topic, &codes.topics)
    share(columns.source, &codes.sources)
    for column in KeptField.columns where column.isShared {
      share(columns.ids[column.index], &codes.others[column.index])
    }
    func roots(_ place: Int, _ codes: inout [UInt32]) {
      let link = KeptUpdate.linkColumns[place]
      guard isWanted(columns[link.column]) else { return }
      codes = KeptUpdate.hashes(columns[link.column].dictionary, seed: link.seed)
        .map { state.components.root(ofHash: $0) }
    }
    roots(0, &codes.visitors)
    roots(1, &codes.customers)
    roots(2, &codes.orders)
    roots(3, &codes.carts)
    return codes
  }

  // MARK: Batches

  /// Computes the sequences of a batch of components, by the ordinary stages.
  private func compute(_ batch: Int, _ store: PartitionStore) throws -> KeptBatchResult {
    var result = KeptBatchResult()
    let roots = batches.roots[batch]
    let (runs, locals) = try events(of: roots, in: batch, store, &result)
    let single = SequenceResources(
      pool: WorkerPool(threadCount: 1), files: resources.files,
      spillDirectory: resources.spillDirectory,
      memoryByteLimit: resources.memoryByteLimit / resources.pool.threadCount)
    let stages = SequenceStages(
      runs: runs, options: options, resources: single, latestTime: state.horizon)
    let spills = Spills(single, suffix: ".\(batch)")
    let sink = KeptRunSink(rowFile)
    let computed = Result {
      let links = try stages.links(spills.logins)
      let partitions = stages.partitionStore(links, spills.records)
      let counts = try stages.partition(
        links, PartitionPurpose(content: .kept), into: partitions)
      let output = RowOutput(header: "", sink: { try sink.write($0) })
      let (formats, options, marksAbsent) = (state.formats, self.options, !isFirst)
      _ = try stages.writeRows(of: partitions, to: [output]) {
        KeptRowWorker(
          formats: formats, options: options, links: links, marksAbsent: marksAbsent)
      }
      return counts.unattributedOffsets
    }
    try spills.remove()
    var unattributed = [Int](repeating: 0, count: roots.count)
    for row in try computed.get() { unattributed[Int(locals[Int(row)])] += 1 }
    result.unattributed = zip(roots, unattributed).map { ($0, $1) }
    result.run = try sink.finish()
    return result
  }

  /// All events of some components as runs, and the place among `roots` of each row's component;
  /// the new events are written as chunks.
  private func events(
    of roots: [UInt32], in batch: Int, _ store: PartitionStore, _ result: inout KeptBatchResult
  ) throws -> (runs: [any EventRun], locals: [UInt32]) {
    let new = try SortedEvents(store, batch, rootCount: roots.count) { batches.localOf[Int($0)] }
    let start = try eventFile.append(new.bytes.bytes)
    var reader = KeptEventReader(TableView(state.strings), count: state.strings.count)
    var locals: [UInt32] = []
    var old = OutputBytes(capacity: 64 << 10)
    for (local, root) in roots.enumerated() {
      let range = new.starts[local]..<new.starts[local + 1]
      if !range.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: new.bytes.bytes[range])
        result.chunks.append(
          (
            root,
            EventChunk(
              file: eventFile.number, start: start + Int64(range.lowerBound),
              byteCount: Int64(range.count), checksum: crc32C(part))
          ))
        reader.append(part)
      }
      try state.components.forEachChunk(of: root) { chunk in
        try folder.read(chunk, into: &old)
        reader.append(old.bytes)
      }
      while locals.count < reader.rowCount { locals.append(UInt32(truncatingIfNeeded: local)) }
    }
    reader.finish()
    return (reader.runs, locals)
  }
}

/// What came of a batch.
struct KeptBatchResult: Sendable {
  var run: [RowExtent] = []
  var chunks: [(UInt32, EventChunk)] = []
  var unattributed: [(UInt32, Int)] = []
}

/// The components with new rows, in batches that are computed one by one.
struct KeptBatches: Sendable {
  /// By component: its batch, and its place there; only of those with new rows.
  private(set) var batchOf: [UInt32] = []
  private(set) var localOf: [UInt32] = []
  private(set) var roots: [[UInt32]] = []
  /// All rows of these components.
  private(set) var rowCount = 0

  init() {}

  init(_ components: borrowing Components) {
    batchOf = Array(repeating: 0, count: components.count)
    localOf = batchOf
    var affected: [UInt32] = []
    for component in 0..<components.count where components.facts[component].newRowCount > 0 {
      affected.append(UInt32(truncatingIfNeeded: component))
      rowCount += Int(components.facts[component].rowCount)
    }
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
      filled += Int(components.facts[Int(root)].rowCount)
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

extension KeptEventReader {
  /// Takes in records that lie one after the other.
  mutating func append(_ records: UnsafeRawBufferPointer) {
    guard let base = records.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    var offset = 0
    while offset < records.count { offset += append(base + offset) }
  }
}

extension KeptFolder {
  /// Reads a chunk of events.
  ///
  /// - Errors: `KeptStateUnusable` where it is not what was written.
  func read(_ chunk: EventChunk, into buffer: inout OutputBytes) throws {
    let count = Int(chunk.byteCount)
    buffer.count = 0
    buffer.reserve(count)
    let target = UnsafeMutableRawBufferPointer(start: buffer.base, count: count)
    try open(KeptState.eventFile(chunk.file)).read(into: target, at: Int(chunk.start))
    buffer.count = count
    guard crc32C(buffer.bytes) == chunk.checksum else {
      throw KeptStateUnusable("its events are damaged")
    }
  }
}

extension InternTable {
  /// Codes of strings of which few are distinct; what comes beyond the limits gets none.
  mutating func internShared(_ strings: ByteStrings) -> [UInt32] {
    strings.bytes.withUnsafeBytes { bytes in
      var codes: [UInt32] = []
      codes.reserveCapacity(strings.count)
      for index in 0..<strings.count {
        let text = slice(bytes, strings.offsets, index)
        let isFull =
          count >= Limits.sharedStringCount || textByteCount >= Limits.sharedStringByteCount
        codes.append(isFull ? find(text) : intern(text))
      }
      return codes
    }
  }
}
