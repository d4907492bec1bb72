import Bytes
import Events
import Files
import Foundation
import Parquet
import Sequences
import Synchronization
import Threads

/// The JSON parser with all checks of the contract, and nothing around it.
///
/// - Concurrency: `@unchecked` because every task has a batch of its own.
final class Parsing: @unchecked Sendable {
  private(set) var batches: [EventBatch]
  private let byteCounts: [Int]
  private let decoder = EventDecoder(seed: 1)

  init(_ input: Lines) {
    byteCounts = input.chunks.map(\.count)
    batches = input.chunks.map { chunk in
      EventDecoder(seed: 1).decode(chunk: chunk, firstLine: 2, importClock: 1 << 52)
    }
  }

  var rowCount: Int { batches.reduce(0) { $0 + $1.count } }

  func run(on pool: WorkerPool) throws -> UInt64 {
    let count = batches.count
    try batches.withUnsafeMutableBufferPointer { buffer in
      let shared = Shared(base: buffer.baseAddress)
      try pool.run(count) { index in
        guard let base = shared.base else { return }
        self.decoder.decode(
          &base[index], byteCount: self.byteCounts[index], firstLine: 2, importClock: 1 << 52)
      }
    }
    return batches.reduce(0) { sum, batch in
      batch.messageHash.reduce(sum) { $0 &* 31 &+ $1 } &+ UInt64(batch.rejects.count)
    }
  }

  /// - Concurrency: tasks take different elements.
  private struct Shared: @unchecked Sendable {
    let base: UnsafeMutablePointer<EventBatch>?
  }
}

/// A column with the encoding that is measured on it; no codec.
struct EncodedColumn: Sendable {
  enum Source: Sendable { case text(@Sendable (EventBatch) -> TextColumn), times }

  let name: String
  let encoding: ColumnEncoding
  let source: Source

  static let all = [
    EncodedColumn(name: "dictionary few", encoding: .dictionary, source: .text { $0.topic }),
    EncodedColumn(
      name: "dictionary many", encoding: .dictionary, source: .text { $0[.itemID] }),
    EncodedColumn(name: "plain", encoding: .plain, source: .text { $0.eventID }),
    EncodedColumn(
      name: "delta length", encoding: .deltaLengthByteArray, source: .text { $0.eventID }),
    EncodedColumn(
      name: "delta byte array", encoding: .deltaByteArray, source: .text { $0.eventID }),
    EncodedColumn(name: "delta binary packed", encoding: .deltaBinaryPacked, source: .times),
    EncodedColumn(name: "byte stream split", encoding: .byteStreamSplit, source: .times),
  ]
}

/// Encodes one column of all batches.
struct Encoding {
  private let column: EncodedColumn
  private let batches: [EventBatch]
  private let descriptor: ColumnDescriptor

  init(_ column: EncodedColumn, _ batches: [EventBatch]) {
    self.column = column
    self.batches = batches
    let node: SchemaNode
    switch column.source {
    case .text: node = .string("column")
    case .times: node = .timestamp("column", .required)
    }
    descriptor = Schema([node]).columns[0]
  }

  var byteCount: Int {
    batches.reduce(0) { sum, batch in
      switch column.source {
      case .times: sum + 8 * batch.count
      case .text(let text):
        text(batch).lengths.reduce(sum) { $1 == TextColumn.absent ? $0 : $0 + Int($1) }
      }
    }
  }

  func run() throws -> UInt64 {
    var options = ColumnOptions(encoding: column.encoding, compression: .uncompressed)
    options.dictionaryByteLimit = 32 << 20
    let writer = try ColumnChunkWriter(descriptor, options)
    for batch in batches {
      switch column.source {
      case .times:
        try batch.occurredAt.withUnsafeBufferPointer { try writer.append(int64: $0) }
      case .text(let text):
        let column = text(batch)
        try batch.text.withUnsafeBytes { text in
          try column.starts.withUnsafeBufferPointer { starts in
            try column.lengths.withUnsafeBufferPointer {
              try writer.append(text: text, starts: starts, lengths: $0)
            }
          }
        }
      }
    }
    return checksum(try writer.finish().pages)
  }
}

/// Compresses messages with our own match finder, in pages of a megabyte.
struct Messages {
  private var pages: [[UInt8]] = []

  init(_ batches: [EventBatch]) {
    var page: [UInt8] = []
    for batch in batches {
      for row in 0..<batch.count {
        page += batch.bytes(batch.messages, row) ?? []
        if page.count >= 1 << 20 {
          pages.append(page)
          page = []
        }
      }
    }
    pages.append(page)
  }

  var byteCount: Int { pages.reduce(0) { $0 + $1.count } }

  func run() throws -> UInt64 {
    let compressor = MessageCompressor()
    var output: [UInt8] = []
    for page in pages { try page.withUnsafeBytes { try compressor.compress($0, into: &output) } }
    return checksum([output])
  }
}

/// Sequences from events in memory: links, partitions, sort, walk, rows.
struct Walk {
  private let run: InMemoryEventRun

  static let formats: [(name: String, format: SequenceOutput.Format)] = [
    ("sort, walk, NDJSON", .ndjson), ("sort, walk, CSV", .stepsCSV),
  ]

  init(_ batches: [EventBatch]) throws { run = InMemoryEventRun(batches) }

  func run(_ format: SequenceOutput.Format, on pool: WorkerPool) throws -> UInt64 {
    let collected = Collected()
    let resources = SequenceResources(
      pool: pool, files: POSIXFileSystem(),
      spillDirectory: FileManager.default.temporaryDirectory
        .appending(path: "kernel-bench-\(ProcessInfo.processInfo.processIdentifier)").path,
      memoryByteLimit: 512 << 20)
    _ = try computeSequences(
      of: [run], options: SequenceOptions(), outputs: [SequenceOutput(format, to: collected.take)],
      resources: resources)
    return collected.checksum
  }

  /// What the rows were, as a checksum.
  private final class Collected: Sendable {
    private let hash = Mutex(ContentHash(seed: 1))

    func take(_ bytes: UnsafeRawBufferPointer) { hash.withLock { $0.update(bytes) } }

    var checksum: UInt64 {
      hash.withLock { $0.finish() }.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}

private func checksum(_ parts: [[UInt8]]) -> UInt64 {
  parts.reduce(0) { sum, part in part.withUnsafeBytes { fastHash($0, seed: sum) } }
}
