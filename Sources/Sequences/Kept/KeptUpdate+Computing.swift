import Bytes
import Events
import Files
import Threads

extension KeptUpdate {
  /// Computes the sequences of a batch of components, by the ordinary stages.
  func compute(_ batch: Int, _ store: PartitionStore) throws -> KeptBatchResult {
    var result = KeptBatchResult()
    let roots = batches.roots[batch]
    let events = try KeptBatchEvents(self, roots, batch, store)
    result.rowCount = events.rowCount
    let single = SequenceResources(
      pool: WorkerPool(threadCount: 1), files: resources.files,
      spillDirectory: resources.spillDirectory,
      memoryByteLimit: resources.memoryByteLimit / resources.pool.threadCount)
    let stages = SequenceStages(
      runs: events.runs, options: options, resources: single, latestTime: state.horizon)
    var linkStages = stages
    linkStages.runs += events.logins
    let spills = Spills(single, suffix: ".\(batch)")
    let sink = KeptRunSink(rowFile)
    let computed = Result {
      let links = try linkStages.links(spills.links, keeping: .names)
      let partitions = stages.partitionStore(links, spills.records)
      let counts = try stages.partition(
        links, PartitionPurpose(content: .kept), into: partitions)
      let output = RowOutput(header: "", sink: { try sink.write($0) })
      let (formats, options) = (state.formats, self.options)
      let part = KeptPart(self, events, links)
      _ = try stages.writeRows(of: partitions, to: [output]) {
        KeptRowWorker(formats: formats, options: options, links: links, part: part)
      }
      return (part, counts.unattributedOffsets)
    }
    try spills.remove()
    let (part, unattributed) = try computed.get()
    var closing = KeptClosing(self, events, part, unattributed.map { Int($0) })
    result.components = try closing.results(events)
    result.run = try sink.finish()
    return result
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
