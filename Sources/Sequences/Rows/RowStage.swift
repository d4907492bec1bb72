import Threads

/// Rows on their way to one output: rendered bytes, or columns of a Parquet file.
final class RowBuffer {
  var bytes = OutputBytes(capacity: 4_096)
  var columns: NestedColumns?

  init(columns: NestedColumns?) { self.columns = columns }

  var byteCount: Int { bytes.count + (columns?.byteCount ?? 0) }
}

/// The rows of one partition, a buffer an output.
final class RowPart {
  let buffers: [RowBuffer]

  init(buffers: [RowBuffer]) { self.buffers = buffers }

  var byteCount: Int { buffers.reduce(0) { $0 + $1.byteCount } }
}

/// Where the rows of one format go.
final class RowOutput {
  private let sink: ByteSink
  private let header: StaticString
  private var file: ParquetRows?

  /// An output of text.
  init(header: StaticString, sink: @escaping ByteSink) {
    self.header = header
    self.sink = sink
  }

  /// An output of one Parquet file.
  init(_ layout: NestedLayout, sink: @escaping ByteSink) {
    header = ""
    self.sink = sink
    file = ParquetRows(layout)
  }

  func makeColumns() -> NestedColumns? { file.map { NestedColumns($0.layout) } }

  func begin() throws {
    try sink(UnsafeRawBufferPointer(start: header.utf8Start, count: header.utf8CodeUnitCount))
  }

  /// Writes what a buffer holds and empties it.
  func write(_ buffer: RowBuffer, isEndOfPartition: Bool) throws {
    if let file, let columns = buffer.columns {
      try file.append(columns, isEndOfPartition: isEndOfPartition, sink)
      columns.removeAll()
    } else {
      try sink(buffer.bytes.bytes)
      buffer.bytes.count = 0
    }
  }

  func finish() throws {
    try file?.finish(sink)
  }
}

/// Turns partitions into rows; one a thread, used again and again.
protocol RowWorker: AnyObject {
  /// What it counted since it was made.
  var counts: SequenceCounts { get }

  /// Renders a partition's rows into `part`; hands it over whenever it has grown large.
  func run(
    _ partition: Int, of store: PartitionStore, into part: RowPart,
    whenLarge: (RowPart) throws -> Void
  ) throws
}

extension SequenceStages {
  /// Stage 3: the rows of all partitions to all outputs, in order.
  func writeRows(
    of store: PartitionStore, to outputs: [RowOutput],
    _ makeWorker: @escaping @Sendable () -> any RowWorker
  ) throws -> SequenceCounts {
    let shared = outputs.map { Locked($0) }
    for output in outputs { try output.begin() }
    let spare = Locked((workers: [any RowWorker](), parts: [RowPart]()))
    let parts = OrderedParts<RowPart>(
      limit: waitingPartitionCount, outputCount: outputs.count
    ) { part, output, isLast in
      try shared[output].with {
        try $0.write(part.buffers[output], isEndOfPartition: isLast)
      }
    } recycle: { part in
      spare.with { $0.parts.append(part) }
    }
    let progress = StageProgress(.rows, total: store.partitionCount, resources)
    try resources.pool.run(store.partitionCount) { partition in
      do {
        let worker = spare.with { $0.workers.popLast() } ?? makeWorker()
        let part =
          spare.with { $0.parts.popLast() }
          ?? RowPart(buffers: shared.map { $0.with { RowBuffer(columns: $0.makeColumns()) } })
        try worker.run(partition, of: store, into: part) {
          try parts.writeEarly($0, partition)
        }
        try parts.submit(part, partition)
        spare.with { $0.workers.append(worker) }
      } catch {
        parts.abandon()
        throw error
      }
      progress.advance()
    }
    for output in shared { try output.with { try $0.finish() } }
    return spare.with { spare in
      spare.workers.reduce(into: SequenceCounts()) { $0.add($1.counts) }
    }
  }
}
