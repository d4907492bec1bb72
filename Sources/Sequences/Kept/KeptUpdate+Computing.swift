import Bytes
import Events
import Files
import Threads

extension KeptUpdate {
  /// Computes the sequences of a batch of components, by the ordinary stages.
  func compute(_ batch: Int, _ store: PartitionStore) throws -> KeptBatchResult {
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
