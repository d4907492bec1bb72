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
  let eventFile: KeptFile
  let rowFile: KeptFile
  private(set) var batches = KeptBatches()
  /// Rows computed with.
  private(set) var computedRowCount = 0
  /// The first number of a component whose id is new.
  private let firstNewComponent: UInt32

  init(
    _ folder: KeptFolder, _ state: KeptState, _ options: SequenceOptions,
    _ resources: SequenceResources
  ) throws {
    self.folder = folder
    self.state = state
    self.options = options
    self.resources = resources
    firstNewComponent = UInt32(truncatingIfNeeded: state.components.count)
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
    computedRowCount += result.rowCount
    for component in result.components {
      let root = component.root
      switch component.oldChunks {
      case .asTheyAre: break
      case .open: state.components.setChunks(of: root, areClosed: false)
      case .close: state.components.setChunks(of: root, areClosed: true)
      case .keepClosed: state.components.removeChunks(of: root) { !$0.isClosed }
      case .drop: state.components.removeChunks(of: root) { _ in true }
      }
      for chunk in component.chunks { state.components.add(chunk, to: root) }
      var facts = component.facts
      if let names = component.names {
        facts.names = names.withUnsafeBytes { state.components.keepNames($0) }
        if facts.names < 0 && !names.isEmpty { facts.flags.remove(.isPlain) }
      }
      state.components.set(facts, of: root)
    }
  }

  /// The components that it changed.
  var changed: [UInt32] { batches.roots.flatMap { $0 } }

  func facts(_ root: UInt32) -> ComponentFacts { state.components.facts(of: root) }

  /// Whether an order or cart, by its hash, was there before this update.
  func isOld(_ hash: UInt64) -> Bool {
    state.components.number(ofHash: hash) < firstNewComponent
  }

  /// The place in its batch of the component of an id, by its hash.
  func local(ofHash hash: UInt64) -> UInt32 {
    batches.localOf[Int(state.components.root(ofHash: hash))]
  }

  // MARK: Which ids hang together

  static let visitorSeed: UInt64 = 0x6b65_7074_0001
  static let customerSeed: UInt64 = 0x6b65_7074_0002
  static let orderSeed: UInt64 = 0x6b65_7074_0003
  static let cartSeed: UInt64 = 0x6b65_7074_0004
  private static let linkColumns: [(column: IDColumn, seed: UInt64)] = [
    (.visitorID, visitorSeed), (.customerID, customerSeed), (.orderID, orderSeed),
    (.cartID, cartSeed),
  ]

  /// From this place on columns are of orders and carts.
  private static let firstOrderColumn = 2

  private static func hashes(_ strings: ByteStrings, seed: UInt64) -> [UInt64] {
    strings.bytes.withUnsafeBytes { bytes in
      (0..<strings.count).map { fastHash(slice(bytes, strings.offsets, $0), seed: seed) }
    }
  }

  /// Takes the ids of all new rows into the components, and their latest time.
  private func gather(_ runs: [any EventRun]) throws {
    let columns: EventColumnSet = [.times, .ids(.visitorID, .customerID, .orderID, .cartID)]
    let tasks = RunTasks(runs, rowCount: Limits.keptTaskRowCount)
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
    let times = (0..<batch.count).map {
      effectiveTime(occurredAt: batch.occurredAt[$0], recordedAt: batch.recordedAt[$0])
    }
    guard let latest = times.max() else { return }
    lock.withLock { _ in
      state.horizon = max(state.horizon ?? latest, latest)
      for row in 0..<batch.count {
        var root: UInt32?
        var namesOld = false
        for place in 0..<columns.count {
          let code = columns[place][row]
          if code == CodedStrings.absent { continue }
          let component = codes[place][Int(code)]
          if place >= KeptUpdate.firstOrderColumn && component < firstNewComponent {
            namesOld = true
          }
          root = root.map { state.components.unite($0, component) } ?? component
        }
        if let root {
          let root = state.components.root(root)
          state.components.addRow(root, at: times[row], namesOld: namesOld)
        } else {
          state.looseCount += 1
        }
      }
    }
  }

  // MARK: New events to their batches

  private func distribute(_ runs: [any EventRun], _ store: PartitionStore) throws {
    let tasks = RunTasks(runs, rowCount: Limits.keptTaskRowCount)
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
}
