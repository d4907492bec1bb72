import Bytes
import Files
import Parquet
import Threads

/// One segment in place of several neighbours, with the same rows at the same offsets.
struct SegmentReplacement: Sendable {
  var inputs: [SegmentRecord]
  var output: CatalogCommit.SegmentContents
  /// The digest of the inputs' rows, which the output's have too.
  var contentDigest: [UInt8]
  /// The number of the set of segments that begins with it; known when the catalog takes it.
  var generation: Int64 = 0
}

/// Merges neighbouring segments into one file; nothing of the ledger changes before the catalog
/// takes the result.
///
/// A column at a time is read and written on each thread, and its values are hashed on the way. The
/// file is then read back: its values must have the same digest, or the merge is given up.
/// - Cost: memory of the encoded columns, `Limits.compactedByteCount` at most, and of a batch of
///   values a thread; the inputs and the output are read once each.
struct CompactionJob {
  let inputs: [SegmentRecord]
  let topics: [TopicCount]
  let origins: [OriginRange]

  private struct Column: Sendable {
    var chunk: EncodedColumnChunk
    var digest: [UInt8]
  }

  /// - Shape: `announce` is told the new file's name before a file has it.
  func run(
    _ files: any FileSystem, _ directory: LedgerDirectory, _ options: LedgerWriterOptions,
    _ pool: WorkerPool,
    isCancelled: @escaping @Sendable () -> Bool = { false }, announce: (String) throws -> Void
  ) throws -> SegmentReplacement {
    guard let first = inputs.first, inputs.count >= 2 else {
      preconditionFailure("a merge has at least two inputs")
    }
    let opened = try inputs.map { try SegmentFile(files, directory, $0) }
    let columns = try merge(opened, options, pool, isCancelled)
    let digest = SHA256.hash(columns.flatMap(\.digest))
    let published = try writeSegment(
      columns.map(\.chunk), firstOffset: first.firstOffset,
      rowCount: inputs.reduce(0) { $0 + $1.rowCount }, files, directory, suffix: "-merged",
      announce: announce)
    try files.synchronizeDirectory(directory.folder(.segments))
    let record = self.record(published)
    let output = try SegmentFile(files, directory, record)
    guard try columnDigests([output], pool, isCancelled) == columns.map(\.digest) else {
      throw LedgerError.damaged(
        path: output.path, detail: "its rows are not those of the segments that it was made of")
    }
    return SegmentReplacement(
      inputs: inputs,
      output: CatalogCommit.SegmentContents(record: record, topics: topics, origins: origins),
      contentDigest: digest)
  }

  private func merge(
    _ opened: [SegmentFile], _ options: LedgerWriterOptions, _ pool: WorkerPool,
    _ isCancelled: @escaping @Sendable () -> Bool
  ) throws -> [Column] {
    let compressor = options.messageCompressor()
    let compression = options.compression
    let results = TaskResults<Column?>(count: SegmentColumn.all.count, empty: nil)
    // The messages, by far the most, come first.
    let order = Array(SegmentColumn.all.indices.reversed())
    try pool.run(order.count) { task in
      let column = SegmentColumn.all[order[task]]
      let writer = try ColumnChunkWriter(
        SegmentSchema.schema.columns[column.index],
        SegmentSchema.options(column, compression: compression, messageCompressor: compressor))
      let digest = ColumnDigest(column)
      for file in opened {
        var parts = try ColumnParts(file, column)
        while let part = try parts.next() {
          if isCancelled() { throw SegmentMerge.Cancelled() }
          digest.update(part)
          try part.append(to: writer)
          for page in writer.takePendingPages() { page.compress() }
        }
      }
      results.set(
        column.index, Column(chunk: try writer.finish(), digest: digest.finish()))
    }
    return results.values.compactMap { $0 }
  }

  private func record(_ file: NewFile.Published) -> SegmentRecord {
    func span(_ ranges: [ClosedRange<Int64>]) -> ClosedRange<Int64> {
      let low = ranges.map(\.lowerBound).min() ?? 0
      return low...max(low, ranges.map(\.upperBound).max() ?? 0)
    }
    return SegmentRecord(
      name: file.name, firstOffset: inputs[0].firstOffset,
      rowCount: inputs.reduce(0) { $0 + $1.rowCount }, byteCount: file.byteCount,
      messageByteCount: inputs.reduce(0) { $0 + $1.messageByteCount }, sha256: file.sha256,
      occurredAt: span(inputs.map(\.occurredAt)), recordedAt: span(inputs.map(\.recordedAt)))
  }
}

/// The digests of all columns, a task each.
func columnDigests(
  _ files: [SegmentFile], _ pool: WorkerPool,
  _ isCancelled: @escaping @Sendable () -> Bool = { false }
) throws -> [[UInt8]] {
  let results = TaskResults<[UInt8]>(count: SegmentColumn.all.count, empty: [])
  let order = Array(SegmentColumn.all.indices.reversed())
  try pool.run(order.count) { task in
    let column = SegmentColumn.all[order[task]]
    let digest = ColumnDigest(column)
    for file in files {
      var parts = try ColumnParts(file, column)
      while let part = try parts.next() {
        if isCancelled() { throw SegmentMerge.Cancelled() }
        digest.update(part)
      }
    }
    results.set(column.index, digest.finish())
  }
  return results.values
}
