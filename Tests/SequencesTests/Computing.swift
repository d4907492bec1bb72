import Bytes
import Events
import Files
import Foundation
import Sequences
import Synchronization
import Threads

/// Everything one computation gave, for tests.
struct Computed: Equatable {
  var texts: [[UInt8]]
  var counts: SequenceCounts

  var rows: [UInt8] { texts.first ?? [] }
}

/// Bytes that came to a sink.
final class Collected: Sendable {
  private let bytes = Mutex<[UInt8]>([])

  func sink(_ part: UnsafeRawBufferPointer) { bytes.withLock { $0.append(contentsOf: part) } }
  var all: [UInt8] { bytes.withLock { $0 } }
}

/// A batch of accepted events, as if the file had been read at the end of time.
func decoded(_ file: [UInt8]) -> EventBatch {
  EventDecoder(seed: 1).decode(chunk: file, firstLine: 1, importClock: 4_000_000_000_000_000)
}

func run(of file: [UInt8]) -> InMemoryEventRun { InMemoryEventRun([decoded(file)]) }

/// How a computation is carried out; none of it may show in its bytes.
struct Circumstances: CustomStringConvertible {
  var threads = 1
  var memoryByteLimit = 512 << 20

  var description: String { "\(threads) threads, \(memoryByteLimit) bytes" }
}

private let computationNumber = Atomic(0)

func testResources(_ circumstances: Circumstances) -> SequenceResources {
  let number = computationNumber.add(1, ordering: .relaxed).newValue
  let directory = FileManager.default.temporaryDirectory
    .appending(path: "sequences-\(ProcessInfo.processInfo.processIdentifier)-\(number)").path
  return SequenceResources(
    pool: WorkerPool(threadCount: circumstances.threads), files: POSIXFileSystem(),
    spillDirectory: directory, memoryByteLimit: circumstances.memoryByteLimit)
}

func compute(
  _ runs: [any EventRun], _ options: SequenceOptions = SequenceOptions(),
  filter: SequenceFilter = SequenceFilter(),
  formats: [SequenceOutput.Format] = [.ndjson], _ circumstances: Circumstances = Circumstances()
) throws -> Computed {
  let resources = testResources(circumstances)
  defer { _ = rmdir(resources.spillDirectory) }
  let collected = formats.map { _ in Collected() }
  let outputs = zip(formats, collected).map { format, texts in
    SequenceOutput(format, to: { texts.sink($0) })
  }
  let counts = try computeSequences(
    of: runs, options: options, filter: filter, outputs: outputs, resources: resources)
  return Computed(texts: collected.map(\.all), counts: counts)
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// The objects of NDJSON.
func jsonLines(_ bytes: [UInt8]) throws -> [[String: Any]] {
  try bytes.split(separator: UInt8(ascii: "\n")).map { line in
    try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] ?? [:]
  }
}
